// Reads a table's rows side by side: hashes of them, and sums of products of its columns of numbers.
import type { Layout } from "../parse/layout.js";
import { type Range, RecordReader } from "./record-reader.js";

/** As which a field is read; kernel's modes. */
export const RowMode = { numbers: 0, texts: 3, truths: 4 } as const;

export interface RowColumn {
  mode: number;
  /** What its numbers are compared with, for a column whose correlations are wanted. */
  mean: number | undefined;
  /** Numbers that are null. */
  nullNumbers: ReadonlySet<number>;
  /** Is shown its numbers, NaN for nulls. */
  visit: ((values: Float64Array) => void) | undefined;
}

/** Sums of a pair of columns: rows, x, y, x², y², xy. */
export const SUMS = 6;

export class RowReader extends RecordReader {
  /** Of the pairs (i, j), i < j, of the columns with a mean: of the first with all others, and so on. */
  readonly products: Float64Array;
  private readonly rowColumns: readonly RowColumn[];
  /** Places of the columns with a mean. */
  private readonly correlated: number[];
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
    this.correlated = columns.flatMap(({ mean }, at) => (mean === undefined ? [] : [at]));
    const { length } = this.correlated;
    this.products = new Float64Array((SUMS * length * (length - 1)) / 2);
    columns.forEach(({ mode }, at) => {
      this.kernel.exports.setMode(this.columns[at]!, mode);
    });
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
    this.kernel.view(hashes, bytes).fill(0);
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
    this.multiply(fields, stride, rows);
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

  private multiply(fields: number, stride: number, rows: number): void {
    const { correlated, products } = this;
    if (products.length === 0) return;
    for (const at of correlated) {
      const mean = this.rowColumns[at]!.mean!;
      const values = this.kernel.doubles(fields + stride * at, rows);
      for (let row = 0; row < rows; row++) values[row]! -= mean;
    }
    const { exports } = this.kernel;
    const target = exports.take(8 * SUMS) >>> 0;
    const sums = this.kernel.doubles(target, SUMS);
    let pair = 0;
    for (const [i, x] of correlated.entries())
      for (const y of correlated.slice(i + 1)) {
        sums.fill(0);
        exports.addProducts(target, fields + stride * x, fields + stride * y, rows);
        for (const [at, sum] of sums.entries()) products[pair + at]! += sum;
        pair += SUMS;
      }
    exports.release(target, 8 * SUMS);
  }
}

/** Pearson's correlation of a pair from its sums, as pandas' `corr`; null where a column is constant or no row has both. */
export function correlationOf(sums: ArrayLike<number>, at: number): number | null {
  const [n, x, y, xx, yy, xy] = Array.from({ length: SUMS }, (_, k) => sums[SUMS * at + k]!) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const divisor = Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
  const correlation = (xy - (x * y) / n) / divisor;
  return Number.isFinite(correlation) && divisor > 0 ? Math.min(1, Math.max(-1, correlation)) : null;
}
