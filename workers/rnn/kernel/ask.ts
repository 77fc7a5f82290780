// Asking in the fast path: many pairs at a time. `forward` of ../network.ts is the reference.
import type { Dimensions, Weights } from "../network.js";
import { ownKernel } from "./kernel.js";

/** Multiplications in one go: a few milliseconds. */
const WORK = 5e6;
/** Pairs in one go at most: no more time is saved by more. */
const MOST = 1024;
/** a, b and their sum: int32 each. */
const PAIR_BYTES = 12;
/** Of the JSON of an addition, a comma before it included. */
const TEXT_BYTES = 192;

/** Some answers, valid until the next are asked for. */
export interface Answers {
  /** How many there are, with those before. */
  readonly done: number;
  /** What the network takes the sums for: integers of B bits. */
  readonly sums: Int32Array;
  /** The additions as JSON, with a comma before each but the very first, and how many of them are right. */
  toJson(): { text: Uint8Array; right: number };
}

function pairsAtOnce({ binaryDim, hiddenDim }: Dimensions): number {
  const pairs = WORK / (binaryDim * (hiddenDim + 16) * hiddenDim);
  return 4 * Math.ceil(Math.min(pairs, MOST) / 4);
}

/** Asks a network for the sums of `pairs`: a and b in turn, integers ≥ 0 with a + b < 2^B. */
export function* ask(weights: Weights, pairs: Int32Array): Generator<Answers, void, void> {
  const kernel = ownKernel();
  const { exports } = kernel;
  const most = pairsAtOnce(weights);
  const room = most * (PAIR_BYTES + TEXT_BYTES);
  const total = pairs.length / 2;
  for (let from = 0; from < total; from += most) {
    const count = Math.min(most, total - from);
    kernel.load(weights, room); // others may have asked for something else meanwhile
    const { at, integers, bytes } = kernel.exchange(room);
    const [sums, text] = [at + 8 * most, at + PAIR_BYTES * most];
    integers.set(pairs.subarray(2 * from, 2 * (from + count)));
    exports.ask(at, sums, (count + 3) & ~3);
    yield {
      done: from + count,
      sums: integers.subarray(2 * most, 2 * most + count),
      toJson() {
        const length = exports.writeAdditions(at, sums, count, from === 0, text);
        return { text: bytes.subarray(text - at, text - at + length), right: exports.right.value };
      },
    };
  }
}
