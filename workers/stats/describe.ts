// What is told of a column, and how its figures are laid out.

import type { Encoding } from "./encoding.js";
import { TOP_VALUES } from "./full/top-values.js";
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

/** What the figures of a table's columns depend on beside their values. */
export interface Description {
  encoding: Encoding;
  percentiles: readonly Percentile[];
  /** Numbers that are null, however they are spelled, in a column with a decimal among its values, as pandas has it. */
  nullNumbers: ReadonlySet<number>;
  level: Level;
  /** What hashes of texts begin with. */
  seed: bigint;
  /** Of the whole table. */
  rows: number;
}

/** Null when there are no rows. */
export function nullFraction(count: number, nulls: number): number | null {
  return finite(nulls / (count + nulls));
}

export interface Common {
  name: string;
  dtype: string;
  nulls: number;
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
