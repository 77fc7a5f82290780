// Collects the values of a table's columns; of those that do not fit the memory, sketches.
import { REGISTERS } from "../approximate/distinct-sketch.js";
import { CAPACITY } from "../approximate/quantile-sketch.js";
import { type ApproximateNumbers, RunningNumbers } from "../approximate/running-numbers.js";
import { type ApproximateTexts, RunningTexts } from "../approximate/running-texts.js";
import { Extent } from "../full/texts.js";
import { Mode } from "../parse/column-values.js";
import type { Layout } from "../parse/layout.js";
import type { Address } from "./kernel.js";
import { centreOf } from "./numbers.js";
import { type Range, RecordReader } from "./record-reader.js";

/** Buffers that a sketch of numbers has soon. */
const SKETCH_LEVELS = 4;
/** What a column's texts may take that are thinned out; all columns' together have an eighth of the memory, if it is more than the least. */
const MOST_TEXT_BYTES = 2 ** 20;
const LEAST_TEXT_BYTES = 2 ** 15;

/** A column that went over to sketches: before its first text it may have been one of numbers. */
export interface Approximate {
  numbers: ApproximateNumbers | undefined;
  texts: ApproximateTexts | undefined;
}

export class TableReader extends RecordReader {
  /** What goes over to sketches, by place. */
  private readonly numbers = new Map<number, RunningNumbers>();
  private readonly texts = new Map<number, RunningTexts>();
  private readonly textBytes: number;
  private lacking: Float64Array | undefined;
  private readonly scratch: Address;
  /** Bytes that were taken before anything was collected. */
  private readonly overhead: number;

  /** Reads the records that begin in the range. */
  constructor(layout: Layout, range: Range) {
    super(layout, range, false);
    const { exports } = this.kernel;
    layout.columns.forEach((index, at) => {
      if (layout.asTexts.has(index)) exports.beginTexts(this.columns[at]!);
    });
    const fair = layout.memory / 8 / layout.columns.length;
    this.textBytes = Math.max(LEAST_TEXT_BYTES, Math.min(MOST_TEXT_BYTES, fair));
    this.scratch = exports.take(8 * CAPACITY);
    this.overhead = exports.taken.value >>> 0;
  }

  /** Bytes that what was collected takes. */
  get memory(): number {
    let bytes = (this.kernel.exports.taken.value >>> 0) - this.overhead;
    for (const { memory } of this.numbers.values()) bytes += memory;
    return bytes;
  }

  /** Columns that have to be read again as texts, by their index in a record. */
  get mixed(): number[] {
    return this.layout.columns.filter((_, at) => this.modeAt(at) === Mode.mixed);
  }

  /** Columns that hold a value that is no number, by their index in a record. */
  get notNumbers(): number[] {
    return this.layout.columns.filter((_, at) => this.modeAt(at) !== Mode.numbers);
  }

  /** `Mode` of the column at place `at`, its kinds of numerals and its nulls. */
  modeAt(at: number): number {
    return this.kernel.exports.modeOf(this.columns[at]!);
  }
  kindsAt(at: number): number {
    return this.kernel.exports.kindsOf(this.columns[at]!);
  }
  nullsAt(at: number): number {
    return (this.kernel.exports.nullsOf(this.columns[at]!) >>> 0) + this.missing[this.layout.columns[at]!]!;
  }

  /** By field: the records that lack it. Not to be asked for before the end. */
  private get missing(): Float64Array {
    if (this.lacking) return this.lacking;
    const { fields } = this.layout;
    const { memory, exports } = this.kernel;
    const shorts = new Uint32Array(memory.buffer, exports.shortRecords() >>> 0, fields);
    this.lacking = new Float64Array(fields);
    // records of `found` fields lack that one and those after it
    for (let found = 0, records = 0; found < fields; found++) {
      records += shorts[found]!;
      this.lacking[found] = records;
    }
    return this.lacking;
  }

  /** Numbers of the column at place `at`, in pieces. */
  *numbersAt(at: number): Iterable<Float64Array> {
    for (const { begin, length } of this.numberBlocks(at)) yield this.kernel.doubles(begin, length);
  }

