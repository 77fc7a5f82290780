// Files whose columns do not fit the job's memory: what stays exact is exact, and what is estimated keeps its stated bounds.
import { gzipSync } from "node:zlib";
import t from "tap";
import { stats } from "../../../workers/jobs/stats.js";
import type { ColumnFigures } from "../../../workers/stats/describe.js";
import type { Statistics } from "../../../workers/stats/statistics.js";
import { validate } from "../../../workers/validation.js";
import { randomOf } from "../random-numbers.js";
import { mistakeOf, type Settings, statsOf } from "../run-stats.js";

type Test = Pick<typeof t, "equal" | "ok" | "same" | "strictSame">;

const ROWS = 60_000;
const PARTS = 2;
const PERCENTILES = [0.001, 0.25, 0.5, 0.9, 0.999];
const DAY = 86_400_000;

const random = randomOf(11);
const below = (most: number) => Math.floor(random() * most);

/** A cell of each column; the same row twice is a duplicate. */
const CELLS: Record<string, (row: number) => string> = {
  distinct: () => `${(random() - 0.3) * 1e6}`,
  few: () => `${below(7) - 3}`,
  // a null that is spelled 999; pandas takes 0999 for a number among integers, and for a null among decimals
  integers: (row) => (row % 50 === 0 ? "999" : row % 77 === 0 ? "0999" : `${below(5000)}`),
  decimals: (row) => (row % 50 === 0 ? "999" : row % 77 === 0 ? "0999.00" : `${below(5000) / 4}`),
  gaps: (row) => (row % 20 === 0 ? "" : `${row}`),
  tails: () => `${(1 - random()) ** -2}`,
  id: (row) => `id ${row} ${below(1e9)}é`,
  city: () => ["Oslo", "Łódź", "Lima", "São Paulo", "NA"][Math.floor(5 * random() ** 2)]!,
  moment: () => new Date(Math.floor(random() * 20_000 * DAY)).toISOString(),
  late: (row) => (row < ROWS - 50 ? `${below(30_000)}` : `x${row}`),
  zipf: () => `word${Math.floor((1 - random()) ** -6)}`,
};
const NAMES = Object.keys(CELLS);
const NUMBERS = ["distinct", "few", "integers", "decimals", "gaps", "tails"];
const NULLS = new Set(["", "NA", "999"]);

const rows = Array.from({ length: ROWS }, (_, row) => NAMES.map((name) => CELLS[name]!(row)));
for (let row = 100; row < ROWS; row += 100) rows[row] = rows[row - 100]!;
const csv = `${NAMES}\n${rows.map((row) => `${row}\n`).join("")}`;

/** How the file may be read; `memory` makes columns of each kind go over. */
const WAYS: Record<string, { content: string | Uint8Array; settings: Settings }> = {
  "as one range": { content: csv, settings: { sizes: { smallBytes: 1e9 } } },
  "in parts": {
    content: csv,
    settings: { sizes: { smallBytes: 0, partBytes: Math.ceil(Buffer.byteLength(csv) / PARTS) } },
  },
  "from gzip": { content: gzipSync(csv, { level: 1 }), settings: {} },
};

const OPTIONS = { naValues: ["999"], percentiles: PERCENTILES };

