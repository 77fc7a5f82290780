// Products with a matrix of random numbers that is never whole in memory.
import type { MersenneTwister } from "../random/mt19937.js";

/** Rows of numbers one after the other. */
export interface Rows {
  readonly values: Float64Array;
  /** From a row to the next. */
  readonly width: number;
  /** Where the first one begins. */
  readonly offset: number;
}

export interface DrawnProduct {
  /** Rows of source and target. */
  readonly count: number;
  /** The matrix is inner × outer. */
  readonly inner: number;
  readonly outer: number;
  readonly source: Rows;
  readonly target: Rows;
  /** Hears how many numbers have been drawn and added since the last time. */
  report(work: number): void;
}

/**
 * target += source · M, of a matrix M (inner × outer) from U[−1, 1) that is drawn row by row: each row is used for all
 * rows of the source before the next is drawn. It is drawn also where `count` is 0.
 */
export function addDrawnProduct(generator: MersenneTwister, product: DrawnProduct): void {
  const { count, inner, outer, source, target, report } = product;
  const row = new Float64Array(outer);
  const { values: from } = source;
  const { values: to } = target;
  for (let i = 0; i < inner; i++) {
    for (let j = 0; j < outer; j++) row[j] = 2 * generator.float64() - 1;
    for (let r = 0; r < count; r++) {
      const factor = from[source.offset + r * source.width + i]!;
      const start = target.offset + r * target.width;
      for (let j = 0; j < outer; j++) to[start + j]! += factor * row[j]!;
    }
    report((count + 1) * outer);
  }
}
