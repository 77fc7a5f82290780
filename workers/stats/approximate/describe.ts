// Figures of a column that did not fit the memory, from what is known of its parts.
import { typeOfNumbers } from "../column-type.js";
import {
  type ColumnFigures,
  type Description,
  describeValues,
  estimated,
  finite,
  nullFraction,
  numberFigures,
} from "../describe.js";
import { decode } from "../encoding.js";
import { momentFigures } from "../full/numbers.js";
import { Extent, extentFigures } from "../full/texts.js";
import { TOP_VALUES } from "../full/top-values.js";
import { emptyKernel } from "../kernel/kernel.js";
import { centreOf } from "../kernel/numbers.js";
import { momentsFrom } from "../kernel/sums.js";
import { Numeral } from "../parse/parse-number.js";
import { entriesAt, numbersAt, type Piece } from "../table.js";
import { CAPACITY, QuantileSketch } from "./quantile-sketch.js";
import { type ApproximateNumbers, joinNumbers, RunningNumbers, repeated } from "./running-numbers.js";
import { joinTexts, knownTexts } from "./running-texts.js";

interface Column {
  name: string;
  nulls: number;
}

export function approximateNumbers(
  { name, nulls }: Column,
  kinds: number,
  pieces: readonly Piece[],
  description: Description,
): ColumnFigures {
  const { percentiles, level } = description;
  const full = level !== "describe";
  const parts = pieces.map(({ table, at }) => {
    return table.approximate[at]?.numbers ?? sketched(numbersAt(table, at), description);
  });
  const { aside, ...own } = joinNumbers(parts);
  // they are nulls in a column with a decimal, and numbers of a column of integers
  const areNulls = (kinds & Numeral.decimal) !== 0;
  const others = areNulls ? [] : aside.map(([value, count]) => repeated(value, count));
  const joined = joinNumbers([{ ...own, aside: [] }, ...others]);
  const missing = areNulls ? aside.reduce((sum, [, count]) => sum + count, 0) : 0;
  const sketch = QuantileSketch.unpack(joined.quantiles);
  const common = { name, dtype: typeOfNumbers(kinds, nulls > 0) ?? "object", nulls: nulls + missing };
  const cuts = sketch.count > 0 ? sketch.quantiles(percentiles.map(({ q }) => q)) : [];
  const figures = numberFigures(common, sketch.count, momentsFrom(joined.sums), percentiles, cuts);
  const errors = Object.fromEntries(percentiles.map(({ name }) => [name, sketch.error]));
  if (!full) return estimated(figures, errors);
  const values = joinTexts(parts.map((part) => part.values!));
  const topValues = [
    ...values.top.map(({ value, count }) => ({ value: finite(doubleIn(value)), count })),
    ...(areNulls ? [] : aside.map(([value, count]) => ({ value, count }))),
  ];
  topValues.sort((a, b) => b.count - a.count);
  const { zeros, negatives } = joined;
  const more = {
    ...momentFigures(joined.sums),
    ...{ unique: values.unique + others.length, zeros, negatives },
    // made when the rows are read
    histogram: null,
    topValues: topValues.slice(0, TOP_VALUES),
    nullFraction: nullFraction(sketch.count, common.nulls),
  };
  const moreErrors = { unique: values.uniqueError, topValues: values.uncertainty };
  return estimated({ ...figures, ...more }, { ...errors, ...moreErrors });
}

/** What the different numbers of such a part may take. */
const TEXT_BYTES = 2 ** 20;

function doubleIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
}

/** What a part that did fit would be, if it did not. */
function sketched(values: Float64Array, { nullNumbers, level, seed }: Description): ApproximateNumbers {
  const kernel = emptyKernel();
  kernel.exports.setSeed(seed);
  const block = kernel.exports.take(8 * CAPACITY);
  const scratch = kernel.exports.take(8 * CAPACITY);
  const textBytes = level === "describe" ? undefined : TEXT_BYTES;
  const about = centreOf([values], values.length);
  const running = new RunningNumbers(kernel, scratch, about, nullNumbers, textBytes);
  for (let at = 0; at < values.length; at += CAPACITY) {
    const part = values.subarray(at, at + CAPACITY);
    kernel.doubles(block, part.length).set(part);
    running.add(block, part.length);
  }
  return running.pack();
}

export function approximateTexts(
  { name, nulls }: Column,
  pieces: readonly Piece[],
  { encoding, level }: Description,
): ColumnFigures {
  const parts = pieces.map(({ table, at }) => {
    const known = table.approximate[at]?.texts;
    if (known) return known;
    const extent = level === "describe" ? undefined : new Extent(encoding.kind !== "single-byte");
    return knownTexts(entriesAt(table, at), table.distinct[at]!, extent);
  });
  const { count, unique, uniqueError, uncertainty, top, extent } = joinTexts(parts);
  const figures = describeValues(
    { name, dtype: "object", nulls },
    { count, unique, top: top.map(({ value, count }) => ({ value: decode(encoding, value), count })) },
    level,
    extentFigures(extent, count),
  );
  const errors = { unique: uniqueError, top: uncertainty, freq: uncertainty };
  return estimated(figures, level === "describe" ? errors : { ...errors, topValues: uncertainty });
}
