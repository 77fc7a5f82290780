// Reads a table's rows side by side: hashes of them, and what correlations of its columns of numbers follow from.
import { COMOMENTS } from "../full/correlation.js";
import type { Layout } from "../parse/layout.js";
import type { Address } from "./kernel.js";
import { type Range, RecordReader } from "./record-reader.js";

/** As which a field is read; kernel's modes. */
export const RowMode = { numbers: 0, texts: 3, truths: 4 } as const;

export interface RowColumn {
  mode: number;
  /** What differences are from, for a column whose correlations are wanted. */
  about: number | undefined;
  /** Numbers that are null. */
  nullNumbers: ReadonlySet<number>;
  /** Is shown its numbers, NaN for nulls. */
  visit: ((values: Float64Array) => void) | undefined;
}

/** What is collected before it is looked at: of short records of many columns, every null takes as much as a number. */
const COLLECTED_BYTES = 16 * 2 ** 20;

export class RowReader extends RecordReader {
  private readonly rowColumns: readonly RowColumn[];
  /** Places of the columns with an `about`, and the comoments of their pairs. */
  private readonly correlated: number[];
  private readonly pairs: Address;
  private readonly pairBytes: number;
  private readonly seed: bigint;
  private readonly onHashes: (words: Uint32Array) => void;

  /** `onHashes` is shown the rows' hashes, two words each. */
  constructor(
    layout: Layout,
    range: Range,
    columns: readonly RowColumn[],
    onHashes: (words: Uint32Array) => void,
  ) {
    super(layout, range, true);
    this.rowColumns = columns;
    this.onHashes = onHashes;
    this.seed = range.seed;
    // twice: in the columns, and side by side
    this.kernel.exports.pauseAfter(Math.max(1, Math.floor(COLLECTED_BYTES / (16 * (columns.length + 1)))));
    this.correlated = columns.flatMap(({ about }, at) => (about === undefined ? [] : [at]));
    const { length } = this.correlated;
    this.pairBytes = 8 * COMOMENTS * ((length * (length + 1)) / 2);
    this.pairs = this.kernel.exports.take(this.pairBytes + 16) >>> 0;
    this.kernel.view(this.pairs, this.pairBytes).fill(0);
    columns.forEach(({ mode }, at) => {
      this.kernel.exports.setMode(this.columns[at]!, mode);
    });
  }

  /** Of the pairs (i, j), j >= i, of the columns with an `about`, from which means are told: first those of the first one. */
  get comoments(): Float64Array {
    return this.kernel.doubles(this.pairs, this.pairBytes / 8).slice();
  }

  protected override collect(): void {
    const [first] = this.columns;
    const rows = first === undefined ? 0 : this.lengthAt(0);
    if (rows === 0) return;
    const { exports } = this.kernel;
    const bytes = 8 * rows;
    // each column on its own 16 bytes
    const stride = (bytes + 15) & ~15;
    const size = stride * (this.columns.length + 1) + 16;
    const hashes = exports.take(size) >>> 0;
    const fields = hashes + stride;
    new BigUint64Array(this.kernel.memory.buffer, hashes, rows).fill(this.seed);
    this.columns.forEach((column, at) => {
      const target = fields + stride * at;
      const values = this.kernel.doubles(target, rows);
      let done = 0;
      for (const { begin, length } of this.numberBlocks(at)) {
        values.set(this.kernel.doubles(begin, length), done);
        done += length;
      }
      exports.dropNumbers(column);
      this.look(this.rowColumns[at]!, values);
      exports.hashFields(hashes, target, rows, this.rowColumns[at]!.mode === RowMode.numbers);
    });
    this.onHashes(new Uint32Array(this.kernel.memory.buffer, hashes, 2 * rows));
    this.compare(fields, stride, rows);
    exports.release(hashes, size);
  }

  private lengthAt(at: number): number {
    let sum = 0;
    for (const { length } of this.numberBlocks(at)) sum += length;
    return sum;
  }

  private look({ nullNumbers, visit }: RowColumn, values: Float64Array): void {
    if (nullNumbers.size > 0)
      for (const [at, value] of values.entries()) if (nullNumbers.has(value)) values[at] = Number.NaN;
    visit?.(values);
  }

  private compare(fields: number, stride: number, rows: number): void {
    for (const at of this.correlated) {
      const about = this.rowColumns[at]!.about!;
      const values = this.kernel.doubles(fields + stride * at, rows);
      for (let row = 0; row < rows; row++) {
        const difference = values[row]! - about;
        values[row] = Number.isFinite(difference) ? difference : Number.NaN;
      }
    }
    let pair = this.pairs;
    for (const [i, x] of this.correlated.entries())
      for (const y of this.correlated.slice(i)) {
        this.kernel.exports.addComoments(pair, fields + stride * x, fields + stride * y, rows);
        pair += 8 * COMOMENTS;
      }
  }
}
