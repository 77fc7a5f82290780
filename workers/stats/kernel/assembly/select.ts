// Order statistics of numbers, and sorting them; both rearrange the numbers. The other select.ts is the reference.

let chance: u32 = 0x9e3779b9;

/** Where pivots begin: chosen by chance, so that nobody can prepare numbers for which selection is slow. */
export function setChance(value: u32): void {
  chance = value | 1;
}

@inline
function pick(values: usize, from: u32, to: u32): f64 {
  chance ^= chance << 13;
  chance ^= chance >> 17;
  chance ^= chance << 5;
  return load<f64>(values + (<usize>(from + <u32>((<u64>chance * <u64>(to - from)) >> 32)) << 3));
}

/** Stretches up to this length are sorted by insertion. */
const SHORT: u32 = 24;
/** From longer ones pivots are chosen near to what is looked for, by this many samples. */
const LONG: u32 = 600;
const SAMPLES: u32 = 32;
const samples = memory.data(32 * 8, 16);

/** A value near which the number of rank `rank` likely is: rather on the side where more are, so that these are left out. */
function pivotFor(values: usize, from: u32, to: u32, rank: u32): f64 {
  if (to - from <= LONG) {
    const a = pick(values, from, to);
    const b = pick(values, from, to);
    const c = pick(values, from, to);
    return max(min(a, b), min(max(a, b), c));
  }
  for (let at: usize = 0; at < <usize>SAMPLES << 3; at += 8) store<f64>(samples + at, pick(values, from, to));
  sortShort(samples, 0, SAMPLES);
  const share = <f64>(rank - from) / <f64>(to - from);
  // about one standard deviation of the guess
  const reach = sqrt<f64>(<f64>SAMPLES * share * (1 - share)) + 0.5;
  const place = <f64>SAMPLES * share + (share < 0.5 ? reach : -reach);
  return load<f64>(samples + (<usize>max<i32>(0, min<i32>(SAMPLES - 1, <i32>place)) << 3));
}

/**
 * The number of rank `rank` (from 0) among the `count` numbers (no NaN) at `values`, which are rearranged: what is before it is
 * not greater, and what is after it not less.
 */
export function select(values: usize, count: u32, rank: u32): f64 {
  return selectIn(values, 0, count, rank);
}

/**
 * The same of `count` ascending ranks (32 bits each, at `ranks`), as doubles at `targets`: first of the middle one, so that the
 * others are looked for on their side of it.
 */
export function selectAll(values: usize, from: u32, to: u32, ranks: usize, count: u32, targets: usize): void {
  while (count > 0) {
    const middle = count >> 1;
    const rank = load<u32>(ranks + (<usize>middle << 2));
    store<f64>(targets + (<usize>middle << 3), selectIn(values, from, to, rank));
    selectAll(values, from, rank, ranks, middle, targets);
    from = rank + 1;
    ranks += <usize>(middle + 1) << 2;
    targets += <usize>(middle + 1) << 3;
    count -= middle + 1;
  }
}

function selectIn(values: usize, from: u32, to: u32, rank: u32): f64 {
  while (to - from > SHORT) {
    // what stands beside another that was looked for
    if (rank == from) return bringLeast(values, from, to);
    if (rank == to - 1) return bringGreatest(values, from, to);
    const pivot = pivotFor(values, from, to, rank);
    const less = partition(values, from, to, pivot, false);
    if (rank < less) {
      to = less;
      continue;
    }
    // a pivot that is the least: all that equal it come next, and are in their places
    const equal = less == from || less - from < (to - from) >> 3 ? partition(values, less, to, pivot, true) : less;
    if (rank < equal) return pivot;
    from = equal;
  }
  sortShort(values, from, to);
  return load<f64>(values + (<usize>rank << 3));
}

/** Exchanges the least of [from, to) with the first, or the greatest with the last. */
function bringLeast(values: usize, from: u32, to: u32): f64 {
  const first = values + (<usize>from << 3);
  const end = values + (<usize>to << 3);
  let place = first;
  let least = load<f64>(first);
  for (let at = first + 8; at < end; at += 8) {
    const value = load<f64>(at);
    place = value < least ? at : place;
    least = min(least, value);
  }
  store<f64>(place, load<f64>(first));
  store<f64>(first, least);
  return least;
}

function bringGreatest(values: usize, from: u32, to: u32): f64 {
  const first = values + (<usize>from << 3);
  const last = values + (<usize>(to - 1) << 3);
  let place = last;
  let greatest = load<f64>(last);
  for (let at = first; at < last; at += 8) {
    const value = load<f64>(at);
    place = value > greatest ? at : place;
    greatest = max(greatest, value);
  }
  store<f64>(place, load<f64>(last));
  store<f64>(last, greatest);
  return greatest;
}

/** Brings those of [from, to) that are less than the pivot (or not greater) to the front; answers where they end. Without branches. */
@inline
function partition(values: usize, from: u32, to: u32, pivot: f64, orEqual: bool): u32 {
  let place = values + (<usize>from << 3);
  const end = values + (<usize>to << 3);
  for (let at = place; at < end; at += 8) {
    const value = load<f64>(at);
    store<f64>(at, load<f64>(place));
    store<f64>(place, value);
    place += <usize>(orEqual ? value <= pivot : value < pivot) << 3;
  }
  return <u32>((place - values) >> 3);
}

/** Sorts the `count` numbers (no NaN) at `values`. */
export function sortNumbers(values: usize, count: u32): void {
  sortRange(values, 0, count);
}

function sortRange(values: usize, from: u32, to: u32): void {
  while (to - from > SHORT) {
    const a = pick(values, from, to);
    const b = pick(values, from, to);
    const c = pick(values, from, to);
    const pivot = max(min(a, b), min(max(a, b), c));
    const less = partition(values, from, to, pivot, false);
    const equal = partition(values, less, to, pivot, true);
    // the shorter side first: the depth stays logarithmic
    if (less - from < to - equal) {
      sortRange(values, from, less);
      from = equal;
    } else {
      sortRange(values, equal, to);
      to = less;
    }
  }
  sortShort(values, from, to);
}

function sortShort(values: usize, from: u32, to: u32): void {
  const first = values + (<usize>from << 3);
  const end = values + (<usize>to << 3);
  for (let at = first + 8; at < end; at += 8) {
    const value = load<f64>(at);
    let place = at;
    while (place > first && load<f64>(place - 8) > value) {
      store<f64>(place, load<f64>(place - 8));
      place -= 8;
    }
    store<f64>(place, value);
  }
}
