// Counts of numbers in bins of equal width, as NumPy's `histogram` has them.

export interface Histogram {
  counts: number[];
  /** One more than counts: a bin holds its lower edge, and the last one its upper one too. */
  edges: number[];
}

/** NumPy's `linspace(min, max, bins + 1)`; half a unit around numbers that are all equal. */
export function edgesOf(min: number, max: number, bins: number): number[] {
  // of large numbers, as much as makes a difference
  const half = Math.max(0.5, Math.abs(min) * 2 ** -52);
  const [from, to] =
    min === max
      ? [Math.max(min - half, -Number.MAX_VALUE), Math.min(max + half, Number.MAX_VALUE)]
      : [min, max];
  const step = (to - from) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, at) => at * step + from);
  edges[bins] = to;
  return edges;
}

/** Adds the numbers to `counts`; `edges` enclose all of them. */
export function count(values: Float64Array, edges: readonly number[], counts: number[]): void {
  const bins = counts.length;
  const from = edges[0]!;
  const width = edges[bins]! - from;
  for (const value of values) {
    let bin = Math.min(bins - 1, Math.floor(((value - from) / width) * bins));
    // it is rounded; the edges decide
    if (value < edges[bin]!) bin--;
    else if (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
}
