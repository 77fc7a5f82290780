// Divides the reading and describing of a file among threads: the rounds of a `stats` job, and what joins them.
import type { Answer, Round, TaskContext } from "../job-type.js";
import type { ColumnFigures } from "./describe.js";
import { describeColumn } from "./describe-columns.js";
import { type OpenedTable, openTable } from "./open-table.js";
import type { Options } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { inputErrorOf, tooMuchMemory } from "./read-failure.js";
import { readTable } from "./read-table.js";
import { guessRecordStart } from "./record-start.js";
import { checkQuantiles, checkTexts } from "./result-size.js";
import { againSentence, foundSentence, readSentence } from "./sentences.js";
import { cutSlots, piecesOf, rowsOf, type Slot, textsToRead, verifySlots } from "./slots.js";
import type { Statistics } from "./statistics.js";
import { bytesOf, type Table } from "./table.js";

/** Files up to this size are read and described in one step. */
const SMALL_BYTES = 2 ** 20;
/** Bounds of the range of one part. */
const LEAST_PART_BYTES = 2 ** 20;
const MOST_PART_BYTES = 32 * 2 ** 20;
/** Numbers and distinct texts that are worth a round of describing in several threads. */
const MANY_VALUES = 500_000;

interface ReadPart {
  step: "read";
  slot: number;
  from: number;
  to: number;
  /** The first record's offset, when it is known. */
  start: number | undefined;
  /** Read these columns alone, as texts. */
  asTexts: number[] | undefined;
  /** Steps have no memory of their own: the first part of a round carries what is known so far. */
  slots: Slot[] | undefined;
}

interface DescribePart {
  step: "describe";
  /** Columns, by their place among the selected. */
  places: number[];
  slots: Slot[];
}

interface ReadResult {
  step: "read";
  slot: number;
  asTexts: boolean;
  table: Table | undefined;
  slots: Slot[] | undefined;
}

interface DescribeResult {
  step: "describe";
  places: number[];
  figures: ColumnFigures[];
  rows: number;
  skipped: number;
}

export type Part = ReadPart | DescribePart;
export type PartResult = ReadResult | DescribeResult;

type Context = TaskContext<{ options?: Options }>;

/** What decides how a file is divided; tests make these small. */
export interface Sizes {
  partBytes?: number;
  smallBytes?: number;
  manyValues?: number;
}

/** Answers at once for a small file and for one that can only be read from its beginning; else divides it. */
export async function planFile(context: Context, sizes: Sizes = {}): Promise<Round<Statistics, Part>> {
  const file = context.file!;
  const opened = await open(context);
  const { start, encoding, layout } = opened;
  context.log(foundSentence(file, opened));
  checkQuantiles(layout.columns.length, percentilesOf(context.input.options?.percentiles).length);
  const streamed = file.gzip || encoding.kind === "other";
  if (streamed || file.bytes <= (sizes.smallBytes ?? SMALL_BYTES))
    return finishHere(cutSlots(start, start, 1), context);

  const fair = Math.ceil((file.bytes - start) / (2 * context.threads));
  const partBytes = sizes.partBytes ?? Math.min(Math.max(fair, LEAST_PART_BYTES), MOST_PART_BYTES);
  const slots = cutSlots(start, file.bytes, partBytes);
  return readRound(
    slots,
    slots.map((_, slot) => ({ slot, start: slot === 0 ? start : undefined })),
  );
}

/** Reads a range, or describes columns. */
export async function runPart(part: Part, context: Context): Promise<PartResult> {
  const opened = await open(context);
  return part.step === "read" ? readPart(part, opened, context) : describePart(part, opened, context);
}

/** Ends the job, or says what has to be read or described next. */
export async function mergeParts(
  results: PartResult[],
  context: Context,
  sizes: Sizes = {},
): Promise<Round<Statistics, Part>> {
  const opened = await open(context);
  const described = results.filter((result) => result.step === "describe");
  if (described.length > 0) return { result: statisticsOf(described, opened, context) };

  const read = results.filter((result) => result.step === "read");
  const slots = read[0]!.slots!;
  for (const { slot, asTexts, table } of read) slots[slot]![asTexts ? "texts" : "table"] = table;
  const { misread, failed } = verifySlots(slots, opened.start);
  if (failed) throw await inputErrorOf(failed.failure!, opened, context);
  if (misread.length > 0) {
    context.log(againSentence(misread.length));
    return readRound(slots, misread);
  }
  checkMemory(slots, opened.layout.memory);

  const again = [...textsToRead(slots, opened.layout.columns)];
  if (again.length > 0)
    return readRound(
      slots,
      again.map(([slot, asTexts]) => ({ slot, start: slots[slot]!.table!.start, asTexts })),
    );
  return describeRound(slots, opened, context, sizes.manyValues ?? MANY_VALUES);
}

function open(context: Context): Promise<OpenedTable> {
  return openTable(context.input.options ?? {}, context);
}

/** All rounds of a table that is not divided. */
async function finishHere(slots: Slot[], context: Context): Promise<Answer<Statistics>> {
  const first = { slot: 0, start: slots[0]!.from };
  let round: Round<Statistics, Part> = readRound(slots, [first]);
  while ("parts" in round) {
    const results: PartResult[] = [];
    for (const part of round.parts) results.push(await runPart(part, context));
    round = await mergeParts(results, context, { manyValues: Number.POSITIVE_INFINITY });
  }
  return round;
}

