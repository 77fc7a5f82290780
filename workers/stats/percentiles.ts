// Which percentiles a description has, and their names, as pandas names them.

export interface Percentile {
  /** Such as `25%`. */
  name: string;
  /** In (0, 1). */
  q: number;
}

export const DEFAULT_PERCENTILES = [0.25, 0.5, 0.75];
const MEDIAN = 0.5;

/** Ascending, with the median, which pandas adds when it is not asked for. */
export function percentilesOf(asked: readonly number[] = DEFAULT_PERCENTILES): Percentile[] {
  const list = [...new Set([...asked, MEDIAN])].sort((a, b) => a - b);
  const names = percentileNames(list);
  return list.map((q, at) => ({ name: names[at]!, q }));
}

/** Index of the first that is there already; -1 when there is none. */
export function duplicatePercentile(percentiles: readonly number[]): number {
  return percentiles.findIndex((q, at) => percentiles.indexOf(q) < at);
}

/**
 * pandas 2's `format_percentiles`: whole numbers as they are, others with the fewest digits (at least one)
 * that keep all apart, and apart from 0 and 100.
 */
function percentileNames(list: readonly number[]): string[] {
  const percents = list.map((q) => 100 * q);
  const gaps = percents.map((percent, at) => percent - (percents[at - 1] ?? 0));
  const smallest = Math.min(...gaps, 100 - percents.at(-1)!);
  const digits = Math.min(Math.max(1, -Math.floor(Math.log10(smallest))), 17);
  const names = percents.map((percent) =>
    isWhole(percent) ? `${Math.round(percent)}%` : `${roundTo(percent, digits)}%`,
  );
  // pandas takes 50.0001 for 50; where that makes two alike, both need all their digits
  return new Set(names).size === names.length
    ? names
    : list.map((q) => `${Number((100 * q).toPrecision(15))}%`);
}

/** `numpy.isclose`, with its tolerances. */
function isWhole(percent: number): boolean {
  return Math.abs(percent - Math.round(percent)) <= 1e-8 + 1e-5 * percent;
}

function roundTo(value: number, digits: number): string {
  const rounded = Number(value.toFixed(digits));
  return Number.isInteger(rounded) ? rounded.toFixed(1) : `${rounded}`;
}
