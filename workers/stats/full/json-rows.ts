// What the full level tells of the rows of JSON: correlations and duplicates.
import { ValueCounts } from "../value-counts.js";
import { COMOMENTS, comomentsOf, correlationMatrix } from "./correlation.js";

/** Values by row; NaN for what is no number. */
export interface NumberColumn {
  name: string;
  values: Float64Array;
}

/** Pearson's correlations of columns, as pandas' `corr`. */
export function correlationsOf(columns: readonly NumberColumn[]): {
  columns: string[];
  matrix: (number | null)[][];
} {
  const { length } = columns;
  const comoments = new Float64Array((COMOMENTS * length * (length + 1)) / 2);
  let at = 0;
  for (const [i, x] of columns.entries())
    for (const y of columns.slice(i)) {
      comoments.set(comomentsOf(x.values, y.values), at);
      at += COMOMENTS;
    }
  return { columns: columns.map(({ name }) => name), matrix: correlationMatrix(length, comoments) };
}

/** Rows that equal an earlier one. Throws InputError (413) when different ones take more than `memory` bytes. */
export function duplicateRows(rows: Iterable<readonly unknown[]>, memory: number): number {
  const counts = new ValueCounts(memory);
  for (const row of rows) counts.add(JSON.stringify(row.map(comparable)));
  return counts.count - counts.unique;
}

/** As Python compares: true is 1. JSON would write an infinity as null. */
function comparable(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" && !Number.isFinite(value) ? [`${value}`] : value;
}
