// Moments and quantiles of a column's numbers by the kernel; moments.ts and quantile.ts are the references.
import { type Moments, momentsOf } from "../moments.js";
import { interpolate, quantiles, ranksOf } from "../quantile.js";
import { emptyKernel, type Kernel, randomSeed } from "./kernel.js";
import { type CentralSums, centralSums, momentsFrom, readSums } from "./sums.js";
import { Tops } from "./tops.js";

export interface NumberFigures extends Moments {
  count: number;
  quantiles: number[];
}

/** Columns up to this length are selected from as a whole. */
const SHORT = 32_768;
/** With more order statistics than this, selecting all at a time is faster. */
const MOST_RANKS = 32;
/** Numbers that are looked at to guess where order statistics are. */
const MOST_SAMPLES = 65_536;
/** How far from its guess an order statistic may be, in standard deviations of the guess. */
const DEVIATIONS = 5;
/** Numbers whose median others are compared with. */
const CENTRE = 31;
/** Different numbers that are counted at a time: they take about 64 bytes each. */
const MOST_DISTINCT = 2 ** 20;
/** Numbers that are copied to the kernel at once. */
const BLOCK = 8192;

/** Figures of a column whose numbers (no NaN) are `pieces`, one after the other, with quantiles at each q in [0, 1]. */
export function figuresOf(pieces: readonly Float64Array[], qs: readonly number[]): NumberFigures {
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  const ranks = ranksOf(count, qs);
  const figures = ranks.length > MOST_RANKS ? undefined : fast(pieces, count, ranks);
  if (!figures) return slow(pieces, qs);
  const { statistics, ...moments } = figures;
  const last = count - 1;
  const at = (rank: number) => statistics.get(rank)!;
  return {
    count,
    ...moments,
    quantiles: qs.map((q) => {
      const below = Math.floor(last * q);
      return interpolate(at(below), at(Math.min(last, below + 1)), last * q - below);
    }),
  };
}

/** Sums of powers of the numbers, up to the fourth. */
export function sumsOf(pieces: readonly Float64Array[]): CentralSums {
  const kernel = emptyKernel();
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  const figures = kernel.exports.openFigures(centreOf(pieces, count), 4, 0);
  addPieces(kernel, figures, pieces);
  return centralSums(readSums(kernel, figures, count));
}

/** Different numbers (no NaN; -0 is 0), and the most frequent ones, the first seen first among equals. */
export function distinctNumbers(
  pieces: readonly Float64Array[],
  most: number,
): { unique: number; top: { value: number; count: number }[] } {
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  const seed = randomSeed();
  const all = distinctOf(pieces, most, seed, 0, 0);
  if (all) return { unique: all.unique, top: all.tops.sorted() };
  // by hash, so many at a time that their table stays small
  const bits = Math.ceil(Math.log2(count / MOST_DISTINCT)) + 1;
  const tops = new Tops<number>(most);
  let unique = 0;
  for (let part = 0; part < 2 ** bits; part++) {
    const share = distinctOf(pieces, most, seed, part, bits)!;
    unique += share.unique;
    for (const { value, count, rank } of share.tops.sorted())
      if (tops.takes(count, rank)) tops.add(value, count, rank);
  }
  return { unique, top: tops.sorted() };
}

/** Those whose hashes begin with the bits `part`; undefined when they are all (no bits), and too many. */
function distinctOf(
  pieces: readonly Float64Array[],
  most: number,
  seed: bigint,
  part: number,
  bits: number,
): { unique: number; tops: Tops<number> } | undefined {
  const kernel = emptyKernel();
  const { exports } = kernel;
  exports.setSeed(seed);
  const texts = exports.newTexts();
  const block = exports.take(8 * BLOCK + 16);
  let base = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += BLOCK) {
      const numbers = piece.subarray(at, at + BLOCK);
      kernel.doubles(block, numbers.length).set(numbers);
      exports.addDoubles(texts, block, numbers.length, base, part, bits);
      base += numbers.length;
      if (bits === 0 && exports.distinctTexts(texts) >>> 0 > MOST_DISTINCT) return undefined;
    }
  const tops = new Tops<number>(most);
  for (const entries of kernel.entriesOf(texts)) {
    const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.length / 4);
    const doubles = new Float64Array(entries.buffer, entries.byteOffset, entries.length / 8);
    // entries of 8 bytes: hash, length, count and rank, then the number and zeros
    for (let at = 0; at < words.length; at += 8)
      if (tops.takes(words[at + 2]!, words[at + 3]!))
        tops.add(doubles[at / 2 + 2]!, words[at + 2]!, words[at + 3]!);
  }
  return { unique: exports.distinctTexts(texts) >>> 0, tops };
}

/** By the references: for numbers whose sums are no numbers, and where the guess failed. */
function slow(pieces: readonly Float64Array[], qs: readonly number[]): NumberFigures {
  const values = joined(pieces);
  const moments = momentsOf(values);
  return { count: values.length, ...moments, quantiles: values.length === 0 ? [] : quantiles(values, qs) };
}

interface Found extends Moments {
  /** By their ranks. */
  statistics: Map<number, number>;
}

