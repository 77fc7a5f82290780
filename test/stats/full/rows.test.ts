// What concerns whole rows: correlations of columns, duplicate rows; and that no figure depends on where a file is cut.
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import { emptyKernel } from "../../../workers/stats/kernel/kernel.js";
import { RowMode, RowReader } from "../../../workers/stats/kernel/row-reader.js";
import type { Options } from "../../../workers/stats/options.js";
import { NullValues } from "../../../workers/stats/parse/null-values.js";
import type { Statistics } from "../../../workers/stats/statistics.js";
import { randomOf } from "../random-numbers.js";
import { statsOf } from "../run-stats.js";

type Matrix = (number | null)[][];

function fullOf(content: string | Uint8Array, options: Options = {}, sizes = {}): Promise<Statistics> {
  return statsOf(content, { options: { ...options, level: "full" }, sizes });
}

const CUT = { smallBytes: 0, partBytes: 5000 };

/** A file of these columns; NaN is an empty field. */
function csvOf(columns: Record<string, readonly number[]>): string {
  const values = Object.values(columns);
  const rows = values[0]!.map((_, row) =>
    values.map((column) => (Number.isNaN(column[row]) ? "" : `${column[row]}`)).join(","),
  );
  return `${Object.keys(columns)}\n${rows.map((row) => `${row}\n`).join("")}`;
}

