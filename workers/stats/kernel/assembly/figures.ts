// Moments, extremes and the brackets of order statistics of a column's numbers. moments.ts is the reference.
import { take } from "./memory";
import { select } from "./select";

/** Numbers that are looked at together, so that each pass over them but the first finds them in the cache. */
const BLOCK: usize = 1024 * 8;

/**
 * What is known of a column's numbers. Sums are kept as a double and what rounding took from it (Knuth's TwoSum), in two
 * lanes each, so that they do not depend on where a column was cut. The host reads them from here.
 */
@unmanaged
class Figures {
  least: v128;
  greatest: v128;
  sum: v128;
  sumRest: v128;
  /** Of differences from `about`: the second power's sum; the third's and the fourth's when `powers` is 4. */
  squares: v128;
  squaresRest: v128;
  cubes: v128;
  cubesRest: v128;
  fourths: v128;
  fourthsRest: v128;
  about: f64;
  powers: u32;
  brackets: usize;
  bracketsEnd: usize;
}
const FIGURES_BYTES: usize = 192;

/** An interval in which an order statistic is expected, and what lies about it. */
@unmanaged
class Bracket {
  low: f64;
  high: f64;
  /** Numbers below `low`, up to it, below `high` and up to it. */
  belowLow: u32;
  upToLow: u32;
  upToHigh: u32;
  /** Numbers between the two: from `inside` up to `next`; more than fit end at `limit`. */
  inside: usize;
  next: usize;
  limit: usize;
}
const BRACKET_BYTES: usize = 48;

/** Figures of no numbers yet. `powers`: 2 or 4; `brackets`: how many will be added. */
export function openFigures(about: f64, powers: u32, brackets: u32): usize {
  const address = take(FIGURES_BYTES);
  memory.fill(address, 0, FIGURES_BYTES);
  const figures = changetype<Figures>(address);
  figures.least = f64x2.splat(Infinity);
  figures.greatest = f64x2.splat(-Infinity);
  figures.about = about;
  figures.powers = powers;
  figures.brackets = brackets ? take(<usize>brackets * BRACKET_BYTES) : 0;
  figures.bracketsEnd = figures.brackets;
  return address;
}

/** Adds a bracket, with room for `room` numbers inside. */
export function addBracket(figures: Figures, low: f64, high: f64, room: u32): usize {
  const bracket = changetype<Bracket>(figures.bracketsEnd);
  figures.bracketsEnd += BRACKET_BYTES;
  bracket.low = low;
  bracket.high = high;
  bracket.belowLow = 0;
  bracket.upToLow = 0;
  bracket.upToHigh = 0;
  bracket.inside = take((<usize>room << 3) + 64);
  bracket.next = bracket.inside;
  bracket.limit = bracket.inside + (<usize>room << 3);
  return changetype<usize>(bracket);
}

/** Takes the `count` numbers (no NaN) at `from`; what is loaded after the last is ignored. */
export function addNumbers(figures: Figures, from: usize, count: u32): void {
  const to = from + (<usize>count << 3);
  for (let at = from; at < to; at += BLOCK) {
    const end = min(to, at + BLOCK);
    addMoments(figures, at, end);
    if (figures.powers == 4) addPowers(figures, at, end);
    for (let bracket = figures.brackets; bracket < figures.bracketsEnd; bracket += BRACKET_BYTES)
      addOrder(changetype<Bracket>(bracket), at, end);
  }
}

/** What rounding took from `total` + `term`, whose rounded sum is `next`. */
@inline
function lost(total: v128, term: v128, next: v128): v128 {
  const added = f64x2.sub(next, total);
  return f64x2.add(f64x2.sub(total, f64x2.sub(next, added)), f64x2.sub(term, added));
}

/** The two numbers at `at`; an odd last one beside `filler`. */
@inline
function pairAt(at: usize, to: usize, filler: f64): v128 {
  return to - at > 8 ? v128.load(at) : f64x2.replace_lane(f64x2.splat(filler), 0, load<f64>(at));
}

