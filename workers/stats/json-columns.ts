// Column statistics of JSON: nothing is parsed, a value is what its JSON type says.
import { InputError } from "../input-error.js";
import { escapePointer } from "../json.js";
import type { Limits } from "../limits.js";
import { type ColumnFigures, describeValues, type Level, topOf } from "./describe.js";
import { describeNumbers } from "./describe-numbers.js";
import { correlationsOf, duplicateRows } from "./full/json-rows.js";
import { Extent, extentFigures, type TextExtent } from "./full/texts.js";
import { levelOf, type Options, selectColumns } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { checkFigures, checkTexts } from "./result-size.js";
import { isNumeric, MOST_CORRELATED } from "./rows-round.js";
import type { Statistics } from "./statistics.js";
import { type Value, ValueCounts } from "./value-counts.js";

export type JsonColumns = Record<string, unknown[]>;
export type JsonRecords = Record<string, unknown>[];
export interface JsonInput {
  columns?: JsonColumns;
  records?: JsonRecords;
  options?: Options;
}

interface Column {
  name: string;
  /** May hold nulls; and a key that most records lack costs nothing. */
  values: readonly unknown[];
  /** Values that are not null. */
  count: number;
}

/**
 * Statistics of JSON columns or records that `checkJson` let pass. Throws InputError (413) when a column's
 * distinct values take more than `memory` bytes, or the answer would be too large.
 */
export function describeJson(
  { columns, records, options = {} }: JsonInput,
  memory = Number.POSITIVE_INFINITY,
): Statistics {
  const rows = records ? records.length : (Object.values(columns ?? {})[0]?.length ?? 0);
  const all = records ? columnsOfRecords(records) : columnsOf(columns ?? {});
  const selected = selectColumns(
    all.map(({ name }) => name),
    options.usecols,
  );
  const percentiles = percentilesOf(options.percentiles);
  const level = levelOf(options);
  checkFigures(selected.length, percentiles.length, level);
  const most = Math.min(options.memory ?? memory, memory);
  const figures = selected.map((index): ColumnFigures => {
    const column = all[index]!;
    const nulls = rows - column.count;
    const common = { name: column.name, dtype: typeOf(column, nulls), nulls };
    if (common.dtype !== "bool" && common.dtype !== "object")
      return describeNumbers(common, [numbersOf(column)], percentiles, level);
    return describeOthers(common, column, most, level);
  });
  checkTexts(figures);
  if (level === "describe") return { rows, columns: figures };
  const valueAt = (row: number, name: string) =>
    records ? ownValue(records[row]!, name) : columns![name]![row];
  return { rows, columns: figures, ...tableFigures(figures, rows, valueAt, most) };
}

/** A key that a record lacks is null. */
function ownValue(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : null;
}

function tableFigures(
  figures: readonly ColumnFigures[],
  rows: number,
  valueAt: (row: number, name: string) => unknown,
  memory: number,
): Pick<Statistics, "correlations" | "duplicateRows"> {
  const numeric = figures.filter(isNumeric).slice(0, MOST_CORRELATED);
  const columns = numeric.map(({ name }) => ({
    name,
    values: Float64Array.from(
      { length: rows },
      (_, row) => (valueAt(row, name) as number | null) ?? Number.NaN,
    ),
  }));
  function* all() {
    for (let row = 0; row < rows; row++) yield figures.map(({ name }) => valueAt(row, name));
  }
  return { correlations: correlationsOf(columns), duplicateRows: duplicateRows(all(), memory) };
}

function columnsOf(columns: JsonColumns): Column[] {
  return Object.entries(columns).map(([name, values]) => ({
    name,
    values,
    count: values.reduce((count: number, value) => (value === null ? count : count + 1), 0),
  }));
}

/** A column for every key, in the order of first sight. */
function columnsOfRecords(records: JsonRecords): Column[] {
  const columns = new Map<string, unknown[]>();
  for (const record of records)
    for (const [name, value] of Object.entries(record)) {
      let values = columns.get(name);
      if (!values) {
        values = [];
        columns.set(name, values);
      }
      if (value !== null) values.push(value);
    }
  return [...columns].map(([name, values]) => ({ name, values, count: values.length }));
}

/**
 * pandas' dtype of a column with these values beside its nulls. Whole numbers beyond uint64 are float64: parsed
 * JSON does not tell 100000000000000000000 from 1e20.
 */
function typeOf({ values, count }: Column, nulls: number): string {
  const every = <V extends Value>(is: (value: V) => boolean) =>
    values.every((value) => value === null || is(value as V));
  if (count === 0) return nulls === 0 ? "float64" : "object";
  if (every((value) => typeof value === "boolean")) return nulls === 0 ? "bool" : "object";
  if (!every((value) => typeof value === "number")) return "object";
  if (nulls > 0 || !every(Number.isInteger)) return "float64";
  if (every((value: number) => value >= -(2 ** 63) && value < 2 ** 63)) return "int64";
  return every((value: number) => value >= 0 && value < 2 ** 64) ? "uint64" : "float64";
}

