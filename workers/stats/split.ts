// Divides a file's reading and describing among threads: the rounds of a `stats` job, and what joins them.
import type { Answer, Round, TaskContext } from "../job-type.js";
import { typeOfNumbers } from "./column-type.js";
import type { ColumnFigures } from "./describe.js";
import { type Description, describeColumn, type Piece, summary } from "./describe-columns.js";
import { type OpenedTable, openTable } from "./open-table.js";
import type { Options } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { inputErrorOf, tooMuchMemory } from "./read-failure.js";
import { readTable } from "./read-table.js";
import { guessRecordStart } from "./record-start.js";
import type { Description as Result } from "./result.js";
import { bytesOf, hasNumbers, type Table } from "./table.js";

/** Files up to this size are read and described in one step. */
const SMALL_BYTES = 2 ** 20;
/** Bounds of the range of one part. */
const LEAST_PART_BYTES = 2 ** 20;
const MOST_PART_BYTES = 32 * 2 ** 20;
/** Numbers and distinct texts that are worth a round of describing in several threads. */
const MANY_VALUES = 500_000;

/**
 * A range of the file. Its records are those that begin in [from, to): the range is cut anywhere, and where
 * its first record begins is at first a guess, which the end of the range before it proves or refutes.
 */
interface Slot {
  from: number;
  to: number;
  /** What was read of it; undefined when no record begins in it, as far as is known. */
  table: Table | undefined;
  /** Columns that had to be read again as texts, because they are in other ranges. */
  texts: Table | undefined;
}

export type Part =
  /** Reads a slot: from `start` when it is known; only the columns `asTexts`, as texts, when these are given. */
  | { step: "read"; slot: number; start: number | undefined; asTexts: number[] | undefined; slots: Slot[] }
  /** Describes some columns, by their place among the selected. */
  | { step: "describe"; places: number[]; slots: Slot[] };

export type PartResult =
  | { step: "read"; slot: number; again: boolean; table: Table | undefined; slots: Slot[] }
  | { step: "describe"; places: number[]; figures: ColumnFigures[]; rows: number; skipped: number };

export interface Input {
  options?: Options;
}

type Context = TaskContext<Input>;

/** The bytes that a part reads, and the size up to which a file is not divided. Tests make them small. */
export interface Sizes {
  partBytes?: number;
  smallBytes?: number;
}

/** Answers at once for a small file and for one that can only be read from its beginning; else divides it. */
export async function planFile(context: Context, sizes: Sizes = {}): Promise<Round<Result, Part>> {
  const file = context.file!;
  const table = await openTable(context.input.options ?? {}, context);
  const dividable = !file.gzip && table.encoding.kind !== "other";
  if (!dividable || file.bytes <= (sizes.smallBytes ?? SMALL_BYTES))
    return finishHere([emptySlot(table.start, Number.POSITIVE_INFINITY)], context);

  const bytes = file.bytes - table.start;
  const fair = Math.ceil(bytes / (2 * context.threads));
  const partBytes = sizes.partBytes ?? Math.min(Math.max(fair, LEAST_PART_BYTES), MOST_PART_BYTES);
  const count = Math.max(1, Math.ceil(bytes / partBytes));
  const slots = Array.from({ length: count }, (_, at) => {
    const from = table.start + at * partBytes;
    return emptySlot(from, at === count - 1 ? Number.POSITIVE_INFINITY : from + partBytes);
  });
  return { parts: slots.map((_, slot) => readPart(slots, slot, slot === 0 ? table.start : undefined)) };
}

function emptySlot(from: number, to: number): Slot {
  return { from, to, table: undefined, texts: undefined };
}

/** The slots go with each round's first part: steps have no other memory. A part needs its own slot alone. */
function readPart(slots: Slot[], slot: number, start: number | undefined, asTexts?: number[]): Part {
  return { step: "read", slot, start, asTexts, slots };
}

/** All rounds of a table that is not divided. */
async function finishHere(slots: Slot[], context: Context): Promise<Answer<Result>> {
  let round: Round<Result, Part> = { parts: [readPart(slots, 0, slots[0]!.from)] };
  while ("parts" in round) {
    const results: PartResult[] = [];
    for (const part of round.parts) results.push(await runPart(part, context));
    round = await mergeParts(results, context, Number.POSITIVE_INFINITY);
  }
  return round;
}