/** Pearson's, by its definition, over the rows in which both are finite. */
function pearson(xs: readonly number[], ys: readonly number[]): number | null {
  const rows = xs.flatMap((_, row) => (Number.isFinite(xs[row]! - ys[row]!) ? [row] : []));
  const mean = (values: readonly number[]) =>
    rows.reduce((sum, row) => sum + (values[row]! - values[rows[0]!]!), 0) / rows.length + values[rows[0]!]!;
  if (rows.length === 0) return null;
  const [x, y] = [mean(xs), mean(ys)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const row of rows) {
    xx += (xs[row]! - x) ** 2;
    yy += (ys[row]! - y) ** 2;
    xy += (xs[row]! - x) * (ys[row]! - y);
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

function isNear(found: number | null, expected: number | null, tolerance: number): boolean {
  if (found === null || expected === null) return found === expected;
  return Math.abs(found - expected) <= tolerance * Math.max(Math.abs(expected), 1e-3);
}

function checkMatrix(
  t: { ok(value: boolean, name: string): unknown },
  found: Matrix,
  expected: Matrix,
): void {
  expected.forEach((row, i) => {
    row.forEach((value, j) => {
      t.ok(isNear(found[i]![j]!, value, 1e-9), `${i}, ${j}: ${found[i]![j]}, expected ${value}`);
    });
  });
}

t.test("correlations are those of pandas", async (t) => {
  // pandas.DataFrame({…}).corr()
  const { correlations } = await fullOf(
    "x,s,y,z\n1,a,2,-1\n2,b,1,0\n3,c,,1\n4,d,8,0\n,e,5,-1\n7.5,f,6.25,3\n",
  );
  t.same(correlations!.columns, ["x", "y", "z"]);
  checkMatrix(t, correlations!.matrix, [
    [1, 0.7056003759287083, 0.9231326627541019],
    [0.7056003759287083, 1, 0.3806733063985227],
    [0.9231326627541019, 0.3806733063985227, 1],
  ]);
});

const random = randomOf(17);
const many = (cell: (row: number) => number) => Array.from({ length: 500 }, (_, row) => cell(row));

t.test("correlations by the definition, over the rows that have both", async (t) => {
  const x = many(() => random());
  const columns: Record<string, number[]> = {
    x,
    inverse: x.map((value) => -value),
    noisy: x.map((value) => value + 0.1 * random()),
    gaps: x.map((value, row) => (row % 3 ? value + random() : Number.NaN)),
    others: x.map((value, row) => (row % 3 ? Number.NaN : value)),
    far: x.map((value) => 1e9 + value),
    small: x.map((value, row) => 1e-9 * (value + row / 500)),
    constant: many(() => 0.1),
    empty: many(() => Number.NaN),
    tails: x.map((value) => (1 - value) ** -2),
  };
  const expected = Object.values(columns).map((a) => Object.values(columns).map((b) => pearson(a, b)));
  for (const sizes of [{}, CUT]) {
    const { correlations } = await fullOf(csvOf(columns), {}, sizes);
    t.same(correlations!.columns, Object.keys(columns));
    checkMatrix(t, correlations!.matrix, expected);
  }
});

t.test("a column that is constant in the rows of a pair", async (t) => {
  const x = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.7];
  const y = [1, 2, 3, 5, 8, 13, Number.NaN];
  for (const sizes of [{}, { smallBytes: 0, partBytes: 9 }]) {
    const { matrix } = (await fullOf(csvOf({ x, y }), {}, sizes)).correlations!;
    // as in pandas
    t.same(matrix, [
      [1, null],
      [null, 1],
    ]);
  }
});

t.test("a pair whose rows are far from the columns' means", async (t) => {
  const x = [...many((row) => 1e9 + row), ...many(() => 0)];
  const y = [...many((row) => (row * 7919) % 500), ...many(() => Number.NaN)];
  for (const sizes of [{}, { smallBytes: 0, partBytes: 4000 }]) {
    const { matrix } = (await fullOf(csvOf({ x, y }), {}, sizes)).correlations!;
    checkMatrix(t, matrix, [
      [1, pearson(x, y)],
      [pearson(x, y), 1],
    ]);
  }
});

t.test("infinities are left out of correlations, as pandas does", async (t) => {
  // DataFrame.corr() takes the rows in which both are finite: 1, 2, 3 and 1, 2, 4
  const { matrix } = (await fullOf("x,y\n1,1\n2,2\n3,4\ninf,5\n-inf,inf\n")).correlations!;
  checkMatrix(t, matrix, [
    [1, 0.9819805060619659],
    [0.9819805060619659, 1],
  ]);
});

t.test("too few rows, and too many columns", async (t) => {
  t.same((await fullOf("x,y\n1,2\n")).correlations!.matrix, [
    [null, null],
    [null, null],
  ]);
  t.same((await fullOf("x,y\n1,\n,2\n3,\n,5\n")).correlations!.matrix, [
    [1, null],
    [null, 1],
  ]);
  t.same((await fullOf("x\na\n")).correlations, { columns: [], matrix: [] });
  t.same((await fullOf("x,y\n")).correlations, { columns: [], matrix: [] }, "no rows");

  // texts between them do not count
  const names = Array.from({ length: 101 }, (_, at) => [`n${at}`, `s${at}`]).flat();
  const row = (value: number) =>
    names.map((name, at) => (name.startsWith("n") ? value * at + value ** 2 : "x"));
  const { correlations } = await fullOf(`${names}\n${row(1)}\n${row(2)}\n${row(-4)}\n`);
  t.same(
    correlations!.columns,
    Array.from({ length: 100 }, (_, at) => `n${at}`),
  );
  t.equal(correlations!.matrix.length, 100);
  t.ok(correlations!.matrix.every((row) => row.length === 100));
});

t.test("duplicate rows, as pandas' duplicated() of what it has read", async (t) => {
  const cases: [content: string, duplicates: number, options?: Options][] = [
    ["a,b\n1,x\n2,x\n1,x\n1,y\n1,x\n", 2],
    // quotes are no part of a text
    ['a,b\nx,1\n"x",1\n"x","1"\n', 2],
    // one number in any spelling, while texts differ
    ["a\n1\n1.0\n01\n1e0\n+1\n", 4],
    ["a\n1\n1.0\n01\nx\n1\n", 1],
    ["a\n0\n-0\n-0.0\n", 2],
    ["a\ninf\n-inf\nInfinity\n", 1],
    // nulls are equal
    ["a,b\n,1\nNA,1\nnan,1\n0,1\n", 2],
    ["a,b\nx,\nx,NA\n,x\n", 1],
    ["a,b\n,\n,\n", 1],
    // and are no empty texts
    ['a,b\nx,-\nx,""\ny,-\ny,-\n', 1, { keepDefaultNa: false, naValues: ["-"] }],
    ["a,b\nTrue,1\ntrue,1\nTRUE,1\nFalse,1\n", 2],
    ["a,b\nTrue,1\ntrue,1\nNA,1\nFalse,1\n,1\n", 2],
    ["a,b\nTrue,1\ntrue,1\nx,1\n", 0],
    // what is in one column is not in another
    ["a,b\n1,2\n2,1\n12,\n,12\n", 0],
    ["a,b\nx,yz\nxy,z\n", 0],
    // a number that is null; among integers only in this spelling
    ["a,b\n999,1\n999.0,1\n,1\n1.5,1\n", 2, { naValues: ["999"] }],
    ["a,b\n0999,1\n0999,1\n,1\n999,1\n5,9\n", 2, { naValues: ["999"] }],
    // of some columns
    ["a,b,c\n1,x,1\n1,y,1\n1,z,2\n", 1, { usecols: ["a", "c"] }],
    // a short record ends with nulls
    ["a,b\n1\n1,\n1,NA\n", 2],
    ["a,b\n", 0],
    ["a,b\n1,1\n", 0],
    // integers beyond 2^53 count as the nearest doubles, which pandas keeps apart
    ["a\n9007199254740992\n9007199254740993\n9007199254740994\n", 1],
  ];
  for (const [content, duplicates, options] of cases)
    for (const sizes of [{}, { smallBytes: 0, partBytes: 5 }])
      t.equal((await fullOf(content, options, sizes)).duplicateRows, duplicates, JSON.stringify(content));
});

t.test("duplicates of many rows, and of rows of many columns", async (t) => {
  const cells = Array.from({ length: 300 }, (_, at) => at);
  const other = [...cells.slice(0, 299), 300];
  const swapped = [...cells.slice(0, 298), 299, 298];
  t.equal((await fullOf(`${cells}\n${cells}\n${other}\n${swapped}\n${cells}\n`)).duplicateRows, 1);
  // pairs of 0 … 99, each of them three times
  const rows = Array.from({ length: 30_000 }, (_, at) => `${at % 100},${Math.floor(at / 100) % 100}\n`);
  for (const sizes of [{}, { smallBytes: 0, partBytes: 20_000 }])
    t.equal((await fullOf(`a,b\n${rows.join("")}`, {}, sizes)).duplicateRows, 20_000);
});

t.test("the same at the full level wherever the file is cut", async (t) => {
  const cells: Record<string, () => string> = {
    n: () => `${Math.floor(random() * 8) - 4}`,
    d: () => (random() < 0.2 ? "" : `${1e6 + random()}`),
    s: () => ["x", "é", '"a,b"', '"a\n""b"""', "NA"][Math.floor(random() * 5)]!,
    t: () => (random() < 0.5 ? "True" : "false"),
    day: () => `20${10 + Math.floor(random() * 90)}-03-01${random() < 0.5 ? "" : "T10:00+02:00"}`,
    late: () => "7",
  };
  const rows = Array.from({ length: 60 }, () =>
    Object.values(cells)
      .map((cell) => cell())
      .join(","),
  );
  const content = `${Object.keys(cells)}\n${rows.join("\n")}\n1,2,x,True,2024-01-01,end\n${rows[0]}\n`;
  const whole = await fullOf(content, { bins: 5 });
  const differing: unknown[] = [];
  for (let partBytes = 1; partBytes < 2000; partBytes += partBytes < 40 ? 7 : 171)
    for (const manyValues of [0, 1e9]) {
      const split = await fullOf(content, { bins: 5 }, { smallBytes: 0, partBytes, manyValues });
      if (!isClose(split, whole)) differing.push({ partBytes, manyValues, split });
    }
  t.strictSame(differing, [], JSON.stringify(whole));
});

/** Equal, but for the last digits of numbers. */
function isClose(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= 1e-12 * Math.abs(b);
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return isDeepStrictEqual(a, b);
  const [own, others] = [Object.entries(a), Object.entries(b)];
  return (
    own.length === others.length &&
    own.every(([key, value], at) => key === others[at]![0] && isClose(value, others[at]![1]))
  );
}

t.test("an outlier in a row that has no partner", async (t) => {
  for (const outlier of ["1e6", "1e9", "1e12", "1e20"]) {
    const { correlations } = await fullOf(`a,b\n1,1\n2,2\n3,3\n4,5\n${outlier},\n`);
    // pandas 1.5.3
    t.ok(
      isNear(correlations!.matrix[0]![1]!, 0.9827076298239908, 1e-9),
      `${outlier}: ${correlations!.matrix}`,
    );
  }
});

t.test("short records of many columns take no memory for what they lack", async (t) => {
  const columns = 500;
  const layout = {
    ...{ delimiter: 44, fields: columns, skipLong: false, fieldBytes: 1e6, memory: 2 ** 30, full: true },
    ...{ columns: Array.from({ length: columns }, (_, at) => at), asTexts: new Set<number>() },
    ...{ missing: new NullValues([]), numericNulls: false, nullNumbers: new Set<number>() },
    ...{ utf8: true, utf8Texts: true },
  };
  const column = {
    mode: RowMode.numbers,
    about: undefined,
    nullNumbers: new Set<number>(),
    visit: undefined,
  };
  let hashes = 0;
  const reader = new RowReader(
    layout,
    { start: 0, to: Number.POSITIVE_INFINITY, seed: 1n },
    layout.columns.map(() => column),
    (words) => {
      hashes += words.length / 2;
    },
  );
  reader.feed(Buffer.from("1\n".repeat(130_000)), true);
  t.equal(hashes, 130_000);
  t.equal(reader.rows, 130_000);
  // 520 MB of nulls
  t.ok(emptyKernel().memory.length < 100 * 2 ** 20, `${emptyKernel().memory.length}`);
});
