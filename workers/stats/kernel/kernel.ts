// The fast path: the WebAssembly module made of assembly/, loaded once in a thread.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parsed, parseNumber } from "../parse/parse-number.js";
import { powersOfTen } from "./powers-of-ten.js";

/** Of a byte in the module's memory; a block's is never 0. Above 2^31 it comes as a negative number: `>>> 0`. */
export type Address = number;

/** What the module exports; assembly/ says what each does. */
export interface Exports {
  memory: WebAssembly.Memory;
  reset(): void;
  taken: WebAssembly.Global;
  take(bytes: number): Address;
  release(block: Address, bytes: number): void;
  powersAddress(): Address;
  setSeed(seed: bigint): void;
  setChance(chance: number): void;

  openColumns(count: number): Address;
  setNulls(list: Address, empty: boolean, numeric: boolean, keep: boolean): void;
  columnAt(columns: Address, at: number): Address;
  beginTexts(column: Address): void;
  setMode(column: Address, mode: number): void;
  dropNumbers(column: Address): void;
  modeOf(column: Address): number;
  kindsOf(column: Address): number;
  nullsOf(column: Address): number;
  numbersOf(column: Address): Address;
  numbersAfter(block: Address): Address;
  numbersBegin(block: Address): Address;
  numbersEnd(column: Address, block: Address): Address;

  textsOf(column: Address): Address;
  newTexts(): Address;
  firstBlockOf(texts: Address): Address;
  blockAfter(block: Address): Address;
  blockBegin(block: Address): Address;
  blockEnd(block: Address): Address;
  distinctTexts(texts: Address): number;
  textBytes(texts: Address): number;
  addEntries(texts: Address, from: Address, to: Address, base: number, part: number, bits: number): Address;
  addDoubles(texts: Address, from: Address, count: number, base: number, part: number, bits: number): void;
  splitTexts(texts: Address, bits: number): Address;
  tableAt(tables: Address, at: number): Address;

  openRegisters(): Address;
  addToRegisters(registers: Address, texts: Address): void;
  lossOf(texts: Address, most: number, bytes: number): number;
  lowerTexts(texts: Address, loss: number): number;

  openFigures(about: number, powers: number, brackets: number): Address;
  addBracket(figures: Address, low: number, high: number, room: number): Address;
  addNumbers(figures: Address, from: Address, count: number): void;
  inBracket(bracket: Address, rank: number): number;
  selectAll(values: Address, from: number, to: number, ranks: Address, count: number, targets: Address): void;
  sortNumbers(values: Address, count: number): void;

  hashFields(hashes: Address, fields: Address, count: number, areNumbers: boolean): void;
  newHashSet(): Address;
  addHashes(hashes: Address, from: Address, count: number): void;
  distinctHashes(hashes: Address): number;
  addComoments(target: Address, xs: Address, ys: Address, count: number): void;

  openRecords(
    columns: Address,
    fields: number,
    delimiter: number,
    fieldBytes: number,
    recordBytes: number,
    skipLong: boolean,
    bytes: number,
  ): void;
  pauseAfter(rows: number): void;
  wantField(field: number, column: number): void;
  room(bytes: number): Address;
  readRecords(bytes: number, reach: number, final: boolean): number;
  rows: WebAssembly.Global;
  skipped: WebAssembly.Global;
  highBits: WebAssembly.Global;
  bufferAddress(): Address;
  fieldOffset(): number;
  recordOffset(): number;
  shortRecords(): Address;
  fieldsFound(): number;
}

/** The module's exports and its memory. */
export class Kernel {
  readonly exports: Exports;
  private bytes = new Uint8Array(0);

  constructor(module: WebAssembly.Module) {
    const host = {
      parseNumber: (from: Address, to: Address, target: Address) =>
        this.parseNumber(from >>> 0, to >>> 0, target >>> 0),
    };
    this.exports = new WebAssembly.Instance(module, { host }).exports as unknown as Exports;
    this.exports.reset();
    this.exports.setChance(Math.floor(Math.random() * 2 ** 32));
    this.view(this.exports.powersAddress(), powers.length).set(powers);
  }

  /** All of the memory. Views are valid until it grows. */
  get memory(): Uint8Array {
    const { buffer } = this.exports.memory;
    if (this.bytes.buffer !== buffer) this.bytes = new Uint8Array(buffer);
    return this.bytes;
  }

  view(address: Address, length: number): Uint8Array {
    return this.memory.subarray(address >>> 0, (address >>> 0) + length);
  }

  /** The doubles from `address` (a multiple of 8) on. */
  doubles(address: Address, length: number): Float64Array {
    return new Float64Array(this.exports.memory.buffer, address >>> 0, length);
  }

  /** Copies bytes into the memory. */
  put(bytes: Uint8Array): Address {
    const address = this.exports.take(bytes.length);
    this.view(address, bytes.length).set(bytes);
    return address;
  }

  /** The entries of a table of texts, in pieces. */
  *entriesOf(texts: Address): Iterable<Uint8Array> {
    const { exports } = this;
    for (let block = exports.firstBlockOf(texts); block !== 0; block = exports.blockAfter(block)) {
      const begin = exports.blockBegin(block) >>> 0;
      yield this.view(begin, (exports.blockEnd(block) >>> 0) - begin);
    }
  }

  private parseNumber(from: Address, to: Address, target: Address): number {
    const { memory } = this;
    const kind = parseNumber(memory, from, to);
    new DataView(memory.buffer).setFloat64(target, parsed[0]!, true);
    return kind;
  }
}

/** What hashes begin with: by chance, so that nobody can prepare values that collide. */
export function randomSeed(): bigint {
  return randomBytes(8).readBigUInt64LE();
}

/** A thread keeps a memory up to this size from step to step; what a large file has needed is given back. */
const KEPT_BYTES = 64 * 2 ** 20;

const module = new WebAssembly.Module(readFileSync(new URL("kernel.wasm", import.meta.url)));
const powers = new Uint8Array(powersOfTen().buffer);
let current: Kernel | undefined;

/** This thread's kernel, with nothing in it. */
export function emptyKernel(): Kernel {
  if (current) current.exports.reset();
  current ??= new Kernel(module);
  return current;
}

/** Gives back the memory of this thread's kernel when it is large. Nothing of it may be in use. */
export function leaveKernel(): void {
  if (current && current.memory.length > KEPT_BYTES) current = undefined;
}
