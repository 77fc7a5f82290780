// Quantiles of more numbers than fit the memory, with a bound of their error that always holds.

import { quantiles } from "../quantile.js";

export type Sort = (values: Float64Array) => void;

/** Numbers in a buffer: with 2^20 buffers, more values than any file holds, the error still is below 0.005. */
export const CAPACITY = 2048;

/** As it moves from thread to thread. */
export interface PackedQuantiles {
  count: number;
  uncertainty: number;
  tail: Float64Array;
  /** By level: a full buffer, or none. */
  levels: (Float64Array | undefined)[];
}

/**
 * Munro and Paterson's buffers (Selection and Sorting with Limited Storage, 1980), as Manku, Rajagopalan and Lindsay
 * (1998) describe them: a sorted buffer of level l stands for 2^l times as many numbers. Two of a level collapse
 * into one of the next, which keeps every other number of both; that shifts ranks by 2^l at most.
 */
export class QuantileSketch {
  count = 0;
  /** By how much a rank may be wrong. */
  private uncertainty = 0;
  /** Numbers that fill no buffer yet. */
  private tail = new Float64Array(CAPACITY);
  private filled = 0;
  private readonly levels: (Float64Array | undefined)[] = [];
  /** Whether the next collapse keeps the first number or the second: in turns, so that errors balance. */
  private odd = false;
  private readonly sort: Sort;

  /** `sort` sorts up to CAPACITY numbers. */
  constructor(sort: Sort = (values) => void values.sort()) {
    this.sort = sort;
  }

  static unpack({ count, uncertainty, tail, levels }: PackedQuantiles): QuantileSketch {
    const sketch = new QuantileSketch();
    sketch.count = count;
    sketch.uncertainty = uncertainty;
    sketch.tail.set(tail);
    sketch.filled = tail.length;
    sketch.levels.push(...levels);
    return sketch;
  }

  pack(): PackedQuantiles {
    const { count, uncertainty, levels } = this;
    return { count, uncertainty, tail: this.tail.slice(0, this.filled), levels };
  }

  /** Bytes that it takes. */
  get memory(): number {
    return 8 * CAPACITY * (1 + this.levels.filter(Boolean).length);
  }

  /** Takes numbers (no NaN). */
  add(values: Float64Array): void {
    this.count += values.length;
    for (let at = 0; at < values.length; ) {
      const part = values.subarray(at, at + CAPACITY - this.filled);
      this.tail.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled < CAPACITY) continue;
      this.sort(this.tail);
      this.raise(0, this.tail);
      this.tail = new Float64Array(CAPACITY);
      this.filled = 0;
    }
  }

  /** Takes what another one has seen. */
  merge(other: QuantileSketch): void {
    const count = this.count + other.count;
    this.uncertainty += other.uncertainty;
    for (const [level, buffer] of other.levels.entries()) if (buffer) this.raise(level, buffer);
    this.add(other.tail.subarray(0, other.filled));
    this.count = count;
  }

  /** The greatest difference between a quantile's rank and its true one, as a share of all numbers. */
  get error(): number {
    // half a rank: it is the nearest number, not between two
    return this.uncertainty === 0 ? 0 : (this.uncertainty + 0.5) / this.count;
  }

  /** Numbers near the quantiles at each q in [0, 1]; there must be one at least. */
  quantiles(qs: readonly number[]): number[] {
    const weighted = [...this.levels, this.tail.slice(0, this.filled)].flatMap((buffer, level) =>
      Array.from(buffer ?? [], (value) => ({ value, weight: buffer?.length === CAPACITY ? 2 ** level : 1 })),
    );
    weighted.sort((a, b) => a.value - b.value);
    const ranks: number[] = [];
    let rank = 0;
    for (const { weight } of weighted) {
      rank += weight;
      ranks.push(rank);
    }
    // all numbers are there
    if (this.uncertainty === 0) {
      const values = Float64Array.from(weighted, ({ value }) => value);
      return quantiles(values, qs);
    }
    return qs.map((q) => {
      const target = Math.round(q * (this.count - 1));
      const at = ranks.findIndex((until) => until > target);
      return weighted[at < 0 ? weighted.length - 1 : at]!.value;
    });
  }

  /** Puts a sorted buffer on a level; where one is, both collapse. */
  private raise(level: number, buffer: Float64Array): void {
    const present = this.levels[level];
    this.levels[level] = undefined;
    if (!present) {
      this.levels[level] = buffer;
      return;
    }
    this.uncertainty += 2 ** level;
    this.odd = !this.odd;
    this.raise(level + 1, everyOther(present, buffer, this.odd));
  }
}

/** Every other number of two sorted buffers together. */
function everyOther(a: Float64Array, b: Float64Array, odd: boolean): Float64Array {
  const kept = new Float64Array(CAPACITY);
  let i = 0;
  let j = 0;
  for (let at = 0; at < 2 * CAPACITY; at++) {
    const next = j === CAPACITY || (i < CAPACITY && a[i]! <= b[j]!) ? a[i++]! : b[j++]!;
    if ((at & 1) === (odd ? 1 : 0)) kept[at >> 1] = next;
  }
  return kept;
}
