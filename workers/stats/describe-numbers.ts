// The figures of a column of numbers.
import { type ColumnFigures, type Common, type Level, nullFraction, numberFigures } from "./describe.js";
import { fullNumbers } from "./full/numbers.js";
import { figuresOf } from "./kernel/numbers.js";
import type { Percentile } from "./percentiles.js";

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