/** Without a copy in the thread's heap, which holds the parsed body already. */
function numbersOf({ values, count }: Column): Float64Array {
  const numbers = new Float64Array(count);
  let length = 0;
  for (const value of values) if (value !== null) numbers[length++] = value as number;
  return numbers;
}

function describeOthers(
  common: { name: string; dtype: string; nulls: number },
  { values }: Column,
  memory: number,
  level: Level,
): ColumnFigures {
  const counts = new ValueCounts(memory);
  for (const value of values) if (value !== null) counts.add(value as Value);
  const { count, unique } = counts;
  const top = counts.top(topOf(level));
  const extent = level === "describe" ? undefined : extentOf(counts);
  return describeValues(common, { count, unique, top }, level, extent && extentFigures(extent, count));
}

/** Undefined when a value is no text. */
function extentOf(counts: ValueCounts): TextExtent | undefined {
  const extent = new Extent(true);
  let texts = true;
  counts.each((value, count) => {
    const text = value();
    if (typeof text === "string") extent.add(Buffer.from(text), count);
    else texts = false;
  });
  return texts ? extent.extent : undefined;
}

/** What a value is taken to weigh, and the name of a column as well. */
const VALUE_BYTES = 8;

/** An estimate of the input's size, in bytes, without looking at every value. */
export function jsonBytes({ columns, records }: JsonInput): number {
  if (records) return VALUE_BYTES * records.length * Math.max(1, Object.keys(records[0] ?? {}).length);
  return Object.values(columns ?? {}).reduce((sum, values) => sum + VALUE_BYTES * (values.length + 1), 0);
}

/** Throws InputError: 400 for columns beside records, 422 for unequal columns, nested values and broken limits. */
export function checkJson({ columns, records }: JsonInput, limits: Limits): void {
  if (columns && records)
    throw InputError.invalid([{ path: "/records", message: "cannot be sent together with columns" }]);
  if (columns) checkColumns(columns, limits);
  if (records) checkRecords(records, limits);
}

function checkColumns(columns: JsonColumns, limits: Limits): void {
  const entries = Object.entries(columns);
  checkCount("/columns", entries.length, limits);
  const [first] = entries;
  for (const [name, values] of entries) {
    checkName("/columns", name, limits);
    const path = `/columns/${escapePointer(name)}`;
    if (values.length !== first![1].length)
      throw InputError.impossible(
        path,
        `has ${counted(values.length, "value")}, /columns/${escapePointer(first![0])} has ${first![1].length}`,
      );
    values.forEach((value, row) => {
      if (!isValue(value, limits)) throw mistake(`${path}/${row}`, value, limits);
    });
  }
}

function checkRecords(records: JsonRecords, limits: Limits): void {
  const names = new Set<string>();
  records.forEach((record, row) => {
    for (const [name, value] of Object.entries(record)) {
      if (!names.has(name)) checkName(`/records/${row}`, name, limits);
      names.add(name);
      if (!isValue(value, limits)) throw mistake(`/records/${row}/${escapePointer(name)}`, value, limits);
    }
    checkCount("/records", names.size, limits);
  });
}

function checkCount(path: string, count: number, limits: Limits): void {
  if (count > limits.columns)
    throw InputError.impossible(path, `has ${count} columns or more: COLUMNS is ${limits.columns}`);
}

/** A name is a field of the header; it is too long to be told where. */
function checkName(path: string, name: string, limits: Limits): void {
  if (fits(name, limits)) return;
  throw InputError.impossible(
    path,
    `has a name of ${Buffer.byteLength(name)} bytes: FIELD_BYTES is ${limits.fieldBytes}`,
  );
}

function isValue(value: unknown, limits: Limits): boolean {
  if (typeof value !== "string") return typeof value !== "object" || value === null;
  return fits(value, limits);
}

function fits(text: string, { fieldBytes }: Limits): boolean {
  // a UTF-16 unit is at most three bytes of UTF-8
  return text.length * 3 <= fieldBytes || Buffer.byteLength(text) <= fieldBytes;
}

function mistake(path: string, value: unknown, { fieldBytes }: Limits): InputError {
  if (typeof value === "string")
    return InputError.impossible(
      path,
      `is a text of ${Buffer.byteLength(value)} bytes: FIELD_BYTES is ${fieldBytes}`,
    );
  return InputError.impossible(path, "is nested: a value is a number, a text, true, false or null");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
