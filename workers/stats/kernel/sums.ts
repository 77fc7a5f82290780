// Sums over a column's numbers as the kernel keeps them, and the moments that follow.
import type { Moments } from "../moments.js";
import type { Address, Kernel } from "./kernel.js";

/** Of numbers x: `sum` + `rest` is their sum to twice a double's digits; the others are of powers of x - `about`. */
export interface Sums {
  count: number;
  min: number;
  max: number;
  sum: number;
  rest: number;
  about: number;
  squares: number;
  cubes: number;
  fourths: number;
}

/** Sums of powers of the differences from the mean. */
export interface CentralSums {
  count: number;
  min: number;
  max: number;
  sum: number;
  rest: number;
  mean: number;
  /** What rounding took from the mean. */
  meanRest: number;
  squares: number;
  cubes: number;
  fourths: number;
}

/** What the kernel's `Figures` at this address hold of `count` numbers. */
export function readSums(kernel: Kernel, figures: Address, count: number): Sums {
  // pairs of lanes, in the order of figures.ts: extremes, then each sum and what rounding took from it
  const lanes = kernel.doubles(figures, 21);
  const lane = (at: number) => lanes[at]!;
  const [sum, rest] = added(lane(4), lane(5), lane(6) + lane(7));
  const total = (at: number) => added(lane(at), lane(at + 1), lane(at + 2) + lane(at + 3))[0];
  return {
    ...{ count, min: Math.min(lane(0), lane(1)), max: Math.max(lane(2), lane(3)), sum, rest },
    ...{ about: lane(20), squares: total(8), cubes: total(12), fourths: total(16) },
  };
}

/** The sums about the mean: exact as long as `about` is no further from it than the numbers usually are. */
export function centralSums(sums: Sums): CentralSums {
  const { count, min, max, sum, rest, about, squares, cubes, fourths } = sums;
  if (count === 0) return { ...sums, mean: Number.NaN, meanRest: 0 };
  const [product, productRest] = twoProduct(count, about);
  const [difference, differenceRest] = added(sum, -product, rest - productRest);
  const deviation = difference + differenceRest;
  const d = deviation / count;
  return {
    ...{ count, min, max, sum, rest },
    ...meanOf(sum, rest, count, min, max),
    squares: Math.max(0, squares - deviation * d),
    cubes: cubes - 3 * d * squares + 2 * deviation * d * d,
    fourths: fourths - 4 * d * cubes + 6 * d * d * squares - 3 * deviation * d ** 3,
  };
}

/** Those of two sets of numbers together (Pébay, Formulas for robust, one-pass parallel computation of moments, 2008). */
export function joinSums(a: CentralSums, b: CentralSums): CentralSums {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const [sum, rest] = added(a.sum, b.sum, a.rest + b.rest);
  const min = Math.min(a.min, b.min);
  const max = Math.max(a.max, b.max);
  const d = b.mean - a.mean + (b.meanRest - a.meanRest);
  const f = a.count / count;
  const g = b.count / count;
  return {
    ...{ count, min, max, sum, rest, ...meanOf(sum, rest, count, min, max) },
    squares: a.squares + b.squares + d * d * a.count * g,
    cubes: a.cubes + b.cubes + d ** 3 * a.count * g * (f - g) + 3 * d * (f * b.squares - g * a.squares),
    fourths:
      a.fourths +
      b.fourths +
      d ** 4 * a.count * g * (f * f - f * g + g * g) +
      6 * d * d * (f * f * b.squares + g * g * a.squares) +
      4 * d * (f * b.cubes - g * a.cubes),
  };
}

function meanOf(sum: number, rest: number, count: number, min: number, max: number) {
  const mean = sum / count;
  const [product, productRest] = twoProduct(mean, count);
  const meanRest = (sum - product - productRest + rest) / count;
  // rounding may lead out of the values' range; NaN stays NaN
  return { mean: Math.min(Math.max(mean, min), max), meanRest: Number.isFinite(meanRest) ? meanRest : 0 };
}

export function momentsFrom({ count, min, max, mean, squares }: CentralSums): Moments {
  return { mean, std: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN, min, max };
}

/** a + b + rest as a double and what rounding took from it (Knuth's TwoSum). */
function added(a: number, b: number, rest: number): [number, number] {
  const sum = a + b;
  const part = sum - a;
  const all = a - (sum - part) + (b - part) + rest;
  const total = sum + all;
  return [total, all - (total - sum)];
}

/** a × b as a double and what rounding took from it (Dekker's product, with Veltkamp's splitting). */
function twoProduct(a: number, b: number): [number, number] {
  const product = a * b;
  // the halves of larger ones would be infinite
  if (Math.max(Math.abs(a), Math.abs(b)) > 1e290) return [product, 0];
  const [aHigh, aLow] = halves(a);
  const [bHigh, bLow] = halves(b);
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function halves(value: number): [number, number] {
  const scaled = value * (2 ** 27 + 1);
  const high = scaled - (scaled - value);
  return [high, value - high];
}
