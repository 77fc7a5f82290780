// What was read of a table, packed into shared memory: threads hand it on without copying.
import { type ColumnValues, Mode } from "./parse/column-values.js";
import type { ReadFailure } from "./parse/table-reader.js";

/** Columns of consecutive records. Arrays are by the columns' places in `columns`, in shared memory. */
export interface Table {
  /** Offset of the first record, and of the first one after the last. */
  start: number;
  end: number;
  rows: number;
  skipped: number;
  /** Why reading stopped at `end`; then there are no columns. */
  failure: ReadFailure | undefined;
  /** The columns' indices in a record. */
  columns: Uint32Array;
  nulls: Float64Array;
  /** `Mode` of each. */
  modes: Uint8Array;
  /** Bits of `Numeral` and HUGE_FIRST. */
  kinds: Uint8Array;
  /** All columns' numbers, one column after the other; column k's are at [valueOffsets[k], valueOffsets[k + 1]). */
  values: Float64Array;
  valueOffsets: Float64Array;
  /** All columns' distinct texts in the order of first sight; column k's begin at entry textOffsets[k] and at byte byteOffsets[k]. */
  texts: Uint8Array;
  textLengths: Uint32Array;
  textCounts: Float64Array;
  textOffsets: Float64Array;
  byteOffsets: Float64Array;
}

/** One column's distinct texts, from one table. */
export interface PackedTexts {
  bytes: Uint8Array;
  lengths: Uint32Array;
  counts: Float64Array;
}

const shared = {
  doubles: (length: number) => new Float64Array(new SharedArrayBuffer(8 * length)),
  integers: (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length)),
  bytes: (length: number) => new Uint8Array(new SharedArrayBuffer(length)),
};

/** Running totals of `sizes`, from 0, in shared memory. */
function offsetsOf(sizes: number[]): Float64Array {
  const offsets = shared.doubles(sizes.length + 1);
  sizes.forEach((size, at) => {
    offsets[at + 1] = offsets[at]! + size;
  });
  return offsets;
}

/** Packs what `columns` collected; they are the columns of a record that `indices` names. */
export function packTable(
  head: Pick<Table, "start" | "end" | "rows" | "skipped" | "failure">,
  indices: readonly number[],
  columns: readonly ColumnValues[],
): Table {
  const count = columns.length;
  const valueOffsets = offsetsOf(columns.map((column) => column.length));
  const textOffsets = offsetsOf(columns.map((column) => column.texts?.size ?? 0));
  const byteOffsets = offsetsOf(columns.map((column) => column.texts?.textBytes ?? 0));
  const table: Table = {
    ...head,
    columns: shared.integers(count),
    nulls: shared.doubles(count),
    modes: shared.bytes(count),
    kinds: shared.bytes(count),
    values: shared.doubles(valueOffsets[count]!),
    valueOffsets,
    texts: shared.bytes(byteOffsets[count]!),
    textLengths: shared.integers(textOffsets[count]!),
    textCounts: shared.doubles(textOffsets[count]!),
    textOffsets,
    byteOffsets,
  };
  table.columns.set(indices);
  columns.forEach((column, at) => {
    table.nulls[at] = column.nulls;
    table.modes[at] = column.mode;
    table.kinds[at] = column.kinds;
    table.values.set(column.values.subarray(0, column.length), valueOffsets[at]!);
    const { texts } = column;
    if (!texts) return;
    table.texts.set(texts.bytes.subarray(0, texts.textBytes), byteOffsets[at]!);
    table.textLengths.set(texts.lengths.subarray(0, texts.size), textOffsets[at]!);
    table.textCounts.set(texts.counts.subarray(0, texts.size), textOffsets[at]!);
  });
  return table;
}

/** The numbers of the column at place `at`. */
export function numbersAt(table: Table, at: number): Float64Array {
  return table.values.subarray(table.valueOffsets[at]!, table.valueOffsets[at + 1]!);
}

/** The distinct texts of the column at place `at`. */
export function textsAt(table: Table, at: number): PackedTexts {
  const from = table.textOffsets[at]!;
  const to = table.textOffsets[at + 1]!;
  return {
    bytes: table.texts.subarray(table.byteOffsets[at]!, table.byteOffsets[at + 1]!),
    lengths: table.textLengths.subarray(from, to),
    counts: table.textCounts.subarray(from, to),
  };
}

/** Whether the column at place `at` holds numbers, and at least one. */
export function hasNumbers(table: Table, at: number): boolean {
  return table.modes[at] === Mode.numbers && table.valueOffsets[at + 1]! > table.valueOffsets[at]!;
}

/** Bytes of memory that a table takes. */
export function bytesOf(table: Table): number {
  const { values, texts, textLengths, textCounts } = table;
  return values.byteLength + texts.byteLength + textLengths.byteLength + textCounts.byteLength;
}
