// How often a network is right: over all the pairs that it can be asked, or over a sample of them.
import type { MersenneTwister } from "../random/mt19937.js";
import { type Dimensions, predictor, type Weights } from "./network.js";
import { drawPair } from "./train.js";

/** The most pairs that an accuracy is measured over: min(16,384, 1e9 / (B·H²)), a whole number. */
export function accuracyPairs({ binaryDim, hiddenDim }: Dimensions): number {
  return Math.min(16_384, Math.floor(1e9 / (binaryDim * hiddenDim ** 2)));
}

/**
 * The share of right sums over all pairs a, b < 2^(B−1) when those are at most `accuracyPairs`, else
 * over that many pairs drawn from `generator`.
 */
export function measureAccuracy(weights: Weights, generator: MersenneTwister): number {
  const predict = predictor(weights);
  const most = accuracyPairs(weights);
  const numbers = 2 ** (weights.binaryDim - 1);
  const exhaustive = numbers ** 2 <= most;
  const pairs = exhaustive ? numbers ** 2 : most;
  let right = 0;
  for (let k = 0; k < pairs; k++) {
    const [a, b] = exhaustive
      ? [Math.floor(k / numbers), k % numbers]
      : drawPair(generator, weights.binaryDim);
    if (predict(a, b) === a + b) right++;
  }
  return right / pairs;
}
