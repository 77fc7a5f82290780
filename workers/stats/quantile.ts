// Quantiles by linear interpolation between order statistics.
import { selectRanks } from "./select.js";

/**
 * Quantiles of `values` (no NaN, at least one; rearranged) at each q in [0, 1], as R's type 7, which is
 * pandas' and NumPy's default: position (n - 1) q among the ordered values, counted from 0. Beside an
 * infinity the answer is NumPy's too, not a number where the interpolation is none.
 */
export function quantiles(values: Float64Array, qs: readonly number[]): number[] {
  const last = values.length - 1;
  const positions = qs.map((q) => last * q);
  const ranks = positions.flatMap((position) => [
    Math.floor(position),
    Math.min(last, Math.floor(position) + 1),
  ]);
  selectRanks(
    values,
    [...new Set(ranks)].sort((a, b) => a - b),
  );
  return positions.map((position) => {
    const below = Math.floor(position);
    return interpolate(values[below]!, values[Math.min(last, below + 1)]!, position - below);
  });
}

/** NumPy's `_lerp`: from the nearer end, so that t = 1 would give b exactly. */
function interpolate(a: number, b: number, t: number): number {
  const difference = b - a;
  return t < 0.5 ? a + difference * t : b - difference * (1 - t);
}
