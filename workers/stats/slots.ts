// The ranges that a file is divided into, and what has been read of each.
import { typeOfNumbers } from "./column-type.js";
import { summary } from "./describe-columns.js";
import type { ReadFailure } from "./parse/layout.js";
import { hasNumbers, type Piece, type Table } from "./table.js";

/** What is known of consecutive records beside their values. */
export interface ReadRange {
  /** Offset of the first record, and of the first one after the last. */
  start: number;
  end: number;
  rows: number;
  skipped: number;
  /** Why reading stopped at `end`; then there are no values. */
  failure: ReadFailure | undefined;
}

/**
 * A range of a table's bytes. Its records are those that begin in [from, to): the range is cut anywhere, and
 * where its first record begins is at first a guess, which the end of the range before it proves or refutes.
 */
export interface Slot {
  from: number;
  to: number;
  /** What was read of it; undefined when no record begins in it, as far as is known. */
  read: ReadRange | undefined;
  /** Its values, by groups of columns. */
  tables: Table[];
  /** Columns that had to be read again as texts: a text came after numbers, here or in another range. */
  texts: Table[];
}

/** Cuts [start, bytes) into ranges of `partBytes`; the last one has no end. */
export function cutSlots(start: number, bytes: number, partBytes: number): Slot[] {
  const count = Math.max(1, Math.ceil((bytes - start) / partBytes));
  return Array.from({ length: count }, (_, at) => {
    const from = start + at * partBytes;
    const to = at === count - 1 ? Number.POSITIVE_INFINITY : from + partBytes;
    return { from, to, read: undefined, tables: [], texts: [] };
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
): { misread: { slot: number; start: number }[]; failed: ReadFailure | undefined } {
  const misread: { slot: number; start: number }[] = [];
  let expected: number | undefined = start;
  for (const [at, slot] of slots.entries()) {
    const { read } = slot;
    if (expected !== undefined && expected >= slot.to) {
      // inside a long record of a range before it: none begins here, whatever was read
      if (misread.length === 0) Object.assign(slot, { read: undefined, tables: [], texts: [] });
      continue;
    }
    if (expected !== undefined && read?.start !== expected) {
      misread.push({ slot: at, start: expected });
      expected = undefined;
    } else if (read?.failure) {
      if (misread.length === 0) return { misread, failed: read.failure };
      expected = undefined;
    } else expected = read?.end;
  }
  return { misread, failed: undefined };
}

/** Where the values of a column are, in the order of the file. `columns` are the selected columns' indices in a record. */
export function piecesOf(
  slots: readonly Pick<Slot, "tables" | "texts">[],
  columns: readonly number[],
): (place: number) => Piece[] {
  const places = new Map(columns.map((index, place) => [index, place]));
  const bySlot = slots.map(({ tables, texts }) => {
    const pieces = new Array<Piece | undefined>(columns.length);
    // those read again replace the others
    for (const table of [...tables, ...texts])
      for (const [at, index] of table.columns.entries()) pieces[places.get(index)!] = { table, at };
    return pieces;
  });
  return (place) => bySlot.flatMap((pieces) => pieces[place] ?? []);
}

/**
 * By slot, the columns whose numbers have to be read again as texts: the column holds a text in another
 * range, or its numerals together are no type of number.
 */
export function textsToRead(slots: readonly Slot[], columns: readonly number[]): Map<number, number[]> {
  const bySlot = new Map<number, number[]>();
  const pieces = piecesOf(slots, columns);
  const single = slots.map((slot) => piecesOf([slot], columns));
  columns.forEach((index, place) => {
    const { kinds, nulls, texts } = summary(pieces(place));
    if (!texts && typeOfNumbers(kinds, nulls > 0) !== undefined) return;
    single.forEach((pieceOf, slot) => {
      const [piece] = pieceOf(place);
      if (!piece || !hasNumbers(piece.table, piece.at)) return;
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
  for (const { read } of slots) {
    rows += read?.rows ?? 0;
    skipped += read?.skipped ?? 0;
  }
  return { rows, skipped };
}
