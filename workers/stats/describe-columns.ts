// The figures of a file's columns, from the tables that its parts were read into.
import { joinKinds, typeOfNumbers } from "./column-type.js";
import { type ColumnFigures, describeNumbers, describeValues } from "./describe.js";
import { decode, type Encoding } from "./encoding.js";
import { Mode } from "./parse/column-values.js";
import { Numeral } from "./parse/parse-number.js";
import { TextCounts } from "./parse/text-counts.js";
import type { Percentile } from "./percentiles.js";
import { numbersAt, type PackedTexts, type Table, textsAt } from "./table.js";

/** A column's place in one of the tables that hold it, in the order of the file. */
export interface Piece {
  table: Table;
  at: number;
}

export interface Description {
  encoding: Encoding;
  percentiles: readonly Percentile[];
  /** Numbers that are null, however they are spelled, in a column with a decimal among its values, as pandas has it. */
  nullNumbers: ReadonlySet<number>;
  /** Of the whole table. */
  rows: number;
}

/** pandas' three spellings. */
const TRUTH = new Map([
  ["True", true],
  ["TRUE", true],
  ["true", true],
  ["False", false],
  ["FALSE", false],
  ["false", false],
]);

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
  if (texts || description.rows === 0) return describeTexts(name, nulls, pieces, description.encoding);
  const dtype = typeOfNumbers(kinds, nulls > 0) ?? "object";
  const values = joined(pieces);
  const kept = kinds & Numeral.decimal ? without(values, description.nullNumbers) : values;
  const missing = nulls + values.length - kept.length;
  return describeNumbers({ name, dtype, nulls: missing }, kept, description.percentiles);
}

/** All numbers of the column, in an array of their own. */
function joined(pieces: readonly Piece[]): Float64Array {
  const parts = pieces.map(({ table, at }) => numbersAt(table, at));
  const values = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    values.set(part, length);
    length += part.length;
  }
  return values;
}

function without(values: Float64Array, nullNumbers: ReadonlySet<number>): Float64Array {
  return nullNumbers.size === 0 ? values : values.filter((value) => !nullNumbers.has(value));
}

function describeTexts(
  name: string,
  nulls: number,
  pieces: readonly Piece[],
  encoding: Encoding,
): ColumnFigures {
  const texts = merged(pieces.map(({ table, at }) => textsAt(table, at)));
  const { counts } = texts;
  let top = 0;
  let count = 0;
  let start = 0;
  let topStart = 0;
  for (let index = 0; index < counts.length; index++) {
    count += counts[index]!;
    if (counts[index]! > counts[top]!) {
      top = index;
      topStart = start;
    }
    start += texts.lengths[index]!;
  }
  if (count === 0) return describeValues({ name, dtype: "object", nulls }, EMPTY);
  const truth = describeTruth(name, nulls, count, texts);
  if (truth) return truth;
  return describeValues(
    { name, dtype: "object", nulls },
    {
      count,
      unique: counts.length,
      top: decode(encoding, texts.bytes.subarray(topStart, topStart + texts.lengths[top]!)),
      freq: counts[top]!,
    },
  );
}

const EMPTY = { count: 0, unique: 0, top: null, freq: null };

/** Figures of a column in which every value is a truth value; undefined for others. */
function describeTruth(
  name: string,
  nulls: number,
  count: number,
  texts: PackedTexts,
): ColumnFigures | undefined {
  if (texts.counts.length > TRUTH.size) return undefined;
  /** In the order of first sight. */
  const seen = new Map<boolean, number>();
  let start = 0;
  for (const [index, length] of texts.lengths.entries()) {
    const text = Buffer.from(texts.bytes.subarray(start, start + length)).toString("latin1");
    const value = TRUTH.get(text);
    if (value === undefined) return undefined;
    seen.set(value, (seen.get(value) ?? 0) + texts.counts[index]!);
    start += length;
  }
  const [[top, freq] = [null, null]] = [...seen].sort((a, b) => b[1] - a[1]);
  const dtype = nulls === 0 ? "bool" : "object";
  return describeValues({ name, dtype, nulls }, { count, unique: seen.size, top, freq });
}

/** Distinct texts of consecutive parts, with their counts, in the order of first sight. */
function merged(parts: readonly PackedTexts[]): PackedTexts {
  const filled = parts.filter(({ counts }) => counts.length > 0);
  if (filled.length === 1) return filled[0]!;
  const all = new TextCounts();
  for (const { bytes, lengths, counts } of filled) {
    let start = 0;
    for (let index = 0; index < counts.length; index++) {
      const end = start + lengths[index]!;
      all.add(bytes, start, end, counts[index]!);
      start = end;
    }
  }
  return {
    bytes: all.bytes.subarray(0, all.textBytes),
    lengths: all.lengths.subarray(0, all.size),
    counts: all.counts.subarray(0, all.size),
  };
}