/** Reads a range, or describes columns. */
export async function runPart(part: Part, context: Context): Promise<PartResult> {
  const opened = await openTable(context.input.options ?? {}, context);
  if (part.step === "describe") return describePart(part.places, part.slots, opened, context);
  const { slot, slots, asTexts } = part;
  const { from, to } = slots[slot]!;
  const { layout } = opened;
  const start = part.start ?? guessRecordStart(context.file!.path, from, to, layout);
  const wanted = asTexts
    ? { ...layout, columns: asTexts, asTexts: new Set(asTexts) }
    : { ...layout, memory: shareOfMemory(slots[slot]!, layout.memory, context) };
  const table =
    start === undefined || start >= to ? undefined : await readTable(opened, wanted, start, to, context);
  return { step: "read", slot, again: asTexts !== undefined, table, slots };
}

/** Twice a range's fair share: the ranges together stay in bounds before `mergeParts` adds them up. */
function shareOfMemory({ from, to }: Slot, memory: number, context: Context): number {
  const bytes = Math.min(to, context.file!.bytes) - from;
  return Math.min(memory, (2 * memory * bytes) / context.file!.bytes + LEAST_PART_BYTES);
}

/** Ends the job, or says what has to be read or described next. */
export async function mergeParts(
  results: PartResult[],
  context: Context,
  manyValues = MANY_VALUES,
): Promise<Round<Result, Part>> {
  const opened = await openTable(context.input.options ?? {}, context);
  const slots: Slot[] = [];
  const described: ColumnFigures[] = [];
  let counts = { rows: 0, skipped: 0 };
  for (const result of results) {
    if (result.step === "describe") {
      result.places.forEach((place, at) => {
        described[place] = result.figures[at]!;
      });
      counts = result;
    } else {
      if (slots.length === 0) slots.push(...result.slots);
      slots[result.slot]![result.again ? "texts" : "table"] = result.table;
    }
  }
  if (slots.length === 0) return { result: resultOf(described, counts, opened, context) };

  const misread = await findMisread(slots, opened, context);
  if (misread.length > 0) return { parts: misread };
  checkMemory(slots, opened);
  const textsToRead = findTextsToRead(slots, opened);
  if (textsToRead.length > 0) return { parts: textsToRead };
  return describeOrDivide(slots, opened, context, manyValues);
}

/**
 * The ranges that were read from a wrong place. The first range is right, and a range that begins where the
 * one before it ended is as right as that one. Throws what stopped the reading of a right one.
 */
async function findMisread(slots: Slot[], opened: OpenedTable, context: Context): Promise<Part[]> {
  const misread: Part[] = [];
  let expected: number | undefined = opened.start;
  for (const [at, slot] of slots.entries()) {
    const { table } = slot;
    if (expected !== undefined && expected >= slot.to) {
      // no record begins in it, whatever was read; a record before it is that long
      if (misread.length === 0) slot.table = undefined;
      continue;
    }
    if (expected !== undefined && table?.start !== expected) {
      misread.push(readPart(slots, at, expected));
      expected = undefined;
    } else if (table?.failure) {
      if (misread.length === 0) throw await failureOf(table, opened, context);
      expected = undefined;
    } else expected = table?.end;
  }
  return misread;
}

function failureOf(table: Table, { encoding, layout }: OpenedTable, context: Context): Promise<Error> {
  return inputErrorOf(
    table.failure!,
    encoding,
    { expected: layout.fields, memory: layout.memory },
    context,
  );
}

function checkMemory(slots: Slot[], { layout }: OpenedTable): void {
  const bytes = slots
    .flatMap(({ table, texts }) => [table, texts])
    .reduce((sum, table) => sum + (table ? bytesOf(table) : 0), 0);
  if (bytes > layout.memory) throw tooMuchMemory(layout.memory);
}