function readRound(
  slots: Slot[],
  wanted: { slot: number; start: number | undefined; asTexts?: number[] }[],
): { parts: ReadPart[] } {
  const parts = wanted.map(({ slot, start, asTexts }, at): ReadPart => {
    const { from, to } = slots[slot]!;
    return { step: "read", slot, from, to, start, asTexts, slots: at === 0 ? slots : undefined };
  });
  return { parts };
}

async function readPart(part: ReadPart, opened: OpenedTable, context: Context): Promise<ReadResult> {
  const { slot, from, to, asTexts, slots } = part;
  const { layout } = opened;
  const { path, bytes } = context.file!;
  const memory = shareOfMemory(part, layout.memory, bytes);
  const wanted = asTexts
    ? { ...layout, columns: asTexts, asTexts: new Set(asTexts), memory }
    : { ...layout, memory };
  const start = part.start ?? guessRecordStart(path, from, Math.min(to, bytes), layout);
  const table =
    start === undefined || start >= to ? undefined : await readTable(opened, wanted, start, to, context);
  return { step: "read", slot, asTexts: asTexts !== undefined, table, slots };
}

/** Twice a range's fair share: so the ranges stay in bounds together until `mergeParts` adds them up. */
function shareOfMemory({ slot, from, to }: ReadPart, memory: number, bytes: number): number {
  // the only range; of one that is unpacked or transcoded, `from` has nothing to do with the file's size
  if (slot === 0 && to === Number.POSITIVE_INFINITY) return memory;
  return Math.min(memory, LEAST_PART_BYTES + (2 * memory * (Math.min(to, bytes) - from)) / bytes);
}

function checkMemory(slots: Slot[], memory: number): void {
  const tables = slots.flatMap(({ table, texts }) => [table, texts]);
  const bytes = tables.reduce((sum, table) => sum + (table ? bytesOf(table) : 0), 0);
  if (bytes > memory) throw tooMuchMemory(memory);
}

/** Describes a few values at once, and leaves many to several threads. */
function describeRound(
  slots: Slot[],
  opened: OpenedTable,
  context: Context,
  manyValues: number,
): Round<Statistics, Part> {
  const { columns } = opened.layout;
  const read = slots.filter(({ table }) => table).length;
  const { rows, skipped } = rowsOf(slots);
  context.log(readSentence(rows, read, skipped));
  const pieces = piecesOf(slots, columns);
  const weights = columns.map((_, place) =>
    pieces(place).reduce((sum, { table, at }) => sum + valuesAt(table, at), 1),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total >= manyValues && context.threads > 1)
    return {
      parts: balance(weights, context.threads).map((places) => ({ step: "describe", places, slots })),
    };
  const places = columns.map((_, place) => place);
  const described = describePart({ step: "describe", places, slots }, opened, context);
  return { result: statisticsOf([described], opened, context) };
}

/** Numbers and distinct texts of a column. */
function valuesAt({ valueOffsets, textOffsets }: Table, at: number): number {
  return valueOffsets[at + 1]! - valueOffsets[at]! + textOffsets[at + 1]! - textOffsets[at]!;
}

/** Divides places into groups of about the same weight: the heaviest first, each to the lightest group. */
function balance(weights: number[], groups: number): number[][] {
  const divided = Array.from({ length: groups }, () => ({ weight: 0, places: [] as number[] }));
  for (const [place, weight] of [...weights.entries()].sort((a, b) => b[1] - a[1])) {
    const lightest = divided.reduce((least, group) => (group.weight < least.weight ? group : least));
    lightest.weight += weight;
    lightest.places.push(place);
  }
  return divided.map(({ places }) => places).filter((places) => places.length > 0);
}

function describePart(
  { places, slots }: DescribePart,
  opened: OpenedTable,
  context: Context,
): DescribeResult {
  const { names, layout, encoding, nullNumbers } = opened;
  const { rows, skipped } = rowsOf(slots);
  const percentiles = percentilesOf(context.input.options?.percentiles);
  const pieces = piecesOf(slots, layout.columns);
  // the parts of the round are added up: the rows are told by the one that has the first column
  const detail = { rows: places.includes(0) ? rows : 0 };
  const figures = places.map((place, done) => {
    context.progress({ stage: "describing", done, total: layout.columns.length, unit: "columns", detail });
    const name = names[layout.columns[place]!]!;
    return describeColumn(name, pieces(place), { encoding, percentiles, nullNumbers, rows });
  });
  checkTexts(figures); // they cross the event loop
  return { step: "describe", places, figures, rows, skipped };
}

function statisticsOf(described: DescribeResult[], opened: OpenedTable, context: Context): Statistics {
  const { layout, encoding, newline } = opened;
  const { bytes, sha256 } = context.file!;
  const { rows, skipped } = described[0]!;
  const columns: ColumnFigures[] = [];
  for (const { places, figures } of described)
    places.forEach((place, at) => {
      columns[place] = figures[at]!;
    });
  checkTexts(columns);
  const source = {
    ...{ bytes, sha256, delimiter: String.fromCharCode(layout.delimiter), encoding: encoding.name, newline },
    ...(layout.skipLong ? { skippedRows: skipped } : {}),
  };
  return { rows, columns, source };
}
