// Mean, standard deviation and extremes of an array.

export interface Moments {
  mean: number;
  /** Of a sample, ddof = 1, as pandas; NaN for fewer than two values. */
  std: number;
  min: number;
  max: number;
}

/** Sums of powers of the differences from the mean. */
export interface Powers {
  count: number;
  squares: number;
  cubes: number;
  fourths: number;
}

/** pandas takes what is smaller for a rounding error (nanops._zero_out_fperr). */
const NEARLY_ZERO = 1e-14;
const nearly = (sum: number) => (Math.abs(sum) < NEARLY_ZERO ? 0 : sum);

/** Bias-corrected skewness as pandas' `skew` (nanops.nanskew); NaN for fewer than three values. */
export function skewOf({ count: n, squares, cubes }: Powers): number {
  if (n < 3) return Number.NaN;
  const m2 = nearly(squares);
  return m2 === 0 ? 0 : ((n * Math.sqrt(n - 1)) / (n - 2)) * (nearly(cubes) / m2 ** 1.5);
}

/** Bias-corrected excess kurtosis as pandas' `kurt` (nanops.nankurt); NaN for fewer than four values. */
export function kurtosisOf({ count: n, squares, fourths }: Powers): number {
  if (n < 4) return Number.NaN;
  const numerator = nearly(n * (n + 1) * (n - 1) * fourths);
  const denominator = nearly((n - 2) * (n - 3) * squares ** 2);
  return denominator === 0 ? 0 : numerator / denominator - (3 * (n - 1) ** 2) / ((n - 2) * (n - 3));
}

/** Differences that are summed plainly; the sums of blocks are added up. */
const BLOCK = 512;

/**
 * Two passes: the mean, then central moments about it with the correction for its rounding (Chan, Golub and
 * LeVeque 1983, the corrected two-pass algorithm). Depends on the order of the values alone, not on how
 * they were read.
 */
export function momentsOf(values: Float64Array): Moments {
  const n = values.length;
  if (n === 0) return { mean: Number.NaN, std: Number.NaN, min: Number.NaN, max: Number.NaN };
  let min = values[0]!;
  let max = min;
  let sum = 0;
  // what rounding took from the sum, as Knuth's TwoSum has it
  let lost = 0;
  for (let at = 0; at < n; at++) {
    const value = values[at]!;
    if (value < min) min = value;
    if (value > max) max = value;
    const next = sum + value;
    const added = next - sum;
    lost += sum - (next - added) + (value - added);
    sum = next;
  }
  const rounded = Number.isFinite(sum) ? (sum + lost) / n : meanOfHuge(values);
  // rounding may lead out of the values' range; NaN stays NaN
  const mean = Math.min(Math.max(rounded, min), max);
  return { mean, std: Math.sqrt(centralSquares(values, mean) / (n - 1)), min, max };
}

/** The mean of values whose sum is beyond a double's range. */
function meanOfHuge(values: Float64Array): number {
  return values.reduce((mean, value) => mean + value / values.length, 0);
}

/** The sum of squared differences from the mean. */
function centralSquares(values: Float64Array, mean: number): number {
  let squares = 0;
  let rests = 0;
  for (let from = 0; from < values.length; from += BLOCK) {
    const to = Math.min(values.length, from + BLOCK);
    let square = 0;
    let rest = 0;
    for (let at = from; at < to; at++) {
      const difference = values[at]! - mean;
      square += difference * difference;
      rest += difference;
    }
    squares += square;
    rests += rest;
  }
  return Math.max(0, squares - rests ** 2 / values.length);
}
