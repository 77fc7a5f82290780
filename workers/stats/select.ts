// Puts chosen order statistics of an array into their places, without sorting the rest.

/** Shorter stretches are sorted. */
const SHORT = 128;

/**
 * Rearranges `values` (no NaN) so that for each rank in `ranks` (ascending, from 0) `values[rank]` is what
 * sorting would put there. Quickselect for several ranks at a time, with Hoare's partition, which halves
 * runs of equal values, and a pivot out of nine; a stretch that will not divide is sorted, so that no
 * input takes more than n log n.
 */
export function selectRanks(values: Float64Array, ranks: readonly number[]): void {
  const depth = 2 * Math.ceil(Math.log2(values.length + 1));
  select(values, 0, values.length - 1, ranks, depth);
}

function select(
  values: Float64Array,
  from: number,
  to: number,
  ranks: readonly number[],
  depth: number,
): void {
  if (ranks.length === 0 || from >= to) return;
  if (to - from < SHORT || depth === 0) {
    values.subarray(from, to + 1).sort();
    return;
  }
  const pivot = pivotOf(values, from, to);
  let left = from;
  let right = to;
  while (left <= right) {
    while (values[left]! < pivot) left++;
    while (values[right]! > pivot) right--;
    if (left <= right) {
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
  }
  // what lies between right and left equals the pivot, and is in its place
  select(
    values,
    from,
    right,
    ranks.filter((rank) => rank <= right),
    depth - 1,
  );
  select(
    values,
    left,
    to,
    ranks.filter((rank) => rank >= left),
    depth - 1,
  );
}

/** The median of three medians of three, taken evenly from the stretch (Tukey's ninther). */
function pivotOf(values: Float64Array, from: number, to: number): number {
  const step = Math.floor((to - from) / 8);
  const at = (place: number) => values[from + place * step]!;
  return median(median(at(0), at(1), at(2)), median(at(3), at(4), at(5)), median(at(6), at(7), values[to]!));
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
