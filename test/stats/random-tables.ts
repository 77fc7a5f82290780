// Random tables of known values, and the dialects of CSV in which they can be written.
import { gzipSync } from "node:zlib";
import type { Options } from "../../workers/stats/options.js";

export type Value = number | boolean | string | null;

export interface RandomColumn {
  name: string;
  dtype: "int64" | "uint64" | "float64" | "bool" | "object";
  values: Value[];
  /** What stands in the file; of no meaning for a null. */
  texts: string[];
  /** Whether spaces may stand around the texts. */
  takesSpaces: boolean;
}

export interface RandomTable {
  rows: number;
  columns: RandomColumn[];
}

export interface Dialect {
  delimiter: string;
  /** Told as an option; else it has to be found. */
  isGiven: boolean;
  lineEnds: string[];
  /** How often fields are quoted that need not be. */
  quoting: number;
  blankLines: boolean;
  /** One blank line is so long that what follows is not seen when a file's beginning is looked at for types. */
  longBlankLine: boolean;
  spaces: boolean;
  header: boolean;
  encoding: "utf-8" | "utf-8-sig" | "utf-16le" | "utf-16be" | "windows-1252" | "latin-1";
  gzip: boolean;
  finalNewline: boolean;
  /** Nulls at the end of a record are left out. */
  shortRecords: boolean;
}

export type Random = () => number;

