// The addition network: its weights, and its forward pass over the bits of two numbers.
//
// Anyone Can Learn To Code an LSTM-RNN in Python (Part 1: RNN), iamtrask, 2015. B is `binaryDim`, H is
// `hiddenDim`; matrices are float64, row by row. Step t = 0 … B − 1 reads bit t, the lowest first.
import type { MersenneTwister } from "../random/mt19937.js";

/** B: sums stay below 2^B. H: hidden units. 2 ≤ B ≤ 31, so that every sum is a positive int32. */
export interface Dimensions {
  readonly binaryDim: number;
  readonly hiddenDim: number;
}

/** A network: what training changes, and all that adding needs. */
export interface Weights extends Dimensions {
  /** Input to hidden, 2×H: the row of a's bit, then the row of b's. */
  readonly synapse0: Float64Array;
  /** Hidden to output, H×1. */
  readonly synapse1: Float64Array;
  /** Hidden to hidden of the next step, H×H. */
  readonly synapseH: Float64Array;
}

/** What one forward pass leaves behind: the backward pass needs it. */
export interface Activations {
  /** (B+1)×H: row 0 is h₋₁ = 0, row t + 1 is h_t. */
  readonly hidden: Float64Array;
  /** B: o_t. */
  readonly output: Float64Array;
}

/** All weights 0. */
export function zeroWeights({ binaryDim, hiddenDim }: Dimensions): Weights {
  return {
    binaryDim,
    hiddenDim,
    synapse0: new Float64Array(2 * hiddenDim),
    synapse1: new Float64Array(hiddenDim),
    synapseH: new Float64Array(hiddenDim * hiddenDim),
  };
}

/** Weights uniform in [−1, 1), drawn in the order synapse0, synapse1, synapseH. */
export function drawWeights(generator: MersenneTwister, dimensions: Dimensions): Weights {
  const weights = zeroWeights(dimensions);
  for (const synapse of [weights.synapse0, weights.synapse1, weights.synapseH])
    for (let k = 0; k < synapse.length; k++) synapse[k] = 2 * generator.float64() - 1;
  return weights;
}

/** Room for one forward pass. */
export function createActivations({ binaryDim, hiddenDim }: Dimensions): Activations {
  return {
    hidden: new Float64Array((binaryDim + 1) * hiddenDim),
    output: new Float64Array(binaryDim),
  };
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/**
 * The sum of a and b as the network sees it: bit t of the answer is 1 when o_t > 0.5. Fills
 * `activations`. Integers a, b ≥ 0 with a + b < 2^B.
 */
export function forward(weights: Weights, a: number, b: number, activations: Activations): number {
  const { binaryDim: B, hiddenDim: H, synapse0, synapse1, synapseH } = weights;
  const { hidden, output } = activations;
  let predicted = 0;
  for (let t = 0; t < B; t++) {
    const before = t * H; // h_{t−1}
    const here = before + H; // h_t
    const aBit = (a >>> t) & 1;
    const bBit = (b >>> t) & 1;

    // h_t = σ(x·synapse0 + h_{t−1}·synapseH), row by row of synapseH
    for (let j = 0; j < H; j++) hidden[here + j] = aBit * synapse0[j]! + bBit * synapse0[H + j]!;
    for (let i = 0; i < H; i++) {
      const h = hidden[before + i]!;
      const row = i * H;
      for (let j = 0; j < H; j++) hidden[here + j]! += h * synapseH[row + j]!;
    }

    // o_t = σ(h_t·synapse1)
    let z = 0;
    for (let j = 0; j < H; j++) {
      const h = sigmoid(hidden[here + j]!);
      hidden[here + j] = h;
      z += h * synapse1[j]!;
    }
    output[t] = sigmoid(z);
    if (output[t]! > 0.5) predicted |= 1 << t;
  }
  return predicted;
}

/** The network as a function of a and b, with one set of activations for all its calls. */
export function predictor(weights: Weights): (a: number, b: number) => number {
  const activations = createActivations(weights);
  return (a, b) => forward(weights, a, b, activations);
}
