// What `level=full` adds of a column of numbers.
import { finite } from "../describe.js";
import { distinctNumbers, sumsOf } from "../kernel/numbers.js";
import type { CentralSums } from "../kernel/sums.js";
import { kurtosisOf, skewOf } from "../moments.js";
import { count, edgesOf, type Histogram } from "./histogram.js";
import { TOP_VALUES } from "./top-values.js";

/** Numbers of a column, without nulls and with them. */
export interface FullNumbers {
  sum: number | null;
  skew: number | null;
  kurtosis: number | null;
  unique: number;
  zeros: number;
  negatives: number;
  /** Null when a number is infinite, or there is none. */
  histogram: Histogram | null;
  topValues: { value: number | null; count: number }[];
}

/** Of the numbers (no NaN) in `pieces`, which are rearranged by nothing. */
export function fullNumbers(pieces: readonly Float64Array[], bins: number): FullNumbers {
  const sums = sumsOf(pieces);
  let zeros = 0;
  let negatives = 0;
  for (const piece of pieces)
    for (const value of piece) {
      if (value === 0) zeros++;
      else if (value < 0) negatives++;
    }
  const { unique, top } = distinctNumbers(pieces, TOP_VALUES);
  return {
    ...momentFigures(sums),
    ...{ unique, zeros, negatives },
    histogram: histogramOf(pieces, sums, bins),
    topValues: top.map(({ value, count }) => ({ value: finite(value), count })),
  };
}

/** Those that follow from sums of powers. */
export function momentFigures(sums: CentralSums): Pick<FullNumbers, "sum" | "skew" | "kurtosis"> {
  return {
    sum: finite(sums.count > 0 ? sums.sum : 0),
    skew: finite(skewOf(sums)),
    kurtosis: finite(kurtosisOf(sums)),
  };
}

function histogramOf(
  pieces: readonly Float64Array[],
  { min, max }: { min: number; max: number },
  bins: number,
): Histogram | null {
  // no numbers: Infinity to -Infinity
  if (!Number.isFinite(max - min)) return null;
  const edges = edgesOf(min, max, bins);
  const counts = new Array<number>(bins).fill(0);
  for (const piece of pieces) count(piece, edges, counts);
  return { counts, edges };
}
