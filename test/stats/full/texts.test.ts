// Lengths of texts in characters, which are code points, as Python's `len` counts them.
import t from "tap";
import { Extent, extentFigures, joinExtents, NO_TEXTS } from "../../../workers/stats/full/texts.js";
import { type Settings, statsOf } from "../run-stats.js";

async function columnOf(content: string | Uint8Array, settings: Settings = {}) {
  const options = { ...settings.options, level: "full" as const };
  return (await statsOf(content, { ...settings, options })).columns[0]!;
}

t.test("code points", async (t) => {
  const cases: [cells: string[], least: number, most: number, mean: number][] = [
    [["a", "bb", "ccc"], 1, 3, 2],
    [["é", "éé"], 1, 2, 1.5],
    // what combines with a letter is a character of its own
    [["e\u0301"], 2, 2, 2],
    [["日本語", "x"], 1, 3, 2],
    [["😀", "😀😀"], 1, 2, 1.5],
    [["👨‍👩‍👧"], 5, 5, 5],
    // as often as they occur, and nulls not at all
    [["x", "x", "x", "xxxxx", "NA", "null"], 1, 5, 2],
    // quotes are no part of them, a quote within is one character, and spaces count
    [['"ab"', '"a""b"', '"a\n,b"', " x "], 2, 4, 3],
    // all texts of the column, those of numerals too
    [["1", "01", "x"], 1, 2, 4 / 3],
    // no empty text but where it is no null
    [["x", '""', "y"], 1, 1, 1],
  ];
  for (const [cells, minLength, maxLength, meanLength] of cases)
    for (const sizes of [{}, { smallBytes: 0, partBytes: 3 }]) {
      const column = await columnOf(`v;w\n${cells.map((cell) => `${cell};\n`).join("")}`, { sizes });
      t.match(column, { dtype: "object", minLength, maxLength, meanLength }, JSON.stringify(cells));
    }
  const options = { keepDefaultNa: false };
  t.match(await columnOf('v\n""\nabcd\n', { options }), { minLength: 0, maxLength: 4, meanLength: 2 });
});

t.test("in other encodings", async (t) => {
  const lengths = { minLength: 1, maxLength: 4, meanLength: 2.5 };
  const latin = Buffer.from("v\n\xe9\ncaf\xe9\n", "latin1");
  t.match(await columnOf(latin, { options: { encoding: "windows-1252" } }), lengths);
  t.match(await columnOf(Buffer.from("\ufeffv\né\ncafé\n", "utf16le")), lengths);
  t.match(await columnOf(Buffer.from("\ufeffv\né\ncafé\n", "utf16le").swap16()), lengths);
  t.match(await columnOf("\ufeffv\né\ncafé\n"), lengths);
  const sides = Buffer.from("\ufeffv\n😀\n日本\n", "utf16le");
  t.match(await columnOf(sides), { minLength: 1, maxLength: 2, meanLength: 1.5 });
  // two bytes each
  const shifted = Buffer.concat([
    Buffer.from("v\n"),
    Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
    Buffer.from("\nx\n"),
  ]);
  t.match(await columnOf(shifted, { options: { encoding: "shift_jis" } }), { minLength: 1, maxLength: 2 });
});

t.test("none of numbers and truth values; null of a column without rows", async (t) => {
  for (const content of ["v\n1\n2\n", "v\nTrue\nfalse\n", "v\nNA\nNA\n"])
    t.notOk("minLength" in (await columnOf(content)), content);
  t.match(await columnOf("v\n"), { dtype: "object", minLength: null, maxLength: null, meanLength: null });
});

t.test("shares of a column are joined", (t) => {
  const one = new Extent(true);
  one.add(Buffer.from("é"), 3);
  const other = new Extent(true);
  other.add(Buffer.from("abcde"), 1);
  const joined = joinExtents(joinExtents(NO_TEXTS, one.extent), other.extent);
  t.same(extentFigures(joined, 4), { minLength: 1, maxLength: 5, meanLength: 2 });
  t.same(extentFigures(joinExtents(other.extent, one.extent), 4), {
    minLength: 1,
    maxLength: 5,
    meanLength: 2,
  });
  const dates = new Extent(true);
  dates.add(Buffer.from("2024-01-01"), 1);
  t.match(extentFigures(joinExtents(NO_TEXTS, dates.extent), 1), { format: "date", earliest: "2024-01-01" });
  t.notOk("format" in extentFigures(joinExtents(dates.extent, one.extent), 4), "a share with a text");
  t.end();
});
