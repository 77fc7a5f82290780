// ISO 8601's dates and date-times: which texts are some, and the earliest and the latest of a column.
import t from "tap";
import { type Instant, instantOf, isBefore } from "../../../workers/stats/full/dates.js";
import { statsOf } from "../run-stats.js";

async function columnOf(cells: readonly string[], sizes = {}) {
  const content = `v\n${cells.join("\n")}\n`;
  const { columns } = await statsOf(content, { options: { level: "full", delimiter: ";" }, sizes });
  return columns[0]!;
}

t.test("texts that are dates", (t) => {
  const cases: [text: string, hasTime: boolean, seconds: number, fraction?: string][] = [
    ["1970-01-01", false, 0],
    ["1970-01-02", false, 86_400],
    ["1969-12-31", false, -86_400],
    ["2024-02-29", false, Date.UTC(2024, 1, 29) / 1000],
    ["2000-02-29", false, Date.UTC(2000, 1, 29) / 1000],
    ["9999-12-31", false, Date.UTC(9999, 11, 31) / 1000],
    // a year below 100 is that year
    ["0099-12-31", false, Date.parse("0099-12-31") / 1000],
    ["1970-01-01T00:01", true, 60],
    ["1970-01-01 00:00:01", true, 1],
    ["1970-01-01T23:59:59", true, 86_399],
    ["1970-01-01T00:00:00Z", true, 0],
    ["1970-01-01T00:00:00.250", true, 0, "25"],
    ["1970-01-01T00:00:00,5", true, 0, "5"],
    ["1970-01-01T00:00:00.000", true, 0, ""],
    ["1970-01-01T00:00:00.123456789", true, 0, "123456789"],
    // zones: ahead of UTC is earlier
    ["1970-01-01T02:00+02:00", true, 0],
    ["1970-01-01T02:00+0200", true, 0],
    ["1970-01-01T02:00+02", true, 0],
    ["1969-12-31T18:30:00-05:30", true, 0],
    ["1970-01-01T00:00-00:00", true, 0],
    // a leap second
    ["2016-12-31T23:59:60Z", true, Date.UTC(2017, 0, 1) / 1000],
  ];
  for (const [text, hasTime, seconds, fraction = ""] of cases)
    t.strictSame(instantOf(text), { hasTime, seconds, fraction }, text);
  t.end();
});

t.test("texts that are none", (t) => {
  const texts = [
    ...["", "x", "2024", "2024-01", "20240101", "24-01-01", "2024-1-1", "2024/01/01", "01-01-2024"],
    ...["2024-00-01", "2024-13-01", "2024-01-00", "2024-01-32", "2024-04-31", "2023-02-29", "1900-02-29"],
    ...["2024-01-01T", "2024-01-01T10", "2024-01-01T24:00", "2024-01-01T10:60", "2024-01-01T10:00:61"],
    ...[
      "2024-01-01T10:00:00.",
      "2024-01-01T1:00",
      "2024-01-01  10:00",
      "2024-01-01t10:00",
      "2024-01-01T10:00z",
    ],
    ...[
      "2024-01-01Z",
      "2024-01-01+02:00",
      "2024-01-01T10:00+2",
      "2024-01-01T10:00+02:0",
      "2024-01-01T10:00 Z",
    ],
    ...[" 2024-01-01", "2024-01-01 ", "2024-01-01\n", "2024-W01-1", "+2024-01-01", "-2024-01-01"],
    // a zone is less than a day ahead, and its minutes are minutes
    ...["2024-01-01T10:00+24:00", "2024-01-01T10:00-99:99", "2024-01-01T10:00+01:60"],
    `2024-01-01T10:00:00.${"0".repeat(1000)}`,
  ];
  for (const text of texts) t.equal(instantOf(text), undefined, JSON.stringify(text));
  t.end();
});

t.test("the order of instants", (t) => {
  const ascending = [
    "0001-01-01",
    "1969-12-31T23:59:59.9",
    "1970-01-01",
    "1970-01-01T00:00:00.09",
    "1970-01-01T00:00:00.1",
    "1970-01-01T00:00:00.11",
    "1970-01-01T00:00:01",
    "1970-01-01T00:00-01:00",
    "9999-12-31T23:59:59.999-23:59",
  ].map((text) => instantOf(text) as Instant);
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) t.equal(isBefore(a, b), i < j, `${i}, ${j}`);
  t.end();
});

t.test("the format, the earliest and the latest, as they stand", async (t) => {
  const cases: [cells: string[], expected: object][] = [
    [
      ["2024-03-01", "2023-12-31", "2024-02-29"],
      { format: "date", earliest: "2023-12-31", latest: "2024-03-01" },
    ],
    [["2024-03-01", "NA", ""], { format: "date", earliest: "2024-03-01", latest: "2024-03-01" }],
    // by the instant, not by the text
    [
      ["2024-01-01T10:00+02:00", "2024-01-01T09:00Z", "2024-01-01T03:00-06:30"],
      { format: "date-time", earliest: "2024-01-01T10:00+02:00", latest: "2024-01-01T03:00-06:30" },
    ],
    // one with a time makes it a column of date-times; a date is its first instant
    [
      ["2024-01-02", "2024-01-01T23:59", "2024-01-02T00:01"],
      { format: "date-time", earliest: "2024-01-01T23:59", latest: "2024-01-02T00:01" },
    ],
    [['"2024-01-01T00:00:00,5"', "2024-01-01 00:00:00.25"], { earliest: "2024-01-01 00:00:00.25" }],
    // of equal instants the first seen
    [
      ["2024-01-01", "2024-01-01T00:00Z", "2024-01-01T01:00+01:00"],
      { earliest: "2024-01-01", latest: "2024-01-01" },
    ],
  ];
  for (const [cells, expected] of cases) t.match(await columnOf(cells), expected, `${cells}`);
});

t.test("one value that is none, and there is no format", async (t) => {
  for (const cell of ["2024-02-30", "soon", "2024-01-01 ", "1"])
    for (const cells of [
      [cell, "2024-01-01", "2024-01-02"],
      ["2024-01-01", "2024-01-02", cell],
    ])
      for (const sizes of [{}, { smallBytes: 0, partBytes: 12, manyValues: 0 }]) {
        const column = await columnOf(cells, sizes);
        t.same([column.format, column.earliest, column.latest], [undefined, undefined, undefined], cell);
      }
  t.notOk("format" in (await columnOf(["true", "false"])));
});

t.test(
  "of equal instants the first seen, however many texts there are and wherever they are cut",
  async (t) => {
    // more different texts than are described in one share
    const cells = Array.from({ length: 17_000 }, (_, at) => new Date(1e12 + 1000 * at).toISOString());
    const first = ["1999-01-01", "2050-01-01"];
    const same = [
      "1999-01-01T00:00",
      "1999-01-01T01:00+01:00",
      "1999-01-01 00:00:00.0",
      "2050-01-01T00:00Z",
      "2050-01-01 00:00",
    ];
    const all = [...cells.slice(0, 8000), ...first, ...cells.slice(8000), ...same];
    // what hashes begin with differs from job to job
    for (const sizes of [
      {},
      { smallBytes: 0, partBytes: 1e5, manyValues: 0 },
      { smallBytes: 0, manyValues: 0 },
    ])
      for (let job = 0; job < 3; job++) {
        const { earliest, latest } = await columnOf(all, sizes);
        t.same([earliest, latest], first, JSON.stringify(sizes));
      }
  },
);
