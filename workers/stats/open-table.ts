// Looks at a file's beginning: its encoding, delimiter, line ends and names, and where its first row is.
import { isUtf8 } from "node:buffer";
import { InputError } from "../input-error.js";
import type { TaskContext } from "../job-type.js";
import type { Limits } from "../limits.js";
import { headOf, tableBytes, unpackedBytes } from "./bytes.js";
import { columnNames } from "./column-names.js";
import { findDelimiter } from "./delimiter.js";
import { chooseEncoding, decode, type Encoding, encode, firstInvalidUtf8 } from "./encoding.js";
import { TableReader } from "./kernel/table-reader.js";
import { delimiterByte, type Options, selectColumns } from "./options.js";
import { type Layout, RECORD_BYTES, type ReadFailure } from "./parse/layout.js";
import { DEFAULT_NULLS, NullValues, spellings } from "./parse/null-values.js";
import { Numeral, numberIn, parseNumber } from "./parse/parse-number.js";
import { CR, Found, LF, RecordScanner, unquote } from "./parse/record-scanner.js";
import { inputErrorOf } from "./read-failure.js";

/** What is looked at first, and again four times as much for as long as it does not suffice. */
const HEAD_BYTES = 65_536;
/** From here on the delimiter is judged by fewer records than it should be. */
const DELIMITER_BYTES = 4 * 2 ** 20;

export interface OpenedTable {
  encoding: Encoding;
  newline: "\n" | "\r\n" | "\r";
  /** Of all columns. */
  names: string[];
  /** Offset of the first row in the table's bytes. */
  start: number;
  /** For the columns that are described. */
  layout: Layout;
}

interface Head {
  bytes: Uint8Array;
  /** Nothing follows `bytes`. */
  whole: boolean;
  encoding: Encoding;
}

/** What is wrong with the first record has nothing to do with these. */
const NO_LAYOUT = { fields: 0, memory: 0 };

/** What this thread opened last: the steps of a job look at the same file. */
let last: { key: string; table: Promise<OpenedTable> } | undefined;

/**
 * Opens the context's file; the same for every step of a job. Throws InputError when there is nothing to
 * read, or the header breaks a limit or cannot be decoded.
 */
export function openTable(options: Options, context: TaskContext): Promise<OpenedTable> {
  const { job, file, limits, memory } = context;
  const key = JSON.stringify([job, file, limits, memory, options]);
  if (last?.key !== key) {
    const table = look(options, context);
    last = { key, table };
    // what could not be opened may be there the next time
    table.catch(() => {
      if (last?.table === table) last = undefined;
    });
  }
  return last.table;
}

async function look(options: Options, context: TaskContext): Promise<OpenedTable> {
  const file = context.file!;
  for (let size = HEAD_BYTES; ; size *= 4) {
    const raw = await headOf(unpackedBytes(file, context.limits), size);
    const encoding = chooseEncoding(raw.head, options.encoding);
    const { head: bytes, whole } =
      encoding.kind === "other" ? await headOf(tableBytes(file, encoding, context.limits), size) : raw;
    const table = await lookAt({ bytes, whole, encoding }, options, context);
    if (table) return table;
    if (size > RECORD_BYTES)
      throw InputError.unreadable(
        `the first ${size} bytes hold no whole record, ${RECORD_BYTES} being the most`,
      );
  }
}

/** Undefined when the head does not suffice. */
async function lookAt(head: Head, options: Options, context: TaskContext): Promise<OpenedTable | undefined> {
  const { bytes, whole, encoding } = head;
  const { limits } = context;
  // a byte order mark is read as UTF-8 has it, whatever the file's encoding
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const delimiter = options.delimiter
    ? delimiterByte(options.delimiter)
    : findDelimiter(bytes, begin, whole, limits.fieldBytes, bytes.length < DELIMITER_BYTES);
  if (delimiter === undefined) return undefined;

  const scanner = new RecordScanner(delimiter, limits.columns, limits.fieldBytes);
  const first = firstRecord(head, begin, scanner);
  if (first === undefined) return undefined;
  if (typeof first === "object") throw await inputErrorOf(first, { encoding, layout: NO_LAYOUT }, context);
  checkColumns(scanner.fields, limits);
  const { header = true } = options;
  if (header) await checkHeader(head, first, scanner.next, context);
  const names = header
    ? columnNames(fieldTexts(bytes, scanner, encoding))
    : Array.from({ length: scanner.fields }, (_, index) => `${index}`);

  const start = header ? scanner.next : begin;
  const layout = layoutOf(options, encoding, delimiter, names, context);
  const sample = new TableReader(
    { ...layout, skipLong: true },
    { start, to: Number.POSITIVE_INFINITY, seed: 0n },
  );
  sample.feed(bytes.subarray(start, start + HEAD_BYTES), whole && bytes.length <= start + HEAD_BYTES);
  return {
    encoding,
    newline: newlineBefore(bytes, scanner.next),
    names,
    start,
    layout: { ...layout, asTexts: new Set(sample.notNumbers) },
  };
}

