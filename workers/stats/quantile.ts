// Quantiles by linear interpolation between order statistics.
import { selectRanks } from "./select.js";

/**
 * Quantiles of `values` (no NaN, at least one; rearranged) at each q in [0, 1], as R's type 7, which is
 * pandas' and NumPy's default: position (n - 1) q among the ordered values, counted from 0. Beside an
 * infinity the answer is NumPy's too, not a number where the interpolation is none.
 */
export function quantiles(values: Float64Array, qs: readonly number[]): number[] {
  const last = values.length - 1;
  selectRanks(values, ranksOf(values.length, qs));
  return qs.map((q) => {
    const position = last * q;
    const below = Math.floor(position);
    return interpolate(values[below]!, values[Math.min(last, below + 1)]!, position - below);
  });
}

/** The ranks, ascending and from 0, of the order statistics that the quantiles of `count` values lie between. */
export function ranksOf(count: number, qs: readonly number[]): number[] {
  const last = count - 1;
  const ranks = qs.flatMap((q) => {
    const below = Math.floor(last * q);
    return [below, Math.min(last, below + 1)];
  });
  return [...new Set(ranks)].sort((a, b) => a - b);
}

/** NumPy's `_lerp`: from the nearer end, so that t = 1 would give b exactly. */
export function interpolate(a: number, b: number, t: number): number {
  const difference = b - a;
  return t < 0.5 ? a + difference * t : b - difference * (1 - t);
}
