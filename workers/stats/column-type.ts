// The type of a whole column of numbers, as pandas decides it.
import { HUGE_FIRST } from "./parse/column-values.js";
import { Numeral } from "./parse/parse-number.js";

export type NumberType = "int64" | "uint64" | "float64";

/** The kinds of a column of which a later part follows an earlier one. */
export function joinKinds(earlier: number, later: number): number {
  return earlier | (earlier & Numeral.decimal ? later & ~HUGE_FIRST : later);
}

/**
 * `kinds`: what numerals there are, bits of `Numeral` and HUGE_FIRST; undefined for a column that is
 * `object` although all its values are numerals. As pandas, which tries integers, then doubles: an integer
 * from 2^64 on stops it, unless a decimal came before and made the column one of doubles.
 */
export function typeOfNumbers(kinds: number, hasNulls: boolean): NumberType | undefined {
  if (kinds & HUGE_FIRST) return undefined;
  if (kinds & Numeral.decimal) return "float64";
  if (kinds & Numeral.low) return undefined;
  if (hasNulls || kinds === Numeral.none) return "float64";
  if (kinds & Numeral.unsigned) return kinds & Numeral.negative ? undefined : "uint64";
  return "int64";
}
