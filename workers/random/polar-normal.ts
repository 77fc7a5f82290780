// Normally distributed numbers from NumPy's legacy generator: `RandomState.standard_normal`.
import type { MersenneTwister } from "./mt19937.js";

/**
 * Marsaglia's polar method (1964): points of the unit disc give two numbers each, of which NumPy hands out the one from
 * the second coordinate first, and keeps the other for the next call, whatever is drawn in between. Numbers equal
 * NumPy's but for the last place, in which `Math.log` and the C library's `log` may differ.
 */
export class PolarNormal {
  readonly #generator: MersenneTwister;
  #kept: number | undefined;

  constructor(generator: MersenneTwister) {
    this.#generator = generator;
  }

  /** The next number, from N(0, 1). */
  next(): number {
    const kept = this.#kept;
    if (kept !== undefined) {
      this.#kept = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * this.#generator.float64() - 1;
      const y = 2 * this.#generator.float64() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#kept = factor * x;
      return factor * y;
    }
  }
}
