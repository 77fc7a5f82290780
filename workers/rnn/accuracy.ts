// How often a network is right: over all the pairs that it can be asked, or over a sample of them.
import type { MersenneTwister } from "../random/mt19937.js";
import { ask } from "./kernel/ask.js";
import type { Dimensions, Weights } from "./network.js";

/** The most pairs that an accuracy is measured over: min(16,384, 1e9 / (B·H²)), a whole number. */
export function accuracyPairs({ binaryDim, hiddenDim }: Dimensions): number {
  return Math.min(16_384, Math.floor(1e9 / (binaryDim * hiddenDim ** 2)));
}

/**
 * The share of right sums over all pairs a, b < 2^(B−1) when those are at most `accuracyPairs`, else
 * over that many pairs drawn from `generator`.
 */
export function measureAccuracy(weights: Weights, generator: MersenneTwister): number {
  const pairs = questions(weights, generator);
  let right = 0;
  let at = 0;
  for (const { sums } of ask(weights, pairs))
    for (const sum of sums) if (sum === pairs[at++]! + pairs[at++]!) right++;
  return right / (pairs.length / 2);
}

/** a and b in turn. */
function questions(dimensions: Dimensions, generator: MersenneTwister): Int32Array {
  const { binaryDim } = dimensions;
  const most = accuracyPairs(dimensions);
  const numbers = 2 ** (binaryDim - 1);
  const all = numbers ** 2;
  if (all <= most)
    return Int32Array.from({ length: 2 * all }, (_, k) =>
      k % 2 === 0 ? Math.floor(k / 2 / numbers) : (k >> 1) % numbers,
    );
  return Int32Array.from({ length: 2 * most }, () => generator.integerOfBits(binaryDim - 1));
}
