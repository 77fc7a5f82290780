// The door to the fast path: is fed a table's bytes and hands its records' fields to the kernel's columns.
import { isUtf8 } from "node:buffer";
import { firstInvalidUtf8 } from "../encoding.js";
import { type Layout, RECORD_BYTES, type ReadFailure } from "../parse/layout.js";
import { type Address, emptyKernel, type Kernel } from "./kernel.js";

/** Bytes that are read at once: what is collected of them is bounded, too. */
const CHUNK = 2 ** 18;

/** Answers of `readRecords`. */
const DONE = 1;
const PAUSED = 6;
const FAILURES = [
  undefined,
  undefined,
  "fields",
  "oversize-field",
  "oversize-record",
  "unclosed",
] as const satisfies (ReadFailure["kind"] | undefined)[];
const MOST = 2 ** 32 - 1;

/** A range of a table's bytes, and what hashes of its texts begin with: what is to be merged needs the same. */
export interface Range {
  /** Offset of the first record. */
  start: number;
  /** Where the records end that belong to it: it may be in the middle of the last. */
  to: number;
  seed: bigint;
}

/** Reads with this thread's kernel, and ends with the next use of that. */
export abstract class RecordReader {
  failure: ReadFailure | undefined;
  /** Offset in the table of the next record to read. */
  end: number;
  protected readonly layout: Layout;
  protected readonly kernel: Kernel;
  /** Of the selected columns. */
  protected readonly columns: readonly Address[];
  private readonly to: number;

  /** `keepNulls`: a null is among a column's numbers, as NaN. */
  constructor(layout: Layout, { start, to, seed }: Range, keepNulls: boolean) {
    this.layout = layout;
    this.end = start;
    this.to = to;
    this.kernel = emptyKernel();
    const { exports } = this.kernel;
    exports.setSeed(seed);
    const { missing, fields, delimiter, fieldBytes, skipLong } = layout;
    const nulls = this.kernel.put(missing.packed());
    exports.setNulls(nulls, missing.hasEmpty, layout.numericNulls, keepNulls);
    const columns = exports.openColumns(layout.columns.length);
    exports.openRecords(columns, fields, delimiter, fieldBytes, RECORD_BYTES, skipLong, CHUNK);
    this.columns = layout.columns.map((index, at) => {
      exports.wantField(index, at);
      return exports.columnAt(columns, at);
    });
  }

  get rows(): number {
    return this.kernel.exports.rows.value >>> 0;
  }

  /** Records left out for being too long. */
  get skipped(): number {
    return this.kernel.exports.skipped.value >>> 0;
  }

  /** Takes the next bytes of the table (`final`: the last) and answers whether more are wanted. */
  feed(chunk: Uint8Array, final: boolean): boolean {
    this.room(chunk.length).set(chunk);
    return this.take(chunk.length, final);
  }

  /** Where the next bytes go, before `take` is called. */
  room(bytes = CHUNK): Uint8Array {
    return this.kernel.view(this.kernel.exports.room(bytes), bytes);
  }

  /** Takes the next `bytes` bytes, which are in the room. */
  take(bytes: number, final: boolean): boolean {
    const { exports } = this.kernel;
    const reach = Math.max(0, Math.min(this.to - this.end, MOST));
    let answer = exports.readRecords(bytes, reach, final);
    for (; answer === PAUSED; answer = exports.readRecords(0, reach, final)) this.collect();
    const used = exports.recordOffset() >>> 0;
    this.checkUtf8(used);
    const kind = FAILURES[answer];
    // what is wrong first is told: bytes before the bad record come before it
    if (kind && !this.failure) this.failure = this.failureOf(kind, used);
    this.end += used;
    if (!this.failure) this.collect();
    return !this.failure && !final && answer !== DONE;
  }

  /** Looks at what the columns have got by now. */
  protected abstract collect(): void;

  protected *numberBlocks(at: number): Iterable<{ begin: Address; length: number }> {
    const { exports } = this.kernel;
    const column = this.columns[at]!;
    for (let block = exports.numbersOf(column); block !== 0; block = exports.numbersAfter(block)) {
      const begin = exports.numbersBegin(block) >>> 0;
      yield { begin, length: ((exports.numbersEnd(column, block) >>> 0) - begin) / 8 };
    }
  }

  private failureOf(kind: Exclude<ReadFailure["kind"], "utf8" | "memory">, used: number): ReadFailure {
    const { exports } = this.kernel;
    if (kind === "fields") return { kind, offset: this.end + used, fields: exports.fieldsFound() >>> 0 };
    if (kind === "oversize-record") return { kind, offset: this.end + used };
    return { kind, offset: this.end + (exports.fieldOffset() >>> 0) };
  }

  private checkUtf8(length: number): void {
    const { exports } = this.kernel;
    if (!this.layout.utf8 || (exports.highBits.value & 128) === 0) return;
    const read = this.kernel.view(exports.bufferAddress(), length);
    if (!isUtf8(read)) this.failure = { kind: "utf8", offset: this.end + firstInvalidUtf8(read) };
  }
}