const DELIMITERS = [",", ";", "\t", "|"];
const LINE_ENDS = [["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]];
const NULLS = ["", "", "NA", "null", "NaN", "#N/A"];
const LETTERS = ["a", "b", "c d", "é", "ß", "€", "1", ".", " ", "\n", "\r\n", "\r", '"', '""', ...DELIMITERS];
const MORE_LETTERS = ["Ω", "日本", "\u{1f600}", "e\u0301", "\u2028"];
const LONG_BLANK_LINE = " ".repeat(70_000);
/** The first records, by which a delimiter is found. */
const FIRST = 20;

const below = (random: Random, most: number) => Math.floor(random() * most);
const among = <Item>(random: Random, items: readonly Item[]) => items[below(random, items.length)]!;

export function randomTable(random: Random): RandomTable {
  const rows = random() < 0.05 ? 0 : 1 + below(random, random() < 0.5 ? 8 : 60);
  const letters = random() < 0.5 ? LETTERS : [...LETTERS, ...MORE_LETTERS];
  const columns = Array.from({ length: 1 + below(random, 6) }, (_, at) => ({
    name: `${at}${randomText(random, letters)}`,
    ...randomColumn(random, rows, letters),
  }));
  return { rows, columns };
}

function randomColumn(random: Random, rows: number, letters: readonly string[]): Omit<RandomColumn, "name"> {
  const nullShare = among(random, [0, 0, 0.1, 0.5, 1]);
  const isNull = Array.from(
    { length: rows },
    () => random() < (nullShare === 1 && random() < 0.9 ? 1 : nullShare),
  );
  const count = isNull.filter((missing) => !missing).length;
  const { dtype, values, texts, takesSpaces } = among(random, KINDS)(random, count, letters);
  let next = 0;
  const places = isNull.map((missing) => (missing ? -1 : next++));
  return {
    dtype: typeOf(dtype, rows, count),
    values: places.map((place) => values[place] ?? null),
    texts: places.map((place) => texts[place] ?? ""),
    takesSpaces: takesSpaces ?? false,
  };
}

/** Nulls make integers doubles and truth values objects; a column without rows is one of objects. */
function typeOf(dtype: RandomColumn["dtype"], rows: number, count: number): RandomColumn["dtype"] {
  if (rows === 0) return "object";
  if (count === 0) return "float64";
  if (count === rows || dtype === "object") return dtype;
  return dtype === "bool" ? "object" : "float64";
}

interface Kind {
  dtype: RandomColumn["dtype"];
  values: Value[];
  texts: string[];
  takesSpaces?: boolean;
}

const KINDS: ((random: Random, count: number, letters: readonly string[]) => Kind)[] = [
  integers,
  integers,
  unsigned,
  tooLarge,
  decimals,
  decimals,
  truths,
  texts,
  texts,
  dates,
  constants,
];

function integers(random: Random, count: number): Kind {
  const size = among(random, [3n, 1000n, 10n ** 12n, 2n ** 63n - 1n]);
  return spelled(
    "int64",
    random,
    draws(count, () => randomInteger(random, size) * among(random, [1n, 1n, -1n])),
  );
}

/** One at least is beyond 2^63, all are below 2^64. */
function unsigned(random: Random, count: number): Kind {
  const values = draws(count, () => randomInteger(random, among(random, [10n, 2n ** 64n - 1n])));
  force(random, values, 2n ** 63n + randomInteger(random, 2n ** 63n - 1n));
  return spelled("uint64", random, values);
}

function spelled(dtype: "int64" | "uint64", random: Random, values: bigint[]): Kind {
  const texts = values.map((value) => {
    if (value < 0n) return `${value}`;
    return `${among(random, ["", "", "", "+"])}${"0".repeat(random() < 0.1 ? below(random, 20) : 0)}${value}`;
  });
  return { dtype, values: values.map(Number), texts, takesSpaces: true };
}

/** Integers of which one at least is beyond 2^64: texts. */
function tooLarge(random: Random, count: number): Kind {
  const values = draws(count, () => `${among(random, ["", "0"])}${randomInteger(random, 50n)}`);
  force(random, values, `${2n ** 64n + randomInteger(random, 1000n)}`);
  return { dtype: "object", values, texts: values };
}

function decimals(random: Random, count: number): Kind {
  const exponent = among(random, [0, 3, 12, -9, 120]);
  const texts = draws(count, () => {
    const value = (random() - 0.5) * 10 ** exponent;
    const spellings = [
      `${value}`,
      value.toExponential(),
      value.toPrecision(4),
      `${Math.round(random() * 9)}`,
      ".5",
      "4.",
    ];
    return random() < 0.005 ? among(random, ["inf", "-Infinity"]) : among(random, spellings);
  });
  force(random, texts, "0.25");
  // infinities stand without spaces
  const takesSpaces = !texts.some((text) => /inf/i.test(text));
  const values = texts.map((text) => (text === "inf" ? Number.POSITIVE_INFINITY : Number(text)));
  return { dtype: "float64", values, texts, takesSpaces };
}

function truths(random: Random, count: number): Kind {
  const texts = draws(count, () => among(random, ["True", "TRUE", "true", "False", "FALSE", "false"]));
  return { dtype: "bool", values: texts.map((text) => text.toLowerCase() === "true"), texts };
}

/** Some look like numbers or truth values, one at least does not. */
function texts(random: Random, count: number, letters: readonly string[]): Kind {
  const distinct = draws(1 + below(random, 20), () =>
    random() < 0.2 ? among(random, ["1", "1.0", "01", "True", "1e400"]) : randomText(random, letters),
  );
  const values = draws(count, () => among(random, distinct));
  force(random, values, `text${randomText(random, letters)}`);
  return { dtype: "object", values, texts: values };
}

/** Some of them name the same instant. */
function dates(random: Random, count: number): Kind {
  const values = draws(count, () => {
    const date = `20${10 + below(random, 3)}-0${1 + below(random, 9)}-${10 + below(random, 3)}`;
    return random() < 0.7
      ? date
      : `${date}${among(random, ["T00:00", " 00:00:00", "T00:00:00.000Z", "T12:30+02:00"])}`;
  });
  return { dtype: "object", values, texts: values };
}

function constants(random: Random, count: number, letters: readonly string[]): Kind {
  if (random() < 0.5) return spelled("int64", random, new Array(count).fill(randomInteger(random, 100n)));
  const values = new Array<string>(count).fill(`constant ${randomText(random, letters)}`);
  return { dtype: "object", values, texts: values };
}

function draws<Item>(count: number, draw: () => Item): Item[] {
  return Array.from({ length: count }, draw);
}

function force<Item>(random: Random, values: Item[], value: Item): void {
  if (values.length > 0) values[below(random, values.length)] = value;
}

/** In [0, most]. */
function randomInteger(random: Random, most: bigint): bigint {
  const bits = (BigInt(below(random, 2 ** 32)) << 32n) | BigInt(below(random, 2 ** 32));
  return bits % (most + 1n);
}

/** Neither empty nor a null. */
function randomText(random: Random, letters: readonly string[]): string {
  return draws(1 + below(random, 6), () => among(random, letters)).join("");
}

export function randomDialect(random: Random, table: RandomTable): Dialect {
  const cells = table.columns.flatMap(({ name, texts }) => [name, ...texts]).join("");
  const delimiter = among(random, DELIMITERS);
  const others = DELIMITERS.some((other) => other !== delimiter && cells.includes(other));
  const canBeFound = !others && (table.columns.length > 1 || delimiter === ",");
  const isWestern = !MORE_LETTERS.some((letter) => cells.includes(letter));
  const western = isWestern ? (["windows-1252", "latin-1"] as const) : [];
  const one = (share: number) => random() < share;
  return {
    delimiter,
    isGiven: !canBeFound || one(0.3),
    lineEnds: among(random, LINE_ENDS),
    quoting: among(random, [0, 0.3, 1]),
    blankLines: one(0.3),
    longBlankLine: one(0.3),
    spaces: one(0.3),
    // without rows there is nothing but a header
    header: table.rows === 0 || one(0.8),
    encoding: among(random, ["utf-8", "utf-8", "utf-8-sig", "utf-16le", "utf-16be", ...western]),
    gzip: one(0.2),
    finalNewline: one(0.8),
    shortRecords: one(0.3),
  };
}

/** What has to be said for the file to be read. */
export function optionsOf({ delimiter, isGiven, header, encoding }: Dialect): Options {
  return {
    ...(isGiven ? { delimiter } : {}),
    ...(header ? {} : { header }),
    ...(encoding === "windows-1252" || encoding === "latin-1" ? { encoding } : {}),
  };
}

export function writeTable(random: Random, { rows, columns }: RandomTable, dialect: Dialect): Buffer {
  const { delimiter, isGiven, lineEnds, blankLines, longBlankLine, header, finalNewline, shortRecords } =
    dialect;
  const records = header ? [columns.map(({ name }) => quoted(random, name, dialect))] : [];
  for (let row = 0; row < rows; row++)
    records.push(columns.map((column) => fieldAt(random, column, row, dialect)));
  const afterLong = longBlankLine ? 1 + below(random, records.length) : -1;
  let content = "";
  records.forEach((fields, at) => {
    if (blankLines && random() < 0.2) content += among(random, ["", "  ", "\n"]) + among(random, lineEnds);
    if (at === afterLong) content += LONG_BLANK_LINE + among(random, lineEnds);
    const isFirst = at === 0 || (!isGiven && at < FIRST);
    const line = (shortRecords && !isFirst ? shortened(fields) : fields).join(delimiter);
    const isLast = at === records.length - 1;
    content += line.trim() === "" ? notBlank(fields, delimiter) : line;
    content += isLast && !finalNewline ? "" : among(random, lineEnds);
  });
  const bytes = encode(content, dialect.encoding);
  return dialect.gzip ? gzipSync(bytes, { level: 1 }) : bytes;
}

function fieldAt(random: Random, column: RandomColumn, row: number, dialect: Dialect): string {
  if (column.values[row] === null) return quoted(random, among(random, NULLS), dialect);
  const text = column.texts[row]!;
  const isSpaced = dialect.spaces && column.takesSpaces && random() < 0.5;
  return quoted(random, isSpaced ? `${" ".repeat(below(random, 3))}${text} ` : text, dialect);
}

function quoted(random: Random, text: string, { delimiter, quoting }: Dialect): string {
  const needsQuotes = /["\r\n]/.test(text) || text.includes(delimiter);
  return needsQuotes || random() < quoting ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Without the empty fields at the end. */
function shortened(fields: readonly string[]): readonly string[] {
  const last = fields.findLastIndex((field) => field !== "" && field !== '""');
  return fields.slice(0, Math.max(1, last + 1));
}

/** The record of a line that would be blank. */
function notBlank(fields: readonly string[], delimiter: string): string {
  const line = fields.map((field) => (/^\s+$/.test(field) ? `"${field}"` : field)).join(delimiter);
  return line === "" ? '""' : line;
}

function encode(text: string, encoding: Dialect["encoding"]): Buffer {
  switch (encoding) {
    case "utf-8":
      return Buffer.from(text);
    case "utf-8-sig":
      return Buffer.from(`\ufeff${text}`);
    case "utf-16le":
      return Buffer.from(`\ufeff${text}`, "utf16le");
    case "utf-16be":
      return Buffer.from(`\ufeff${text}`, "utf16le").swap16();
    default:
      return Buffer.from(text.replaceAll("€", "\x80"), "latin1");
  }
}
