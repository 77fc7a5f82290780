// Column statistics of JSON: nothing is parsed, a value is what its JSON type says.
import { InputError } from "../input-error.js";
import { escapePointer } from "../json.js";
import type { Limits } from "../limits.js";
import { type ColumnFigures, describeNumbers, describeValues, type Figure } from "./describe.js";
import { type Options, selectColumns } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import type { Statistics } from "./statistics.js";

export type JsonColumns = Record<string, unknown[]>;
export type JsonRecords = Record<string, unknown>[];
export interface JsonInput {
  columns?: JsonColumns;
  records?: JsonRecords;
  options?: Options;
}

type Value = string | number | boolean;

/** A column without its nulls: a key that most records lack costs nothing. */
interface Column {
  name: string;
  values: Value[];
}

/** Statistics of JSON columns or records that `checkJson` let pass. */
export function describeJson({ columns, records, options = {} }: JsonInput): Statistics {
  const rows = records ? records.length : (Object.values(columns ?? {})[0]?.length ?? 0);
  const all = records ? columnsOfRecords(records) : columnsOf(columns ?? {});
  const selected = selectColumns(
    all.map(({ name }) => name),
    options.usecols,
  );
  const percentiles = percentilesOf(options.percentiles);
  const figures = selected.map((index): ColumnFigures => {
    const { name, values } = all[index]!;
    const nulls = rows - values.length;
    const dtype = typeOf(values, nulls);
    if (dtype !== "bool" && dtype !== "object")
      return describeNumbers({ name, dtype, nulls }, Float64Array.from(values as number[]), percentiles);
    return describeValues({ name, dtype, nulls }, countValues(values));
  });
  return { rows, columns: figures };
}

function columnsOf(columns: JsonColumns): Column[] {
  return Object.entries(columns).map(([name, values]) => ({
    name,
    values: values.filter((value): value is Value => value !== null),
  }));
}

/** A column for every key, in the order of first sight. */
function columnsOfRecords(records: JsonRecords): Column[] {
  const columns = new Map<string, Column>();
  for (const record of records)
    for (const [name, value] of Object.entries(record)) {
      let column = columns.get(name);
      if (!column) {
        column = { name, values: [] };
        columns.set(name, column);
      }
      if (value !== null) column.values.push(value as Value);
    }
  return [...columns.values()];
}

/**
 * pandas' dtype of a column with these values beside its nulls. Whole numbers beyond uint64 are float64: parsed
 * JSON does not tell 100000000000000000000 from 1e20.
 */
function typeOf(values: Value[], nulls: number): string {
  if (values.length === 0) return nulls === 0 ? "float64" : "object";
  if (values.every((value) => typeof value === "boolean")) return nulls === 0 ? "bool" : "object";
  if (!values.every((value) => typeof value === "number")) return "object";
  if (nulls > 0 || !values.every(Number.isInteger)) return "float64";
  if (values.every((value) => value >= -(2 ** 63) && value < 2 ** 63)) return "int64";
  return values.every((value) => value >= 0 && value < 2 ** 64) ? "uint64" : "float64";
}

/** Counts values as Python compares them: true is 1 and false is 0, and the first seen stands for both. */
function countValues(values: Value[]): { count: number; unique: number; top: Figure; freq: number | null } {
  const seen = new Map<string | number, { value: Value; times: number }>();
  for (const value of values) {
    const key = typeof value === "boolean" ? Number(value) : value;
    const entry = seen.get(key);
    if (entry) entry.times++;
    else seen.set(key, { value, times: 1 });
  }
  let top: Figure = null;
  let freq = 0;
  for (const { value, times } of seen.values()) {
    if (times <= freq) continue;
    top = value;
    freq = times;
  }
  return { count: values.length, unique: seen.size, top, freq: freq || null };
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
