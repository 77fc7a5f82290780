// How a table's bytes are to be read, and why that may fail.
import type { NullValues } from "./null-values.js";

/** How the bytes of a table are to be read. */
export interface Layout {
  /** A byte. */
  delimiter: number;
  /** Fields of a record: shorter ones are padded with nulls, longer ones fail or are skipped. */
  fields: number;
  skipLong: boolean;
  /** The columns to read, by their index in a record, ascending. */
  columns: readonly number[];
  /** Those of them whose values are counted as texts from the start. */
  asTexts: ReadonlySet<number>;
  missing: NullValues;
  /** Some null values are spelled as numbers. */
  numericNulls: boolean;
  /** Numbers that are null in a column with a decimal, however they are spelled. */
  nullNumbers: ReadonlySet<number>;
  /** The bytes must be valid UTF-8. */
  utf8: boolean;
  /** Texts are UTF-8; else a byte is a character. */
  utf8Texts: boolean;
  fieldBytes: number;
  /** Bytes that the collected values may take; beyond, columns go over to sketches. */
  memory: number;
  /** Sketches know what the full level tells. */
  full: boolean;
}

/** Why reading stopped; `offset` is that of a byte in the table. Data, for it may come from a part that read from a wrong place. */
export type ReadFailure =
  | { kind: "fields"; offset: number; fields: number }
  | { kind: "oversize-field" | "oversize-record" | "unclosed" | "utf8" | "memory"; offset: number };

/** Longer records are refused: one record has to be in memory as a whole. */
export const RECORD_BYTES = 256 * 2 ** 20;
