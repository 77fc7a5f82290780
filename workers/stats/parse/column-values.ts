// Collects one column's fields while a file is read: its numbers as doubles, or its texts with their counts.
import type { NullValues } from "./null-values.js";
import { Numeral, parsed, parseNumber } from "./parse-number.js";
import { enlarged, TextCounts } from "./text-counts.js";

/** A bit beside those of `Numeral`: an integer from 2^64 on came before any decimal. */
export const HUGE_FIRST = 64;

export const Mode = {
  /** Every value so far is a number. */
  numbers: 0,
  /** Values are counted as texts. */
  texts: 1,
  /** A text came after numbers, whose spelling is gone: the column must be read again as texts. */
  mixed: 2,
} as const;

const NONE = new Float64Array(0);

export class ColumnValues {
  mode: number;
  /** Fields that are null. */
  nulls = 0;
  /** What kinds of numerals there were: bits of `Numeral` and HUGE_FIRST. */
  kinds = 0;
  /** The first `length` are the column's numbers. */
  values: Float64Array = NONE;
  length = 0;
  texts: TextCounts | undefined;
  private readonly missing: NullValues;
  private readonly numericNulls: boolean;

  /** `numericNulls`: some null values are spelled as numbers. */
  constructor(asTexts: boolean, missing: NullValues, numericNulls: boolean) {
    this.mode = asTexts ? Mode.texts : Mode.numbers;
    if (asTexts) this.texts = new TextCounts();
    this.missing = missing;
    this.numericNulls = numericNulls;
  }

  get memory(): number {
    return this.values.byteLength + (this.texts?.memory ?? 0);
  }

  /** Takes the field in [from, to) of `bytes`. */
  append(bytes: Uint8Array, from: number, to: number): void {
    if (this.mode !== Mode.numbers) {
      if (this.missing.has(bytes, from, to)) this.nulls++;
      else if (this.mode === Mode.texts) this.texts!.add(bytes, from, to);
      return;
    }
    const kind = from === to ? Numeral.none : parseNumber(bytes, from, to);
    if (kind === Numeral.none || this.numericNulls) {
      if (this.missing.has(bytes, from, to)) {
        this.nulls++;
        return;
      }
      if (kind === Numeral.none) {
        this.meetText(bytes, from, to);
        return;
      }
    }
    if (kind & Numeral.huge && !(this.kinds & Numeral.decimal)) this.kinds |= HUGE_FIRST;
    this.kinds |= kind;
    if (this.length === this.values.length)
      this.values = enlarged(this.values, Math.max(64, this.length * 2));
    this.values[this.length++] = parsed[0]!;
  }

  /** The first text of a column that was numbers so far. */
  private meetText(bytes: Uint8Array, from: number, to: number): void {
    if (this.length > 0) {
      this.mode = Mode.mixed;
      this.values = NONE;
      this.length = 0;
      return;
    }
    this.mode = Mode.texts;
    this.texts = new TextCounts();
    this.texts.add(bytes, from, to);
  }
}
