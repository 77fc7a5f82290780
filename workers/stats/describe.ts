// The figures of one column: pandas' describe.
import { momentsOf } from "./moments.js";
import type { Percentile } from "./percentiles.js";
import { quantiles } from "./quantile.js";

export type Figure = string | number | boolean | null;

/** In the order in which they are told. Quantiles are named as `Percentile` says, such as `25%`. */
export interface ColumnFigures {
  name: string;
  dtype: string;
  /** Values that are not null. */
  count: number;
  nulls: number;
  [figure: string]: Figure;
}

interface Common {
  name: string;
  dtype: string;
  nulls: number;
}

/** Figures of a column of numbers. Rearranges `values`, which hold no NaN. */
export function describeNumbers(
  { name, dtype, nulls }: Common,
  values: Float64Array,
  percentiles: readonly Percentile[],
): ColumnFigures {
  const { mean, std, min, max } = momentsOf(values);
  const cuts =
    values.length > 0
      ? quantiles(
          values,
          percentiles.map(({ q }) => q),
        )
      : [];
  const named = percentiles.map((percentile, at) => [percentile.name, finite(cuts[at])]);
  return {
    ...{ name, dtype, count: values.length, nulls },
    ...{ mean: finite(mean), std: finite(std), min: finite(min) },
    ...Object.fromEntries(named),
    max: finite(max),
  };
}

/** Figures of a column of texts or truth values; `top` and `freq` are null when it has no values. */
export function describeValues(
  { name, dtype, nulls }: Common,
  values: { count: number; unique: number; top: Figure; freq: number | null },
): ColumnFigures {
  const { count, unique, top, freq } = values;
  return { name, dtype, count, nulls, unique, top, freq };
}

/** JSON knows no infinities and no NaN. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
