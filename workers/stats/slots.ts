// The ranges that a file is divided into, and what has been read of each.
import { typeOfNumbers } from "./column-type.js";
import { type Piece, summary } from "./describe-columns.js";
import { hasNumbers, type Table } from "./table.js";

/**
 * A range of a table's bytes. Its records are those that begin in [from, to): the range is cut anywhere, and
 * where its first record begins is at first a guess, which the end of the range before it proves or refutes.
 */
export interface Slot {
  from: number;
  to: number;
  /** What was read of it; undefined when no record begins in it, as far as is known. */
  table: Table | undefined;
  /** Columns that had to be read again as texts, because they are texts in other ranges. */
  texts: Table | undefined;
}

/** Cuts [start, bytes) into ranges of `partBytes`; the last one has no end. */
export function cutSlots(start: number, bytes: number, partBytes: number): Slot[] {
  const count = Math.max(1, Math.ceil((bytes - start) / partBytes));
  return Array.from({ length: count }, (_, at) => {
    const from = start + at * partBytes;
    const to = at === count - 1 ? Number.POSITIVE_INFINITY : from + partBytes;
    return { from, to, table: undefined, texts: undefined };
  });
}

/**
 * Compares where ranges were read from with where the ones before them ended: `start` is the first record's
 * offset, the first range is right, and one that begins where a right one ended is right. `misread` are
 * the others with the offset to read them from; `failed` is a right one that could not be read.
 */
export function verifySlots(
  slots: readonly Slot[],
  start: number,
): { misread: { slot: number; start: number }[]; failed: Table | undefined } {
  const misread: { slot: number; start: number }[] = [];
  let expected: number | undefined = start;
  for (const [at, slot] of slots.entries()) {
    const { table } = slot;
    if (expected !== undefined && expected >= slot.to) {
      // inside a long record of a range before it: none begins here, whatever was read
      if (misread.length === 0) slot.table = undefined;
      continue;
    }
    if (expected !== undefined && table?.start !== expected) {
      misread.push({ slot: at, start: expected });
      expected = undefined;
    } else if (table?.failure) {
      if (misread.length === 0) return { misread, failed: table };
      expected = undefined;
    } else expected = table?.end;
  }
  return { misread, failed: undefined };
}

/** Where the values of a column are, in the order of the file. `columns` are the selected columns' indices in a record. */
export function piecesOf(slots: readonly Slot[], columns: readonly number[]): (place: number) => Piece[] {
  const again = slots.map(
    ({ texts }) => new Map(Array.from(texts?.columns ?? [], (index, at) => [index, at])),
  );
  return (place) =>
    slots.flatMap(({ table, texts }, slot) => {
      const at = again[slot]!.get(columns[place]!);
      if (at !== undefined) return [{ table: texts!, at }];
      return table ? [{ table, at: place }] : [];
    });
}

/**
 * By slot, the columns whose numbers have to be read again as texts: the column holds a text in another
 * range, or its numerals together are no type of number.
 */
export function textsToRead(slots: readonly Slot[], columns: readonly number[]): Map<number, number[]> {
  const pieces = piecesOf(slots, columns);
  const bySlot = new Map<number, number[]>();
  columns.forEach((index, place) => {
    const found = pieces(place);
    const { kinds, nulls, texts } = summary(found);
    if (!texts && typeOfNumbers(kinds, nulls > 0) !== undefined) return;
    if (!found.some(({ table, at }) => hasNumbers(table, at))) return;
    slots.forEach(({ table, texts }, slot) => {
      if (!table || texts?.columns.includes(index) || !hasNumbers(table, place)) return;
      const wanted = bySlot.get(slot);
      if (wanted) wanted.push(index);
      else bySlot.set(slot, [index]);
    });
  });
  return bySlot;
}

/** Rows of all ranges together, and records left out. */
export function rowsOf(slots: readonly Slot[]): { rows: number; skipped: number } {
  let rows = 0;
  let skipped = 0;
  for (const { table } of slots) {
    rows += table?.rows ?? 0;
    skipped += table?.skipped ?? 0;
  }
  return { rows, skipped };
}
