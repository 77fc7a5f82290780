// What was read of a table, packed into buffers that move from thread to thread.
import type { Approximate, TableReader } from "./kernel/table-reader.js";
import { Mode } from "./parse/column-values.js";

/** Some columns of consecutive records. Arrays are by the columns' places in `columns`. */
export interface Table {
  /** Which of `groupsOf` they are of. */
  group: number;
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
  /** How many distinct texts each has. */
  distinct: Float64Array;
  /** Columns' distinct texts, as the kernel's entries; column k's are at [textOffsets[k], textOffsets[k + 1]). */
  texts: Uint8Array;
  textOffsets: Float64Array;
  /** The entries of columns of many texts, by place: apart, so that several threads can have them, by hash. */
  many: Record<number, Uint8Array[]>;
  /** Columns that went over to sketches, by place: they have no other values. */
  approximate: Record<number, Approximate>;
}

/** A column's place in one of the tables that hold it, in the order of the file. */
export interface Piece {
  table: Table;
  at: number;
}

/** Columns whose distinct texts are at least so many are divided by their hashes. */
const MANY_TEXTS = 16_384;
/** Bits of the hash that tell a share. */
export const SHARE_BITS = 3;
/** Into as many groups at most columns are divided: what is in a group moves together. */
const MOST_GROUPS = 32;

/** Columns that are packed together, by their places. */
export function groupsOf(columns: number): number[][] {
  const size = Math.ceil(columns / MOST_GROUPS);
  return Array.from({ length: Math.ceil(columns / Math.max(1, size)) }, (_, group) =>
    Array.from({ length: Math.min(size, columns - group * size) }, (_, at) => group * size + at),
  );
}

/** Running totals of `sizes`, from 0. */
function offsetsOf(sizes: readonly number[]): Float64Array {
  const offsets = new Float64Array(sizes.length + 1);
  for (const [at, size] of sizes.entries()) offsets[at + 1] = offsets[at]! + size;
  return offsets;
}

function lengthOf(pieces: Iterable<{ length: number }>): number {
  let sum = 0;
  for (const { length } of pieces) sum += length;
  return sum;
}

/** Packs what `reader` collected of the columns at `places`, which are those of a record that `indices` names. */
export function packTable(
  reader: TableReader,
  indices: readonly number[],
  places: readonly number[],
  group: number,
): Table {
  const approximate = places.map((place) => reader.approximateAt(place));
  // the texts of a sketch are in it
  const distinct = Float64Array.from(places, (place, at) =>
    approximate[at]?.texts ? 0 : reader.distinctAt(place),
  );
  const isMany = (at: number) => distinct[at]! >= MANY_TEXTS;
  const valueOffsets = offsetsOf(places.map((place) => lengthOf(reader.numbersAt(place))));
  const textOffsets = offsetsOf(
    places.map((place, at) => (isMany(at) || distinct[at] === 0 ? 0 : lengthOf(reader.entriesAt(place)))),
  );
  const table: Table = {
    group,
    columns: Uint32Array.from(places, (place) => indices[place]!),
    nulls: Float64Array.from(places, (place) => reader.nullsAt(place)),
    modes: Uint8Array.from(places, (place) => reader.modeAt(place)),
    kinds: Uint8Array.from(places, (place) => reader.kindsAt(place)),
    values: new Float64Array(valueOffsets[places.length]!),
    valueOffsets,
    distinct,
    texts: new Uint8Array(textOffsets[places.length]!),
    textOffsets,
    many: {},
    approximate: {},
  };
  places.forEach((place, at) => {
    if (approximate[at]) table.approximate[at] = approximate[at];
    fill(table.values.subarray(valueOffsets[at]), reader.numbersAt(place));
    if (isMany(at))
      table.many[at] = reader.splitAt(place, SHARE_BITS).map((entries) => {
        const pieces = [...entries];
        const bytes = new Uint8Array(lengthOf(pieces));
        fill(bytes, pieces);
        return bytes;
      });
    else if (distinct[at]! > 0) fill(table.texts.subarray(textOffsets[at]), reader.entriesAt(place));
  });
  return table;
}

function fill<T extends Float64Array | Uint8Array>(target: T, pieces: Iterable<T>): void {
  let at = 0;
  for (const piece of pieces) {
    target.set(piece, at);
    at += piece.length;
  }
}

/** The numbers of the column at place `at`. */
export function numbersAt(table: Table, at: number): Float64Array {
  return table.values.subarray(table.valueOffsets[at]!, table.valueOffsets[at + 1]!);
}

/** The entries of the column's distinct texts; those of one share, as far as they are divided. */
export function entriesAt(table: Table, at: number, part?: number): Uint8Array[] {
  const many = table.many[at];
  if (!many) return [table.texts.subarray(table.textOffsets[at]!, table.textOffsets[at + 1]!)];
  return part === undefined ? many : [many[part]!];
}

/** Whether the column at place `at` holds numbers, and at least one. */
export function hasNumbers(table: Table, at: number): boolean {
  if (table.modes[at] !== Mode.numbers) return false;
  return (
    table.approximate[at]?.numbers !== undefined || table.valueOffsets[at + 1]! > table.valueOffsets[at]!
  );
}