/** The ranges in which columns look like numbers that are texts elsewhere, or by their size are no numbers. */
function findTextsToRead(slots: Slot[], opened: OpenedTable): Part[] {
  const pieces = piecesOf(slots, opened);
  const bySlot = new Map<number, number[]>();
  opened.layout.columns.forEach((index, place) => {
    const { kinds, nulls, texts } = summary(pieces(place));
    if (!texts && typeOfNumbers(kinds, nulls > 0) !== undefined) return;
    slots.forEach((slot, at) => {
      if (!slot.table || !hasNumbers(slot.table, place) || slot.texts?.columns.includes(index)) return;
      bySlot.set(at, [...(bySlot.get(at) ?? []), index]);
    });
  });
  return [...bySlot].map(([at, columns]) => readPart(slots, at, slots[at]!.table!.start, columns));
}

/** Where a selected column's values are, in the order of the file. */
function piecesOf(slots: Slot[], { layout }: OpenedTable): (place: number) => Piece[] {
  const again = slots.map(({ texts }) => new Map(texts?.columns.map((index, at) => [index, at])));
  return (place) =>
    slots.flatMap(({ table, texts }, slot) => {
      const at = again[slot]!.get(layout.columns[place]!);
      if (at !== undefined) return [{ table: texts!, at }];
      return table ? [{ table, at: place }] : [];
    });
}

async function describeOrDivide(
  slots: Slot[],
  opened: OpenedTable,
  context: Context,
  manyValues: number,
): Promise<Round<Result, Part>> {
  const { columns } = opened.layout;
  const pieces = piecesOf(slots, opened);
  const weights = columns.map((_, place) =>
    pieces(place).reduce((sum, { table, at }) => sum + sizeAt(table, at), 1),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { rows } = rowsOf(slots);
  const parts = slots.filter(({ table }) => table).length;
  context.log(`read ${rows} rows in ${parts} ${parts === 1 ? "part" : "parts"}`);
  const groups = total < manyValues ? 1 : Math.min(context.threads, columns.length);
  if (groups > 1)
    return { parts: balanced(weights, groups).map((places) => ({ step: "describe", places, slots })) };
  const places = columns.map((_, place) => place);
  return mergeParts([describePart(places, slots, opened, context)], context);
}

/** Numbers and distinct texts of a column. */
function sizeAt({ valueOffsets, textOffsets }: Table, at: number): number {
  return valueOffsets[at + 1]! - valueOffsets[at]! + textOffsets[at + 1]! - textOffsets[at]!;
}

/** Divides places into groups of about the same weight: the heaviest first, each to the lightest group. */
function balanced(weights: number[], groups: number): number[][] {
  const divided = Array.from({ length: groups }, () => ({ weight: 0, places: [] as number[] }));
  const heaviest = [...weights.entries()].sort((a, b) => b[1] - a[1]);
  for (const [place, weight] of heaviest) {
    const lightest = divided.reduce((least, group) => (group.weight < least.weight ? group : least));
    lightest.weight += weight;
    lightest.places.push(place);
  }
  return divided.map(({ places }) => places).filter((places) => places.length > 0);
}

function describePart(places: number[], slots: Slot[], opened: OpenedTable, context: Context): PartResult {
  const { names, layout, encoding, nullNumbers } = opened;
  const { rows, skipped } = rowsOf(slots);
  const percentiles = percentilesOf(context.input.options?.percentiles);
  const description: Description = { encoding, percentiles, nullNumbers, rows };
  const pieces = piecesOf(slots, opened);
  const figures = places.map((place, done) => {
    context.progress({ stage: "describing", done, total: places.length, unit: "columns", detail: { rows } });
    return describeColumn(names[layout.columns[place]!]!, pieces(place), description);
  });
  return { step: "describe", places, figures, rows, skipped };
}

function rowsOf(slots: Slot[]): { rows: number; skipped: number } {
  return slots.reduce(
    (sum, { table }) => ({
      rows: sum.rows + (table?.rows ?? 0),
      skipped: sum.skipped + (table?.skipped ?? 0),
    }),
    { rows: 0, skipped: 0 },
  );
}

function resultOf(
  columns: ColumnFigures[],
  { rows, skipped }: { rows: number; skipped: number },
  { layout, encoding, newline }: OpenedTable,
  context: Context,
): Result {
  const { bytes, sha256 } = context.file!;
  return {
    rows,
    columns,
    source: {
      bytes,
      sha256,
      delimiter: String.fromCharCode(layout.delimiter),
      encoding: encoding.name,
      newline,
      ...(layout.skipLong ? { skippedRows: skipped } : {}),
    },
  };
}
