// What the full level tells of the rows of JSON: correlations and duplicates.
import { correlationOf, SUMS } from "../kernel/row-reader.js";
import { ValueCounts } from "../value-counts.js";

/** Values by row; NaN for what is no number. */
export interface NumberColumn {
  name: string;
  mean: number;
  values: Float64Array;
}

/** Pearson's correlations of columns, as pandas' `corr`. */
export function correlationsOf(columns: readonly NumberColumn[]): {
  columns: string[];
  matrix: (number | null)[][];
} {
  const matrix = columns.map((x, i) =>
    columns.map((y, j) => (j < i ? null : correlationOf(sumsOf(x, y), 0))),
  );
  for (const [i, row] of matrix.entries()) for (let j = 0; j < i; j++) row[j] = matrix[j]![i]!;
  return { columns: columns.map(({ name }) => name), matrix };
}

/** Rows, x, y, x², y² and xy of the rows that have both. */
function sumsOf(x: NumberColumn, y: NumberColumn): Float64Array {
  const sums = new Float64Array(SUMS);
  x.values.forEach((value, row) => {
    const a = value - x.mean;
    const b = y.values[row]! - y.mean;
    if (Number.isNaN(a + b)) return;
    for (const [at, term] of [1, a, b, a * a, b * b, a * b].entries()) sums[at]! += term;
  });
  return sums;
}

/** Rows that equal an earlier one. Throws InputError (413) when different ones take more than `memory` bytes. */
export function duplicateRows(rows: Iterable<readonly unknown[]>, memory: number): number {
  const counts = new ValueCounts(memory);
  for (const row of rows) counts.add(JSON.stringify(row));
  return counts.count - counts.unique;
}