/** The values of the column at `place`, with how often each occurs. */
function countsAt(place: number): Map<string | number, number> {
  const counts = new Map<string | number, number>();
  const isNumber = NUMBERS.includes(NAMES[place]!);
  for (const row of rows) {
    const cell = row[place]!;
    const isNull = NULLS.has(cell) || (NAMES[place] === "decimals" && Number(cell) === 999);
    const value = isNumber ? Number(cell) : cell;
    if (!isNull) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

const counts = NAMES.map((_, place) => countsAt(place));
const sorted = counts.map((map) =>
  Float64Array.from(
    [...map].flatMap(([value, count]) => new Array<number>(count).fill(Number(value))),
  ).sort(),
);

/** How far the rank of `value` is from the quantile's, as a share of all; 0 when equal values span it. */
function rankError(values: Float64Array, value: number, q: number): number {
  const target = q * (values.length - 1);
  const first = values.findIndex((other) => other >= value);
  const last = values.findLastIndex((other) => other <= value);
  if (target >= first && target <= last) return 0;
  return Math.min(Math.abs(target - first), Math.abs(target - last)) / values.length;
}

const SAME = ["name", "dtype", "count", "nulls", "min", "max", "zeros", "negatives", "nullFraction"];
const SAME_OF_TEXTS = ["minLength", "maxLength", "meanLength", "format", "earliest", "latest"];
const NEAR = ["mean", "std", "sum", "skew", "kurtosis"];

function isNear(found: unknown, expected: unknown): boolean {
  if (typeof expected !== "number" || typeof found !== "number") return found === expected;
  return Math.abs(found - expected) <= 1e-9 * Math.abs(expected);
}

/** Holds an estimated column against the exact one. */
function checkEstimate(t: Test, found: ColumnFigures, expected: ColumnFigures): void {
  const { name, dtype } = expected;
  const place = NAMES.indexOf(name);
  t.same(
    Object.keys(found)
      .filter((key) => !(key in expected))
      .sort(),
    ["approximate", "errors"],
    name,
  );
  for (const key of [...SAME, ...SAME_OF_TEXTS]) t.same(found[key], expected[key], `${name}: ${key}`);
  for (const key of NEAR) t.ok(isNear(found[key], expected[key]), `${name}: ${key} is ${found[key]}`);
  t.same(found.histogram, expected.histogram, `${name}: histogram`);
  const errors = found.errors as unknown as Record<string, number>;
  const quantiles = dtype === "object" ? [] : Object.keys(expected).filter((key) => key.endsWith("%"));
  const estimated = [
    ...quantiles,
    ...(dtype === "object" ? ["freq", "top"] : []),
    ...("unique" in expected ? ["unique"] : []),
    ...("topValues" in expected ? ["topValues"] : []),
  ];
  t.same(Object.keys(errors).sort(), estimated.sort(), `${name}: the estimated figures`);
  for (const key of quantiles) {
    t.ok(errors[key]! <= 0.005, `${name}: the bound of ${key} is ${errors[key]}`);
    const error = rankError(sorted[place]!, found[key] as number, Number.parseFloat(key) / 100);
    t.ok(error <= errors[key]! + 0.5 / sorted[place]!.length, `${name}: the rank of ${key} is ${error} off`);
  }
  if ("unique" in expected) checkUnique(t, found, expected, errors.unique!);
  if ("freq" in expected) checkTop(t, found, place, errors);
  if ("topValues" in expected) checkTopValues(t, found, place, errors.topValues!);
}

function checkUnique(t: Test, found: ColumnFigures, expected: ColumnFigures, error: number): void {
  const off = Math.abs((found.unique as number) / (expected.unique as number) - 1);
  t.ok(error <= 0.02 && off <= error, `${found.name}: unique is ${off} off, the bound is ${error}`);
}

function checkTop(t: Test, found: ColumnFigures, place: number, errors: Record<string, number>): void {
  const { name, top, freq } = found;
  const most = Math.max(...counts[place]!.values());
  const own = counts[place]!.get(top as string)!;
  t.ok(own >= most - errors.top!, `${name}: ${top} occurs ${own} times, another one ${most}`);
  t.ok(Math.abs(own - (freq as number)) <= errors.freq!, `${name}: the frequency is ${freq}, not ${own}`);
}

function checkTopValues(t: Test, found: ColumnFigures, place: number, error: number): void {
  const { name } = found;
  const top = found.topValues as unknown as { value: string | number; count: number }[];
  const known = counts[place]!;
  // values that all are rare may all be thinned out
  t.ok(top.length <= 10 && (top.length > 0 || error > 0), `${name}: top values`);
  for (const { value, count } of top) {
    const own = known.get(value) ?? Number.NaN;
    t.ok(count <= own && own <= count + error, `${name}: ${value} occurs ${own} times, not ${count}`);
  }
  const told = new Set(top.map(({ value }) => value));
  const least = (top.at(-1)?.count ?? 0) + error;
  const left = [...known].filter(([value, count]) => count > least && !told.has(value));
  t.same(left, [], `${name}: none that is more frequent for sure is left out`);
}

/** Holds an answer against the exact one, and tells which columns were estimated. */
function checkAnswer(t: Test, found: Statistics, exact: Statistics): string[] {
  validate(stats.output, found);
  t.equal(found.rows, ROWS);
  const estimated = found.columns.filter((column, at) => {
    const expected = exact.columns[at]!;
    if (column.approximate) checkEstimate(t, column, expected);
    else t.strictSame(column, expected);
    return column.approximate;
  });
  if (exact.correlations) checkTable(t, found, exact);
  return estimated.map(({ name }) => name);
}

function checkTable(t: Test, found: Statistics, exact: Statistics): void {
  const { columns, matrix } = exact.correlations!;
  t.same(found.correlations!.columns, columns);
  const near = matrix.every((row, i) =>
    row.every((value, j) => isNear(found.correlations!.matrix[i]![j], value)),
  );
  t.ok(near, "correlations");
  const off = Math.abs(found.duplicateRows! - exact.duplicateRows!);
  if (found.approximate) t.ok(off <= found.errors!.duplicateRows, `duplicate rows: ${off} off`);
  else t.same([off, found.errors], [0, undefined], "duplicate rows");
}

/** Some columns of the file, the job's memory, and which of the columns go over. */
const CASES: [usecols: string[], memory: number, estimated: string[]][] = [
  [["distinct", "id", "city", "moment"], 5e6, ["id", "moment"]],
  [["distinct", "integers", "tails", "city"], 1.2e6, ["distinct", "integers", "tails"]],
  [["few", "decimals", "gaps", "city"], 1.2e6, ["few", "decimals", "gaps"]],
  [["city", "late"], 1e6, ["late"]],
  [["city", "zipf"], 1e6, ["zipf"]],
];

for (const level of ["describe", "full"] as const)
  for (const [usecols, memory, estimated] of CASES)
    t.test(`${estimated}, ${level}`, async (t) => {
      const options = { ...OPTIONS, level, usecols };
      const exact = await statsOf(csv, { options });
      for (const [way, { content, settings }] of Object.entries(WAYS)) {
        const found = await statsOf(content, { ...settings, options, memory });
        t.same(checkAnswer(t, found, exact), estimated, way);
      }
    });

t.test("whatever the memory, an answer within its bounds or a sentence", async (t) => {
  const exact = await statsOf(csv, { options: OPTIONS });
  const outcomes = new Set<string>();
  for (const [way, { content, settings }] of Object.entries(WAYS))
    for (let memory = 2 ** 12; memory <= 2 ** 28; memory *= 16)
      try {
        // the option and the job's own budget: the less of both
        const options = { ...OPTIONS, memory };
        const found = await statsOf(content, { ...settings, options, memory: 2 ** 26 });
        outcomes.add(checkAnswer(t, found, exact).length > 0 ? "estimated" : "exact");
      } catch (error) {
        const sentence = `take more than ${memory} bytes, the memory of this job (JOB_MEMORY, or the option memory)`;
        t.match(error, { problem: { status: 413, name: "too-large" } }, way);
        t.match((error as Error).message, sentence, way);
        outcomes.add("refused");
      }
  t.same([...outcomes].sort(), ["estimated", "exact", "refused"]);
});

t.test("duplicate rows of more rows than the memory can compare", async (t) => {
  const lines = Array.from({ length: 200_000 }, (_, row) => `${Math.floor(row / 3)}\n`);
  const content = `a\n${lines.join("")}`;
  const sizes = { smallBytes: 0, partBytes: 500_000 };
  const found = await statsOf(content, { options: { level: "full" }, memory: 4e6, sizes });
  validate(stats.output, found);
  t.equal(found.approximate, true);
  const bound = found.errors!.duplicateRows;
  // of 66667 different rows 2% may be missed
  t.ok(bound > 0 && bound <= 0.021 * 66_667, `the bound is ${bound}`);
  t.ok(Math.abs(found.duplicateRows! - 133_333) <= bound, `${found.duplicateRows}`);
});

t.test("a last part of a few bytes gets enough memory", async (t) => {
  // two parts of 1 MiB and the end of a third
  for (const cell of ["x", "7"]) {
    const row = `${new Array(10).fill(cell)}\n`;
    const content = `a,b,c,d,e,f,g,h,i,j\n${row.repeat(Math.floor(2 ** 21 / row.length) + 2)}`;
    t.equal(await mistakeOf(content, { memory: 2 ** 26, threads: 2 }), "no mistake");
  }
});

t.test("histograms of an estimated column of huge numbers", async (t) => {
  const cells = ["-1e308", "1e308", "0"];
  const content = `a\n${Array.from({ length: 200_000 }, (_, row) => `${cells[row % 3]}\n`).join("")}`;
  const options = { level: "full" as const, bins: 4 };
  const estimated = await statsOf(content, { options, memory: 2e6, sizes: { smallBytes: 1e9 } });
  t.equal(estimated.columns[0]!.approximate, true);
  validate(stats.output, estimated);
  t.strictSame(
    JSON.parse(JSON.stringify(estimated.columns[0]!.histogram)),
    (await statsOf(content, { options })).columns[0]!.histogram,
  );
});
