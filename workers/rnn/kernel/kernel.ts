// The fast path: the WebAssembly module made of assembly/, one in a thread, and the network that it holds.
import { readFileSync } from "node:fs";
import { type Dimensions, type Weights, zeroWeights } from "../network.js";

/** Of a byte in the module's memory. */
type Address = number;

/** What the module exports; assembly/ says what each does. */
interface Exports {
  memory: WebAssembly.Memory;
  open(binaryDim: number, hiddenDim: number, bytes: number): void;
  fillTable(): void;
  prepareLearning(): void;
  learn(entries: Address, count: number, alpha: number): number;
  ask(pairs: Address, sums: Address, count: number): void;
  writeAdditions(pairs: Address, sums: Address, count: number, isFirst: boolean, text: Address): number;
  right: WebAssembly.Global;
  /** Bytes. */
  stride: WebAssembly.Global;
  synapse0: WebAssembly.Global;
  synapse1: WebAssembly.Global;
  synapseH: WebAssembly.Global;
  exchange: WebAssembly.Global;
}

/** One module's memory holds one network at a time. */
export class Kernel {
  readonly exports: Exports;
  /** What its memory holds, unless it has been changed there. */
  #loaded: Weights | undefined;
  #room = 0;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(new URL("kernel.wasm", import.meta.url)));
    this.exports = new WebAssembly.Instance(module, { host: { exp: Math.exp } })
      .exports as unknown as Exports;
    this.exports.fillTable();
  }

  /** Takes a network into its memory, if it is not there, with room for `bytes` of questions and answers. */
  load(weights: Weights, bytes: number): void {
    if (weights === this.#loaded && bytes <= this.#room) return;
    this.#loaded = undefined; // should there be no memory for it, what is there is nobody's
    this.exports.open(weights.binaryDim, weights.hiddenDim, bytes);
    for (const [inside, outside] of this.#rows(weights)) inside.set(outside);
    this.#loaded = weights;
    this.#room = bytes;
  }

  /** A copy of the network in its memory, which may have learned since it was loaded. */
  read(dimensions: Dimensions): Weights {
    const weights = zeroWeights(dimensions);
    for (const [inside, outside] of this.#rows(weights)) outside.set(inside);
    return weights;
  }

  /** The network in its memory is about to become another than the one that was loaded. */
  unbind(): void {
    this.#loaded = undefined;
  }

  /** The place of questions and answers, in three views. Valid until another network is loaded. */
  exchange(length: number): { at: Address; bytes: Uint8Array; integers: Int32Array; floats: Float64Array } {
    const at = this.exports.exchange.value;
    const { buffer } = this.exports.memory;
    return {
      at,
      bytes: new Uint8Array(buffer, at, length),
      integers: new Int32Array(buffer, at, length >> 2),
      floats: new Float64Array(buffer, at, length >> 3),
    };
  }

  /** The rows of the matrices, in the module's memory and outside of it. */
  *#rows({ hiddenDim: H, synapse0, synapse1, synapseH }: Weights): Iterable<[Float64Array, Float64Array]> {
    const { stride, memory, ...at } = this.exports;
    const row = (matrix: WebAssembly.Global, index: number) =>
      new Float64Array(memory.buffer, matrix.value + index * stride.value, H);
    yield [row(at.synapse0, 1), synapse0.subarray(0, H)];
    yield [row(at.synapse0, 2), synapse0.subarray(H)];
    yield [row(at.synapse1, 0), synapse1];
    for (let i = 0; i < H; i++) yield [row(at.synapseH, i), synapseH.subarray(i * H, (i + 1) * H)];
  }
}

let own: Kernel | undefined;

/** The thread's own, made when it is first needed: the event loop knows the job types, too, and asks no network. */
export function ownKernel(): Kernel {
  own ??= new Kernel();
  return own;
}
