// The figures of a file's columns, from the tables that its parts were read into.
import { approximateNumbers, approximateTexts } from "./approximate/describe.js";
import { joinKinds, typeOfNumbers } from "./column-type.js";
import type { ColumnFigures, Description } from "./describe.js";
import { describeNumbers } from "./describe-numbers.js";
import { describeTexts } from "./describe-texts.js";
import { Mode } from "./parse/column-values.js";
import { Numeral } from "./parse/parse-number.js";
import { numbersAt, type Piece } from "./table.js";

/** Kinds of numerals and nulls of a whole column; `texts` when some of it was counted as texts. */
export function summary(pieces: readonly Piece[]): { kinds: number; nulls: number; texts: boolean } {
  let kinds = 0;
  let nulls = 0;
  let texts = false;
  for (const { table, at } of pieces) {
    kinds = joinKinds(kinds, table.kinds[at]!);
    nulls += table.nulls[at]!;
    texts ||= table.modes[at] === Mode.texts;
  }
  return { kinds, nulls, texts };
}

/** Figures of the column `name`. Every piece of a column of texts has been read as texts, or has no values. */
export function describeColumn(
  name: string,
  pieces: readonly Piece[],
  description: Description,
): ColumnFigures {
  const { kinds, nulls, texts } = summary(pieces);
  if (pieces.some(({ table, at }) => table.approximate[at]))
    return texts
      ? approximateTexts({ name, nulls }, pieces, description)
      : approximateNumbers({ name, nulls }, kinds, pieces, description);
  if (texts || description.rows === 0) return describeTexts({ name, nulls }, pieces, description);
  const dtype = typeOfNumbers(kinds, nulls > 0) ?? "object";
  const values = pieces.map(({ table, at }) => numbersAt(table, at));
  const kept =
    kinds & Numeral.decimal ? values.map((part) => without(part, description.nullNumbers)) : values;
  const missing = nulls + lengthOf(values) - lengthOf(kept);
  return describeNumbers({ name, dtype, nulls: missing }, kept, description.percentiles, description.level);
}

function lengthOf(parts: readonly Float64Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function without(values: Float64Array, nullNumbers: ReadonlySet<number>): Float64Array {
  return nullNumbers.size === 0 ? values : values.filter((value) => !nullNumbers.has(value));
}
