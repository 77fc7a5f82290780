// Whole numbers from NumPy's legacy generator: `RandomState.randint`, `shuffle` and `permutation`.
import type { MersenneTwister } from "./mt19937.js";

/** A list of indices. */
export type Indices = Uint32Array<ArrayBuffer>;

/**
 * An integer in [0, most], 0 ≤ most < 2³², each as likely: outputs are masked with the smallest 2^k − 1 that is not
 * below `most`, and drawn again while they are above it. Nothing is drawn for `most` = 0. It is NumPy's
 * `random_interval` as well as its `randint(most + 1)`, which takes 64-bit draws only for more than 2³² numbers.
 */
export function integerUpTo(generator: MersenneTwister, most: number): number {
  if (most === 0) return 0;
  const bits = 32 - Math.clz32(most);
  for (;;) {
    const integer = generator.integerOfBits(bits);
    if (integer <= most) return integer;
  }
}

/** Shuffles in place from the end, as `RandomState.shuffle` does: the numbers drawn depend on the length alone. */
export function shuffle(generator: MersenneTwister, items: Indices): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = integerUpTo(generator, last);
    const item = items[last]!;
    items[last] = items[other]!;
    items[other] = item;
  }
}

/** 0, 1, … length − 1. */
export function range(length: number): Indices {
  const indices = new Uint32Array(length);
  for (let i = 0; i < length; i++) indices[i] = i;
  return indices;
}

/** `RandomState.permutation(length)`, length < 2³². */
export function permutation(generator: MersenneTwister, length: number): Indices {
  const indices = range(length);
  shuffle(generator, indices);
  return indices;
}
