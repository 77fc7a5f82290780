// Holds the figures of the full level against what pandas and NumPy answered: see pandas-answer.ts.
import { readFileSync } from "node:fs";
import type { Test } from "tap";
import type { ColumnFigures, Figure } from "../../workers/stats/describe.js";
import type { Histogram } from "../../workers/stats/full/histogram.js";
import type { PandasAnswer } from "./pandas-answer.js";
import { statsOf } from "./run-stats.js";

/** Pairs of a value and its count, the most frequent first, then the first seen. */
type Pairs = [value: Figure, count: number][];

interface FullNumbers {
  exact_sum: number | null;
  /** "nan" for what is none. */
  skew: Figure;
  kurt: Figure;
  nunique: number;
  zeros: number;
  negatives: number;
  histogram: Histogram | null;
  topValues: Pairs;
}

interface FullTexts {
  topValues: Pairs;
  minLength?: number;
  maxLength?: number;
  meanLength?: number;
}

interface FullAnswer extends PandasAnswer {
  columns: (PandasAnswer["columns"][number] & { full: FullNumbers & FullTexts })[];
  /** `correlations`: the upper triangle by rows. */
  full: { correlated: string[]; correlations: Figure[][]; duplicateRows: number };
}

/** Whether `found` is pandas' figure, up to a share of it or of `scale`. */
function isNear(found: unknown, value: Figure, tolerance: number, scale = 0): boolean {
  if (typeof value !== "number") return found === null;
  return typeof found === "number" && Math.abs(found - value) <= tolerance * Math.max(Math.abs(value), scale);
}

/** Reads `file` at the full level and compares what that adds. */
export async function checkFull(t: Test, folder: string, file: string): Promise<void> {
  const expected: FullAnswer = JSON.parse(readFileSync(`${folder}/expected/${file}.json`, "utf8"));
  if (expected.status === "error") return;
  const content = readFileSync(`${folder}/files/${file}`);
  const found = await statsOf(content, { options: { ...expected.options, level: "full" } });
  expected.columns.forEach((column, at) => {
    const own = found.columns[at]!;
    if (column.kind === "numeric") checkNumbers(t, own, column.full, column.scale ?? 0);
    // pandas cuts texts off at a NUL
    else if (!content.includes("\0") || found.source!.encoding !== "utf-8") checkTexts(t, own, column.full);
    t.equal(own.nullFraction, found.rows === 0 ? null : column.nulls / found.rows);
  });

  const { correlated, correlations, duplicateRows } = expected.full;
  t.equal(found.duplicateRows, duplicateRows);
  t.strictSame(found.correlations!.columns, correlated);
  const { matrix } = found.correlations!;
  correlations.forEach((row, i) => {
    row.forEach((value, k) => {
      const j = correlated.length - row.length + k;
      t.ok(isNear(matrix[i]![j], value, 1e-9, 1e-3), `${correlated[i]}, ${correlated[j]}: ${matrix[i]![j]}`);
      t.equal(matrix[i]![j], matrix[j]![i]);
    });
  });
}

function checkNumbers(t: Test, found: ColumnFigures, expected: FullNumbers, scale: number): void {
  const { name, count } = found;
  const sum = expected.exact_sum ?? 0;
  t.ok(isNear(found.sum, sum, 1e-12, scale * count * 1e-3), `${name}: the sum is ${found.sum}, not ${sum}`);
  t.ok(isNear(found.skew, expected.skew, 1e-7, 1e-3), `${name}: skew ${found.skew}, not ${expected.skew}`);
  t.ok(isNear(found.kurtosis, expected.kurt, 1e-7, 1e-3), `${name}: ${found.kurtosis}, not ${expected.kurt}`);
  t.match(found, { unique: expected.nunique, zeros: expected.zeros, negatives: expected.negatives }, name);
  const histogram = found.histogram as Histogram | null;
  if (expected.histogram) {
    t.strictSame(histogram?.counts, expected.histogram.counts, `${name}: histogram`);
    const edges = expected.histogram.edges.every((edge, at) =>
      isNear(histogram?.edges[at], edge, 1e-14, scale),
    );
    t.ok(edges, `${name}: edges`);
  }
  checkTop(t, found, expected.topValues);
}

function checkTexts(t: Test, found: ColumnFigures, expected: FullTexts): void {
  const { topValues, minLength, maxLength, meanLength } = expected;
  if (minLength !== undefined) t.match(found, { minLength, maxLength, meanLength }, `${found.name}: lengths`);
  checkTop(t, found, topValues);
}

function checkTop(t: Test, { name, topValues }: ColumnFigures, expected: Pairs): void {
  const found = (topValues as { value: Figure; count: number }[]).map(({ value, count }) => [value, count]);
  t.strictSame(found, expected, `${name}: top values`);
}