function addMoments(figures: Figures, from: usize, to: usize): void {
  const about = f64x2.splat(figures.about);
  let least = figures.least;
  let greatest = figures.greatest;
  let sum = figures.sum;
  let sumRest = figures.sumRest;
  let squares = figures.squares;
  let squaresRest = figures.squaresRest;
  const even = from + ((to - from) & ~15);
  for (let at = from; at < even; at += 16) {
    const values = v128.load(at);
    least = f64x2.pmin(least, values);
    greatest = f64x2.pmax(greatest, values);
    let next = f64x2.add(sum, values);
    sumRest = f64x2.add(sumRest, lost(sum, values, next));
    sum = next;
    const difference = f64x2.sub(values, about);
    const square = f64x2.mul(difference, difference);
    next = f64x2.add(squares, square);
    squaresRest = f64x2.add(squaresRest, lost(squares, square, next));
    squares = next;
  }
  // an odd last one, once: a test for it in the loop would be made for every pair
  if (even < to) {
    const value = load<f64>(even);
    least = f64x2.pmin(least, f64x2.splat(value));
    greatest = f64x2.pmax(greatest, f64x2.splat(value));
    const values = f64x2.replace_lane(f64x2.splat(0), 0, value);
    let next = f64x2.add(sum, values);
    sumRest = f64x2.add(sumRest, lost(sum, values, next));
    sum = next;
    const difference = value - figures.about;
    const square = f64x2.replace_lane(f64x2.splat(0), 0, difference * difference);
    next = f64x2.add(squares, square);
    squaresRest = f64x2.add(squaresRest, lost(squares, square, next));
    squares = next;
  }
  figures.least = least;
  figures.greatest = greatest;
  figures.sum = sum;
  figures.sumRest = sumRest;
  figures.squares = squares;
  figures.squaresRest = squaresRest;
}

function addPowers(figures: Figures, from: usize, to: usize): void {
  const about = f64x2.splat(figures.about);
  let cubes = figures.cubes;
  let cubesRest = figures.cubesRest;
  let fourths = figures.fourths;
  let fourthsRest = figures.fourthsRest;
  for (let at = from; at < to; at += 16) {
    const difference = f64x2.sub(pairAt(at, to, figures.about), about);
    const square = f64x2.mul(difference, difference);
    const cube = f64x2.mul(square, difference);
    let next = f64x2.add(cubes, cube);
    cubesRest = f64x2.add(cubesRest, lost(cubes, cube, next));
    cubes = next;
    const fourth = f64x2.mul(square, square);
    next = f64x2.add(fourths, fourth);
    fourthsRest = f64x2.add(fourthsRest, lost(fourths, fourth, next));
    fourths = next;
  }
  figures.cubes = cubes;
  figures.cubesRest = cubesRest;
  figures.fourths = fourths;
  figures.fourthsRest = fourthsRest;
}

function addOrder(bracket: Bracket, from: usize, to: usize): void {
  const low = f64x2.splat(bracket.low);
  const high = f64x2.splat(bracket.high);
  let belowLow = i64x2.splat(0);
  let upToLow = i64x2.splat(0);
  let upToHigh = i64x2.splat(0);
  let next = bracket.next;
  const limit = bracket.limit;
  const even = from + ((to - from) & ~15);
  for (let at = from; at < even; at += 16) {
    const values = v128.load(at);
    const notAboveLow = f64x2.le(values, low);
    belowLow = i64x2.sub(belowLow, f64x2.lt(values, low));
    upToLow = i64x2.sub(upToLow, notAboveLow);
    upToHigh = i64x2.sub(upToHigh, f64x2.le(values, high));
    const inside = v128.andnot(f64x2.lt(values, high), notAboveLow);
    if (v128.any_true(inside)) {
      const lanes = <usize>i64x2.bitmask(inside);
      if (next < limit) {
        store<f64>(next, f64x2.extract_lane(values, 0));
        next += (lanes & 1) << 3;
        store<f64>(next, f64x2.extract_lane(values, 1));
        next += (lanes >> 1) << 3;
      }
    }
  }
  bracket.belowLow += <u32>(i64x2.extract_lane(belowLow, 0) + i64x2.extract_lane(belowLow, 1));
  bracket.upToLow += <u32>(i64x2.extract_lane(upToLow, 0) + i64x2.extract_lane(upToLow, 1));
  bracket.upToHigh += <u32>(i64x2.extract_lane(upToHigh, 0) + i64x2.extract_lane(upToHigh, 1));
  if (even < to) {
    const value = load<f64>(even);
    bracket.belowLow += <u32>(value < bracket.low);
    bracket.upToLow += <u32>(value <= bracket.low);
    bracket.upToHigh += <u32>(value <= bracket.high);
    if (value > bracket.low && value < bracket.high && next < limit) {
      store<f64>(next, value);
      next += 8;
    }
  }
  bracket.next = next;
}

/** The number of the given rank (from 0) of all that were added; NaN when it lies outside of the bracket, or too many inside. */
export function inBracket(address: usize, rank: u32): f64 {
  const bracket = changetype<Bracket>(address);
  if (rank < bracket.belowLow || rank >= bracket.upToHigh) return NaN;
  if (rank < bracket.upToLow) return bracket.low;
  const inside = <u32>((bracket.next - bracket.inside) >> 3);
  if (bracket.next >= bracket.limit) return NaN;
  rank -= bracket.upToLow;
  return rank < inside ? select(bracket.inside, inside, rank) : bracket.high;
}
