// Mean, standard deviation and extremes of an array.

export interface Moments {
  mean: number;
  /** Of a sample, ddof = 1, as pandas; NaN for fewer than two values. */
  std: number;
  min: number;
  max: number;
}

/** Values that are summed plainly; the sums of blocks are added with compensation. */
const BLOCK = 512;

/** Adds up with Neumaier's compensation. */
class Sum {
  private total = 0;
  private lost = 0;

  add(value: number): void {
    const total = this.total + value;
    this.lost +=
      Math.abs(this.total) >= Math.abs(value) ? this.total - total + value : value - total + this.total;
    this.total = total;
  }

  get value(): number {
    return this.total + this.lost;
  }
}

/**
 * Two passes: the mean as the first value plus the mean difference from it, then central moments about
 * that mean with the correction for its rounding (Chan, Golub and LeVeque 1983, the corrected two-pass
 * algorithm). Depends on the order of the values alone, not on how they were read.
 */
export function momentsOf(values: Float64Array): Moments {
  const n = values.length;
  if (n === 0) return { mean: Number.NaN, std: Number.NaN, min: Number.NaN, max: Number.NaN };
  const shift = values[0]!;
  const differences = new Sum();
  let min = shift;
  let max = shift;
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK);
    let sum = 0;
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      sum += value - shift;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    differences.add(sum);
  }
  const near = shift + differences.value / n;
  const { squares, rest } = differencesFrom(values, near);
  // the first value may be far from the mean, and the differences from it rounded
  const mean = Number.isFinite(rest) ? near + rest / n : near;
  return { mean, std: Math.sqrt(Math.max(0, squares - rest ** 2 / n) / (n - 1)), min, max };
}

/** Sums over the values' differences from `center`: of their squares, and of themselves. */
function differencesFrom(values: Float64Array, center: number): { squares: number; rest: number } {
  const squares = new Sum();
  const rests = new Sum();
  for (let from = 0; from < values.length; from += BLOCK) {
    const to = Math.min(values.length, from + BLOCK);
    let square = 0;
    let rest = 0;
    for (let at = from; at < to; at++) {
      const difference = values[at]! - center;
      square += difference * difference;
      rest += difference;
    }
    squares.add(square);
    rests.add(rest);
  }
  return { squares: squares.value, rest: rests.value };
}
