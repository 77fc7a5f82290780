// The figures of one column: pandas' describe.
import { fullNumbers } from "./full/numbers.js";
import { TOP_VALUES } from "./full/top-values.js";
import { figuresOf } from "./kernel/numbers.js";
import type { Moments } from "./moments.js";
import type { Percentile } from "./percentiles.js";

export type Figure = string | number | boolean | null;

/** In the order in which they are told. Quantiles are named as `Percentile` says, such as `25%`. */
export interface ColumnFigures {
  name: string;
  dtype: string;
  /** Values that are not null. */
  count: number;
  nulls: number;
  /** Some figures are estimates: `errors` says which, and how far off they may be. */
  approximate?: true;
  errors?: Record<string, number>;
  topValues?: CountedValue[];
  [figure: string]: Figure | undefined | object;
}

/** How much is told of a column; at the full level, with so many bins. */
export type Level = "describe" | { bins: number };

/** Null when there are no rows. */
export function nullFraction(count: number, nulls: number): number | null {
  return finite(nulls / (count + nulls));
}

interface Common {
  name: string;
  dtype: string;
  nulls: number;
}

/** Figures of a column of numbers, which are in `pieces` one after the other and hold no NaN. */
export function describeNumbers(
  { name, dtype, nulls }: Common,
  pieces: readonly Float64Array[],
  percentiles: readonly Percentile[],
  level: Level,
): ColumnFigures {
  const { count, mean, std, min, max, quantiles } = figuresOf(
    pieces,
    percentiles.map(({ q }) => q),
  );
  const common = { name, dtype, nulls };
  const figures = numberFigures(common, count, { mean, std, min, max }, percentiles, quantiles);
  if (level === "describe") return figures;
  return { ...figures, ...fullNumbers(pieces, level.bins), nullFraction: nullFraction(count, nulls) };
}

/** Lays out the figures of a column of numbers. */
export function numberFigures(
  { name, dtype, nulls }: Common,
  count: number,
  { mean, std, min, max }: Moments,
  percentiles: readonly Percentile[],
  quantiles: readonly number[],
): ColumnFigures {
  const named = percentiles.map((percentile, at) => [percentile.name, finite(quantiles[at])]);
  return {
    ...{ name, dtype, count, nulls },
    ...{ mean: finite(mean), std: finite(std), min: finite(min) },
    ...Object.fromEntries(named),
    max: finite(max),
  };
}

/** Figures of a column of texts or truth values; `top` and `freq` are null when it has no values. */
export function describeValues(
  { name, dtype, nulls }: Common,
  values: { count: number; unique: number; top: readonly CountedValue[] },
  level: Level,
  more: Record<string, Figure> = {},
): ColumnFigures {
  const { count, unique, top } = values;
  const [first] = top;
  const figures = {
    name,
    dtype,
    count,
    nulls,
    unique,
    top: first?.value ?? null,
    freq: first?.count ?? null,
  };
  if (level === "describe") return figures;
  const topValues = top.map(({ value, count }) => ({ value, count }));
  return { ...figures, ...more, topValues, nullFraction: nullFraction(count, nulls) };
}

export interface CountedValue {
  value: Figure;
  count: number;
}

/** How many of the most frequent values are needed. */
export function topOf(level: Level): number {
  return level === "describe" ? 1 : TOP_VALUES;
}

/** Marks figures as estimates. Quantiles: of ranks, as a share of all; `unique`: of itself; `top` and `freq`: values. */
export function estimated(figures: ColumnFigures, errors: Record<string, number>): ColumnFigures {
  return { ...figures, approximate: true, errors };
}

/** JSON knows no infinities and no NaN. */
export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
