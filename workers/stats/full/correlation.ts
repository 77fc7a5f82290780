// Pearson's correlations of pairs of columns, from sums that can be joined.

/**
 * Of the rows in which both x and y are finite, so many doubles: their number, the means of x and of y, and the sums of the
 * products of the differences from these, of x with x, y with y and x with y.
 */
export const COMOMENTS = 6;

/** Of two columns' values, row by row. In two passes: the reference for the kernel's. */
export function comomentsOf(xs: Float64Array, ys: Float64Array): Float64Array {
  const first = xs.findIndex((x, row) => Number.isFinite(x) && Number.isFinite(ys[row]));
  const comoments = new Float64Array(COMOMENTS);
  if (first < 0) return comoments;
  // from values of the columns' own: a constant column's mean is exact
  const [x0, y0] = [xs[first]!, ys[first]!];
  let n = 0;
  let sumX = 0;
  let sumY = 0;
  for (let row = first; row < xs.length; row++) {
    const dx = xs[row]! - x0;
    const dy = ys[row]! - y0;
    if (!Number.isFinite(dx) || !Number.isFinite(dy)) continue;
    n++;
    sumX += dx;
    sumY += dy;
  }
  const meanX = x0 + sumX / n;
  const meanY = y0 + sumY / n;
  let [xx, yy, xy] = [0, 0, 0];
  for (let row = first; row < xs.length; row++) {
    const dx = xs[row]! - meanX;
    const dy = ys[row]! - meanY;
    if (!Number.isFinite(dx) || !Number.isFinite(dy)) continue;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  comoments.set([n, meanX, meanY, xx, yy, xy]);
  return comoments;
}

/** Adds those of other rows to `target`'s (Chan, Golub and LeVeque, Updating formulae for computing sample variances, 1982). */
export function joinComoments(target: Float64Array, other: Float64Array): void {
  const [a, meanX, meanY] = target as unknown as [number, number, number];
  const [b, otherX, otherY] = other as unknown as [number, number, number];
  if (b === 0) return;
  // without a product that is rounded, so that equal means stay equal
  if (a === 0) {
    target.set(other);
    return;
  }
  const n = a + b;
  const dx = otherX - meanX;
  const dy = otherY - meanY;
  const weight = (a * b) / n;
  target[0] = n;
  target[1]! += (dx * b) / n;
  target[2]! += (dy * b) / n;
  target[3]! += other[3]! + dx * dx * weight;
  target[4]! += other[4]! + dy * dy * weight;
  target[5]! += other[5]! + dx * dy * weight;
}

/** As pandas' `corr`; null where a column is constant, or where no row has both. */
export function correlationOf(comoments: Float64Array): number | null {
  const [, , , xx, yy, xy] = comoments as unknown as [number, number, number, number, number, number];
  const product = xx * yy;
  // rounded once, unless the product is beyond a double's range
  const isNormal = product > 2 ** -1000 && product < Number.POSITIVE_INFINITY;
  const correlation = xy / (isNormal ? Math.sqrt(product) : Math.sqrt(xx) * Math.sqrt(yy));
  return Number.isFinite(correlation) ? Math.min(1, Math.max(-1, correlation)) : null;
}

/** The matrix of `columns` columns from the comoments of the pairs (i, j), j >= i: first those of the first column. */
export function correlationMatrix(columns: number, comoments: Float64Array): (number | null)[][] {
  const matrix = Array.from({ length: columns }, () => new Array<number | null>(columns).fill(null));
  let at = 0;
  for (let i = 0; i < columns; i++)
    for (let j = i; j < columns; j++, at += COMOMENTS) {
      const correlation = correlationOf(comoments.subarray(at, at + COMOMENTS));
      matrix[i]![j] = i === j && correlation !== null ? 1 : correlation;
      matrix[j]![i] = matrix[i]![j]!;
    }
  return matrix;
}