function fast(pieces: readonly Float64Array[], count: number, ranks: readonly number[]): Found | undefined {
  if (count === 0) return undefined;
  const kernel = emptyKernel();
  if (count > SHORT) return bracketed(kernel, pieces, count, ranks);
  const statistics = selected(kernel, pieces, count, ranks);
  const figures = kernel.exports.openFigures(centreOf(pieces, count), 2, 0);
  addPieces(kernel, figures, pieces);
  return found(kernel, figures, count, statistics);
}

/** Order statistics by their ranks (ascending). */
function selected(
  kernel: Kernel,
  pieces: readonly Float64Array[],
  count: number,
  ranks: readonly number[],
): Map<number, number> {
  const { exports } = kernel;
  // taking may move the memory: all is taken first
  const address = exports.take(8 * count) >>> 0;
  const wanted = exports.take(4 * ranks.length) >>> 0;
  const found = exports.take(8 * ranks.length) >>> 0;
  const values = kernel.doubles(address, count);
  let length = 0;
  for (const piece of pieces) {
    values.set(piece, length);
    length += piece.length;
  }
  new Uint32Array(kernel.memory.buffer, wanted, ranks.length).set(ranks);
  exports.selectAll(address, 0, count, wanted, ranks.length, found);
  const statistics = kernel.doubles(found, ranks.length);
  return new Map(ranks.map((rank, at) => [rank, statistics[at]!]));
}

/** Numbers taken evenly, each from the place in its stretch that `choose` (in [0, 1)) says. */
function sampleOf(
  pieces: readonly Float64Array[],
  count: number,
  size: number,
  choose: () => number,
): Float64Array {
  const sample = new Float64Array(size);
  const stride = count / size;
  let piece = 0;
  let before = 0;
  for (let at = 0; at < size; at++) {
    const place = Math.min(count - 1, Math.floor((at + choose()) * stride));
    while (place - before >= pieces[piece]!.length) before += pieces[piece++]!.length;
    sample[at] = pieces[piece]![place - before]!;
  }
  return sample;
}

/**
 * What differences are summed from: the median of some of the numbers, which is where many are, so that little is lost;
 * always the same ones, so that the same column has the same sums, however it was cut.
 */
export function centreOf(pieces: readonly Float64Array[], count: number): number {
  const some = sampleOf(pieces, count, Math.min(count, CENTRE), () => 0.5).sort();
  return some[some.length >> 1] ?? 0;
}

/** One pass over all numbers, which counts what lies below intervals that hold the order statistics, as the sample has it. */
function bracketed(
  kernel: Kernel,
  pieces: readonly Float64Array[],
  count: number,
  ranks: readonly number[],
): Found | undefined {
  const { exports } = kernel;
  const sample = sampleOf(pieces, count, Math.min(MOST_SAMPLES, count >> 3), Math.random);
  const m = sample.length;
  // neighbours share a bracket
  const firsts = ranks.filter((rank, at) => rank !== (ranks[at - 1] ?? -2) + 1);
  const bounds = firsts.map((rank) => {
    const q = rank / (count - 1);
    const reach = DEVIATIONS * Math.sqrt(q * (1 - q) * m) + 2;
    return { low: Math.floor(q * (m - 1) - reach), high: Math.ceil(q * (m - 1) + reach) };
  });
  const places = bounds.flatMap(({ low, high }) => [low, high]).filter((at) => at >= 0 && at < m);
  const sampleRanks = [...new Set(places)].sort((a, b) => a - b);
  const samples = selected(kernel, [sample], m, sampleRanks);
  const figures = exports.openFigures(centreOf(pieces, count), 2, bounds.length);
  const brackets = bounds.map(({ low, high }) => {
    const room = Math.ceil((1.5 * count * (Math.min(high, m - 1) - Math.max(low, 0))) / m) + 1024;
    return (
      exports.addBracket(figures, samples.get(low) ?? -Infinity, samples.get(high) ?? Infinity, room) >>> 0
    );
  });
  addPieces(kernel, figures, pieces);
  const statistics = new Map<number, number>();
  let at = -1;
  for (const rank of ranks) {
    if (rank === firsts[at + 1]) at++;
    const value = exports.inBracket(brackets[at]!, rank);
    if (Number.isNaN(value)) return undefined;
    statistics.set(rank, value);
  }
  return found(kernel, figures, count, statistics);
}

function addPieces(kernel: Kernel, figures: number, pieces: readonly Float64Array[]): void {
  const { exports } = kernel;
  const block = exports.take(8 * BLOCK) >>> 0;
  const doubles = kernel.doubles(block, BLOCK);
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += BLOCK) {
      const part = piece.subarray(at, at + BLOCK);
      doubles.set(part);
      exports.addNumbers(figures, block, part.length);
    }
}

/** Undefined when a sum is no number. */
function found(
  kernel: Kernel,
  figures: number,
  count: number,
  statistics: Map<number, number>,
): Found | undefined {
  const sums = centralSums(readSums(kernel, figures, count));
  if (!Number.isFinite(sums.mean) || !Number.isFinite(sums.squares)) return undefined;
  return { ...momentsFrom(sums), statistics };
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(pieces.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of pieces) {
    values.set(part, length);
    length += part.length;
  }
  return values;
}
