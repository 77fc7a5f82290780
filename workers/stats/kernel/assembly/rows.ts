// What concerns whole rows: their hashes, how many of those differ, and sums of products of two columns.
import { release, take } from "./memory";

/** Mixes a column's fields (eight bytes each) into the hashes of `count` rows. Equal numbers are equal here. */
export function hashFields(hashes: usize, fields: usize, count: u32, areNumbers: bool): void {
  for (let at: usize = 0; at < <usize>count << 3; at += 8) {
    let field = load<u64>(fields + at);
    if (areNumbers) {
      const value = load<f64>(fields + at);
      // every NaN is a null, and -0 is 0
      field = value != value ? 0x7ff8000000000000 : reinterpret<u64>(value + 0);
    }
    // many numbers differ in their upper bits alone, which a product does not move down
    let hash = load<u64>(hashes + at) ^ field;
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
    hash = (hash ^ (hash >> 29)) * 0xd6e8feb86659fd93;
    store<u64>(hashes + at, hash ^ (hash >> 32));
  }
}

/** Different hashes: an open-addressed table of them, in which 0 is a free place. At most half are taken. */
@unmanaged
class HashSet {
  slots: usize;
  slotCount: u32;
  size: u32;
  hasZero: bool;
}
const FIRST_SLOTS: u32 = 1024;

export function newHashSet(): usize {
  const address = take(64);
  const hashes = changetype<HashSet>(address);
  hashes.slotCount = FIRST_SLOTS;
  hashes.slots = take(FIRST_SLOTS << 3);
  memory.fill(hashes.slots, 0, FIRST_SLOTS << 3);
  hashes.size = 0;
  hashes.hasZero = false;
  return address;
}

export function addHashes(hashes: HashSet, from: usize, count: u32): void {
  const to = from + (<usize>count << 3);
  for (let at = from; at < to; at += 8) {
    const hash = load<u64>(at);
    if (hash == 0) {
      if (!hashes.hasZero) hashes.size++;
      hashes.hasZero = true;
    } else if (insert(hashes.slots, hashes.slotCount, hash) && ++hashes.size << 1 > hashes.slotCount) enlarge(hashes);
  }
}

export function distinctHashes(hashes: HashSet): u32 {
  return hashes.size;
}

/** Answers whether it is a new one. */
@inline
function insert(slots: usize, slotCount: u32, hash: u64): bool {
  const mask = slotCount - 1;
  let slot = <u32>hash & mask;
  let present = load<u64>(slots + (<usize>slot << 3));
  while (present) {
    if (present == hash) return false;
    slot = (slot + 1) & mask;
    present = load<u64>(slots + (<usize>slot << 3));
  }
  store<u64>(slots + (<usize>slot << 3), hash);
  return true;
}

function enlarge(hashes: HashSet): void {
  const count = hashes.slotCount << 1;
  const slots = take(<usize>count << 3);
  memory.fill(slots, 0, <usize>count << 3);
  const end = hashes.slots + (<usize>hashes.slotCount << 3);
  for (let at = hashes.slots; at < end; at += 8) {
    const hash = load<u64>(at);
    if (hash) insert(slots, count, hash);
  }
  release(hashes.slots, <usize>hashes.slotCount << 3);
  hashes.slots = slots;
  hashes.slotCount = count;
}

/**
 * Adds to the six doubles at `target`, which are those of correlation.ts, the rows in which neither x nor y is NaN. Differences
 * are from the first of them, so that a constant column has none.
 */
export function addComoments(target: usize, xs: usize, ys: usize, count: u32): void {
  let first: u32 = 0;
  while (first < count && !isPair(xs, ys, first)) first++;
  if (first == count) return;
  const x0 = load<f64>(xs + (<usize>first << 3));
  const y0 = load<f64>(ys + (<usize>first << 3));
  const aboutX = f64x2.splat(x0);
  const aboutY = f64x2.splat(y0);
  let rows: v128 = i64x2.splat(0);
  let sumX: v128 = f64x2.splat(0);
  let sumY: v128 = f64x2.splat(0);
  let squareX: v128 = f64x2.splat(0);
  let squareY: v128 = f64x2.splat(0);
  let product: v128 = f64x2.splat(0);
  for (let at = first; at < count; at += 2) {
    let x = v128.load(xs + (<usize>at << 3));
    const y = v128.load(ys + (<usize>at << 3));
    // an odd last one: the second lane is no row
    if (at + 1 == count) x = f64x2.replace_lane(x, 1, NaN);
    const both = v128.and(f64x2.eq(x, x), f64x2.eq(y, y));
    const dx = v128.and(f64x2.sub(x, aboutX), both);
    const dy = v128.and(f64x2.sub(y, aboutY), both);
    rows = i64x2.sub(rows, both);
    sumX = f64x2.add(sumX, dx);
    sumY = f64x2.add(sumY, dy);
    squareX = f64x2.add(squareX, f64x2.mul(dx, dx));
    squareY = f64x2.add(squareY, f64x2.mul(dy, dy));
    product = f64x2.add(product, f64x2.mul(dx, dy));
  }
  const n = <f64>(i64x2.extract_lane(rows, 0) + i64x2.extract_lane(rows, 1));
  const x = total(sumX);
  const y = total(sumY);
  const xx = max(0, total(squareX) - (x * x) / n);
  const yy = max(0, total(squareY) - (y * y) / n);
  joinComoments(target, n, x0 + x / n, y0 + y / n, xx, yy, total(product) - (x * y) / n);
}

@inline
function isPair(xs: usize, ys: usize, row: u32): bool {
  const x = load<f64>(xs + (<usize>row << 3));
  const y = load<f64>(ys + (<usize>row << 3));
  return x == x && y == y;
}

@inline
function total(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}

function joinComoments(target: usize, b: f64, meanX: f64, meanY: f64, xx: f64, yy: f64, xy: f64): void {
  const a = load<f64>(target);
  const n = a + b;
  // without a product that is rounded, so that equal means stay equal
  const dx = a == 0 ? 0 : meanX - load<f64>(target, 8);
  const dy = a == 0 ? 0 : meanY - load<f64>(target, 16);
  const weight = (a * b) / n;
  store<f64>(target, n);
  store<f64>(target, a == 0 ? meanX : load<f64>(target, 8) + (dx * b) / n, 8);
  store<f64>(target, a == 0 ? meanY : load<f64>(target, 16) + (dy * b) / n, 16);
  store<f64>(target, load<f64>(target, 24) + xx + dx * dx * weight, 24);
  store<f64>(target, load<f64>(target, 32) + yy + dy * dy * weight, 32);
  store<f64>(target, load<f64>(target, 40) + xy + dx * dy * weight, 40);
}