/** Scans the first record and answers its offset; undefined when it does not end in the head. */
function firstRecord(head: Head, begin: number, scanner: RecordScanner): number | ReadFailure | undefined {
  const { bytes, whole } = head;
  for (let at = begin; at < bytes.length; at = scanner.next) {
    const found = scanner.scan(bytes, at, bytes.length, whole);
    if (found === Found.record) return at;
    if (found === Found.incomplete) return undefined;
    if (found === Found.oversize) return { kind: "oversize-field", offset: scanner.fieldStart };
    if (found === Found.unclosed) return { kind: "unclosed", offset: scanner.fieldStart };
  }
  if (!whole) return undefined;
  throw InputError.unreadable(
    bytes.length === begin
      ? "there is nothing to read: the file is empty"
      : "there is nothing to read: the file holds only blank lines",
  );
}

function checkColumns(columns: number, limits: Limits): void {
  if (columns > limits.columns)
    throw InputError.unreadable(`COLUMNS is ${limits.columns}: the first record has ${columns} fields`);
}

async function checkHeader(head: Head, from: number, to: number, context: TaskContext): Promise<void> {
  const header = head.bytes.subarray(from, to);
  if (head.encoding.kind !== "utf-8" || isUtf8(header)) return;
  const offset = from + firstInvalidUtf8(header);
  const { encoding } = head;
  throw await inputErrorOf({ kind: "utf8", offset }, { encoding, layout: NO_LAYOUT }, context);
}

function fieldTexts(bytes: Uint8Array, scanner: RecordScanner, encoding: Encoding): string[] {
  return Array.from({ length: scanner.fields }, (_, index) => {
    const start = scanner.starts[index]!;
    const end = scanner.ends[index]!;
    if (start >= 0) return decode(encoding, bytes.subarray(start, end));
    const content = new Uint8Array(end - ~start);
    return decode(encoding, content.subarray(0, unquote(bytes, ~start, end, content)));
  });
}

/** The line end before `offset`; LF when there is none. */
function newlineBefore(bytes: Uint8Array, offset: number): "\n" | "\r\n" | "\r" {
  if (bytes[offset - 1] === CR) return "\r";
  return bytes[offset - 1] === LF && bytes[offset - 2] === CR ? "\r\n" : "\n";
}

function layoutOf(
  options: Options,
  encoding: Encoding,
  delimiter: number,
  names: string[],
  context: TaskContext,
): Layout {
  const nulls = nullTexts(options).flatMap((text) => encode(encoding, text) ?? []);
  return {
    delimiter,
    fields: names.length,
    skipLong: options.badRows === "skip",
    columns: selectColumns(names, options.usecols),
    asTexts: new Set(),
    missing: new NullValues(nulls),
    numericNulls: nulls.some((bytes) => parseNumber(bytes, 0, bytes.length) !== Numeral.none),
    nullNumbers: nullNumbers(options),
    utf8: encoding.kind === "utf-8",
    utf8Texts: encoding.kind !== "single-byte",
    full: options.level === "full",
    fieldBytes: context.limits.fieldBytes,
    memory: Math.min(options.memory ?? Number.POSITIVE_INFINITY, context.memory),
  };
}

function nullTexts({ naValues = [], keepDefaultNa = true }: Options): string[] {
  return [...(keepDefaultNa ? DEFAULT_NULLS : []), ...naValues.flatMap(spellings)];
}

/** As in pandas, a null value that is a number stands for every spelling of it, in a column that is read as doubles. */
function nullNumbers({ naValues = [] }: Options): Set<number> {
  return new Set(naValues.flatMap((text) => numberIn(text) ?? []));
}