  /** Entries of the distinct texts of the column at place `at`, in pieces. */
  entriesAt(at: number): Iterable<Uint8Array> {
    const texts = this.kernel.exports.textsOf(this.columns[at]!);
    return texts === 0 ? [] : this.kernel.entriesOf(texts);
  }

  /** The same by the uppermost `bits` bits of the texts' hashes; the column is at its end. */
  splitAt(at: number, bits: number): Iterable<Uint8Array>[] {
    const { exports } = this.kernel;
    const tables = exports.splitTexts(exports.textsOf(this.columns[at]!), bits);
    return Array.from({ length: 2 ** bits }, (_, part) =>
      this.kernel.entriesOf(exports.tableAt(tables, part)),
    );
  }

  distinctAt(at: number): number {
    const texts = this.kernel.exports.textsOf(this.columns[at]!);
    return texts === 0 ? 0 : this.kernel.exports.distinctTexts(texts) >>> 0;
  }

  /** What went over to sketches, of the column at place `at`. */
  approximateAt(at: number): Approximate | undefined {
    const numbers = this.numbers.get(at)?.pack();
    const texts = this.texts.get(at)?.pack();
    return numbers || texts ? { numbers, texts } : undefined;
  }

  protected override collect(): void {
    if (!this.fitMemory()) this.failure = { kind: "memory", offset: this.end };
  }

  /** Lets the largest columns go over to sketches when the memory does not suffice. Answers whether it does. */
  private fitMemory(): boolean {
    const { memory } = this.layout;
    for (const at of this.numbers.keys()) this.drain(at);
    for (const texts of this.texts.values()) texts.fit();
    if (this.memory <= memory) return true;
    // by magnitude, so that much the same parts choose the same columns
    const sizes = this.columns.map((_, at) => ({ at, size: Math.floor(Math.log2(1 + this.bytesAt(at))) }));
    for (const { at } of sizes.sort((a, b) => b.size - a.size || a.at - b.at)) {
      if (this.memory <= memory / 2) break;
      if (this.bytesAt(at) > this.sketchBytes(at)) this.drain(at);
    }
    return this.memory <= memory;
  }

  /** What a column's sketch would take at least. */
  private sketchBytes(at: number): number {
    return this.modeAt(at) === Mode.numbers ? 8 * CAPACITY * SKETCH_LEVELS : this.textBytes / 2 + REGISTERS;
  }

  private bytesAt(at: number): number {
    const { exports } = this.kernel;
    let bytes = 0;
    for (const { length } of this.numberBlocks(at)) bytes += 8 * length;
    const texts = exports.textsOf(this.columns[at]!);
    return bytes + (texts === 0 ? 0 : exports.textBytes(texts) >>> 0);
  }

  /** Gives the numbers that a column has collected to its sketch, or thins out its texts. */
  private drain(at: number): void {
    const { exports } = this.kernel;
    const { nullNumbers, full, utf8Texts: utf8 } = this.layout;
    const column = this.columns[at]!;
    if (this.modeAt(at) === Mode.numbers) {
      let running = this.numbers.get(at);
      if (!running) {
        const bytes = full ? this.textBytes : undefined;
        const blocks = [...this.numbersAt(at)];
        const about = centreOf(
          blocks,
          blocks.reduce((sum, { length }) => sum + length, 0),
        );
        running = new RunningNumbers(this.kernel, this.scratch, about, nullNumbers, bytes);
        this.numbers.set(at, running);
      }
      for (const { begin, length } of this.numberBlocks(at)) running.add(begin, length);
      exports.dropNumbers(column);
    } else if (this.modeAt(at) === Mode.texts) {
      let running = this.texts.get(at);
      if (!running) {
        const extent = full ? new Extent(utf8) : undefined;
        running = new RunningTexts(this.kernel, exports.textsOf(column), this.textBytes, extent);
        this.texts.set(at, running);
      }
      running.thin();
    } else this.numbers.delete(at);
  }
}
