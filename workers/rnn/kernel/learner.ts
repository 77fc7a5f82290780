// Learning in the fast path: many examples at a time. The other learner.ts is the reference.
import type { Dimensions, Weights } from "../network.js";
import { type Kernel, ownKernel } from "./kernel.js";

/** An example in the module's memory: a and b (int32), the error (float64), the predicted sum (int32), nothing. */
const ENTRY_BYTES = 24;

/** Learns in the thread's one kernel: meanwhile nothing else may load a network there. `weights` stay as they are. */
export class KernelLearner {
  readonly #kernel: Kernel;
  readonly #dimensions: Dimensions;
  readonly #alpha: number;
  readonly #at: number;
  readonly #integers: Int32Array;
  readonly #floats: Float64Array;

  /** `most`: examples at a time. */
  constructor(weights: Weights, alpha: number, most: number) {
    this.#alpha = alpha;
    this.#dimensions = weights;
    this.#kernel = ownKernel();
    this.#kernel.load(weights, most * ENTRY_BYTES);
    this.#kernel.unbind();
    this.#kernel.exports.prepareLearning();
    const { at, integers, floats } = this.#kernel.exchange(most * ENTRY_BYTES);
    this.#at = at;
    this.#integers = integers;
    this.#floats = floats;
  }

  /** Puts a + b in the place `k` of what is learned next. */
  show(k: number, a: number, b: number): void {
    this.#integers[6 * k] = a;
    this.#integers[6 * k + 1] = b;
  }

  /** Learns `count` examples, one after the other. How many, until a weight was no finite number any more. */
  learn(count: number): number {
    return this.#kernel.exports.learn(this.#at, count, this.#alpha);
  }

  /** What was shown in the place `k`, how it was answered before it was learned, and Σ |y_t − o_t| of that. */
  example(k: number): { a: number; b: number; predicted: number; error: number } {
    const at = 6 * k;
    return {
      a: this.#integers[at]!,
      b: this.#integers[at + 1]!,
      predicted: this.#integers[at + 4]!,
      error: this.#floats[3 * k + 1]!,
    };
  }

  /** The network as it is now. */
  weights(): Weights {
    return this.#kernel.read(this.#dimensions);
  }
}
