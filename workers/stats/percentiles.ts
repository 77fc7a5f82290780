// Which percentiles a description has, and their names, as pandas names them.
import { pythonFloat } from "./python-float.js";

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
    isWhole(percent, digits) ? `${Math.round(percent)}%` : `${pythonFloat(roundTo(percent, digits))}%`,
  );
  // pandas takes 50.0001 for 50; where that makes two alike, both need all their digits
  return new Set(names).size === names.length
    ? names
    : list.map((q) => `${Number((100 * q).toPrecision(15))}%`);
}

/** Whether its digits say so; within the tolerances of `numpy.isclose`. */
function isWhole(percent: number, digits: number): boolean {
  const whole = Math.trunc(roundTo(percent, digits));
  return Math.abs(percent - whole) <= 1e-8 + 1e-5 * percent;
}

/** `numpy.round`: scales, rounds halves to even, and scales back. */
function roundTo(value: number, digits: number): number {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const floor = Math.floor(scaled);
  const up = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  return (up ? floor + 1 : floor) / scale;
}
