// The most frequent values, how many different ones there are, and the share of nulls.
import t from "tap";
import { type Settings, statsOf } from "../run-stats.js";

async function columnOf(cells: readonly (string | number)[], settings: Settings = {}) {
  const content = `v;w\n${cells.map((cell) => `${cell};\n`).join("")}`;
  const options = { ...settings.options, level: "full" as const };
  return (await statsOf(content, { ...settings, options })).columns[0]!;
}

const CUTS = [{}, { smallBytes: 0, partBytes: 7, manyValues: 0 }, { smallBytes: 0, partBytes: 50 }];

t.test("the most frequent, the first seen first among equals", async (t) => {
  const cases: [cells: (string | number)[], unique: number, top: [value: unknown, count: number][]][] = [
    [
      ["b", "a", "c", "a"],
      3,
      [
        ["a", 2],
        ["b", 1],
        ["c", 1],
      ],
    ],
    [
      [3, 1, 2, 1, 2],
      3,
      [
        [1, 2],
        [2, 2],
        [3, 1],
      ],
    ],
    // spellings of one number
    [
      ["1", "1.0", "01", "+1", "1e0", "2"],
      2,
      [
        [1, 5],
        [2, 1],
      ],
    ],
    // of a text they differ
    [
      ["1", "1.0", "1", "x"],
      3,
      [
        ["1", 2],
        ["1.0", 1],
        ["x", 1],
      ],
    ],
    [["-0", "0", "-0.0"], 1, [[0, 3]]],
    // JSON knows no infinities
    [
      ["inf", "-inf", "inf", "1"],
      3,
      [
        [null, 2],
        [null, 1],
        [1, 1],
      ],
    ],
    [
      ["True", "FALSE", "true", "NA"],
      2,
      [
        [true, 2],
        [false, 1],
      ],
    ],
    [["NA", "NA"], 0, []],
  ];
  for (const [cells, unique, top] of cases)
    for (const sizes of CUTS) {
      const column = await columnOf(cells, { sizes });
      t.equal(column.unique, unique, `${cells}`);
      t.same(
        column.topValues,
        top.map(([value, count]) => ({ value, count })),
        `${cells}`,
      );
      const nulls = cells.filter((cell) => cell === "NA").length;
      t.equal(column.nullFraction, nulls / cells.length, `${cells}`);
    }
});

t.test("ten of many", async (t) => {
  // value k occurs k times: 1, …, 30, of which the later ones come first
  const numbers = Array.from({ length: 30 }, (_, at) => new Array<number>(30 - at).fill(30 - at)).flat();
  const expected = Array.from({ length: 10 }, (_, at) => ({ value: 30 - at, count: 30 - at }));
  for (const sizes of CUTS) {
    t.same((await columnOf(numbers, { sizes })).topValues, expected);
    const texts = numbers.map((number) => `x${number}`);
    const column = await columnOf(texts, { sizes });
    t.same(
      column.topValues,
      expected.map(({ value, count }) => ({ value: `x${value}`, count })),
    );
    t.match(column, { unique: 30, top: "x30", freq: 30 });
    t.same((await columnOf(numbers.reverse(), { sizes })).topValues, expected);
    numbers.reverse();
  }
  t.notOk("topValues" in (await statsOf("v\n1\n")).columns[0]!, "the describe level");
  t.equal((await columnOf([])).nullFraction, null, "no rows");
});

t.test("integers beyond 2^53 count as the nearest doubles", async (t) => {
  t.equal((await columnOf(["9007199254740992", "9007199254740993", "9007199254740994"])).unique, 2);
  t.equal((await columnOf(["1234567890123456701", "1234567890123456702"])).unique, 1);
});
