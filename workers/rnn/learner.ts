// One step of learning: forward, back through time, and the weights moved along the gradient.
import { type Activations, createActivations, forward, type Weights, zeroWeights } from "./network.js";

/** Changes `weights` in place, one example at a time. */
export class Learner {
  /** Σ |y_t − o_t| of the latest example, before its update. */
  error = 0;
  /** Whether every weight still is a finite number. */
  finite = true;

  readonly #weights: Weights;
  readonly #alpha: number;
  readonly #activations: Activations;
  /** What the steps of one example add up to, in the shapes of the weights. */
  readonly #updates: Weights;
  /** H each: δ_t and δ_{t+1}. */
  #delta: Float64Array;
  #nextDelta: Float64Array;

  constructor(weights: Weights, alpha: number) {
    this.#weights = weights;
    this.#alpha = alpha;
    this.#activations = createActivations(weights);
    this.#updates = zeroWeights(weights);
    this.#delta = new Float64Array(weights.hiddenDim);
    this.#nextDelta = new Float64Array(weights.hiddenDim);
  }

  /** Shows the network a + b once. Returns the sum that it predicted beforehand. */
  learn(a: number, b: number): number {
    const predicted = forward(this.#weights, a, b, this.#activations);
    const sum = a + b;
    this.error = this.#measure(sum);
    this.#nextDelta.fill(0);
    for (let t = this.#weights.binaryDim - 1; t >= 0; t--) this.#stepBack(t, a, b, sum);
    this.#update();
    return predicted;
  }

  #measure(sum: number): number {
    let error = 0;
    this.#activations.output.forEach((o, t) => {
      error += Math.abs(((sum >>> t) & 1) - o);
    });
    return error;
  }

  /** Adds step t's share to the updates, and leaves δ_t where the step before it finds it. */
  #stepBack(t: number, a: number, b: number, sum: number): void {
    const { hiddenDim: H, synapse1, synapseH } = this.#weights;
    const { hidden, output } = this.#activations;
    const updates = this.#updates;
    const delta = this.#delta;
    const nextDelta = this.#nextDelta;
    const before = t * H; // h_{t−1}
    const here = before + H; // h_t
    const o = output[t]!;
    const outputDelta = (((sum >>> t) & 1) - o) * o * (1 - o);

    // δ_t = (δ_{t+1}·synapseHᵀ + outputDelta·synapse1ᵀ) ⊙ h_t ⊙ (1 − h_t)
    for (let i = 0; i < H; i++) {
      const row = i * H;
      let slope = 0;
      for (let j = 0; j < H; j++) slope += nextDelta[j]! * synapseH[row + j]!;
      const h = hidden[here + i]!;
      delta[i] = (slope + outputDelta * synapse1[i]!) * h * (1 - h);
      updates.synapse1[i]! += h * outputDelta; // h_tᵀ·outputDelta
    }

    // h_{t−1}ᵀ·δ_t
    const synapseHUpdate = updates.synapseH;
    for (let i = 0; i < H; i++) {
      const row = i * H;
      const h = hidden[before + i]!;
      for (let j = 0; j < H; j++) synapseHUpdate[row + j]! += h * delta[j]!;
    }

    // xᵀ·δ_t, x being (bit t of a, bit t of b)
    const aBit = (a >>> t) & 1;
    const bBit = (b >>> t) & 1;
    for (let j = 0; j < H; j++) {
      updates.synapse0[j]! += aBit * delta[j]!;
      updates.synapse0[H + j]! += bBit * delta[j]!;
    }

    this.#delta = nextDelta;
    this.#nextDelta = delta;
  }

  #update(): void {
    const { synapse0, synapse1, synapseH } = this.#weights;
    const defect =
      addUpdate(synapse0, this.#updates.synapse0, this.#alpha) +
      addUpdate(synapse1, this.#updates.synapse1, this.#alpha) +
      addUpdate(synapseH, this.#updates.synapseH, this.#alpha);
    this.finite = defect === 0;
  }
}

/** synapse += alpha × update; update = 0. Returns 0 when every new weight is finite, else NaN. */
function addUpdate(synapse: Float64Array, update: Float64Array, alpha: number): number {
  let defect = 0;
  for (let k = 0; k < synapse.length; k++) {
    const weight = synapse[k]! + alpha * update[k]!;
    synapse[k] = weight;
    update[k] = 0;
    defect += weight - weight; // 0 for every finite weight, NaN for ±∞ and NaN
  }
  return defect;
}
