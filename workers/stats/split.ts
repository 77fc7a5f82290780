// Divides the reading and describing of a file among threads: the rounds of a `stats` job, and what joins them.

import type { Answer, Round, TaskContext } from "../job-type.js";
import {
  type DescribePart,
  type DescribeResult,
  describeRound,
  figuresIn,
  MANY_VALUES,
  runDescribe,
} from "./describe-round.js";
import { leaveKernel, randomSeed } from "./kernel/kernel.js";
import { type OpenedTable, openTable } from "./open-table.js";
import { levelOf, type Options } from "./options.js";
import { percentilesOf } from "./percentiles.js";
import { inputErrorOf } from "./read-failure.js";
import { type ReadPart, type ReadResult, readPart, readRound } from "./read-round.js";
import { checkFigures, checkTexts } from "./result-size.js";
import {
  type CountPart,
  type CountResult,
  countRows,
  type Described,
  joinCounts,
  joinRows,
  NO_ROWS,
  planRows,
  type RowsPart,
  type RowsResult,
  readRows,
  type TableFigures,
} from "./rows-round.js";
import { againSentence, estimatesSentence, foundSentence, readSentence } from "./sentences.js";
import { cutSlots, rowsOf, type Slot, textsToRead, verifySlots } from "./slots.js";
import type { Statistics } from "./statistics.js";

/** Files up to this size are read and described in one step. */
const SMALL_BYTES = 2 ** 20;
/** Bounds of the range of one part. */
const LEAST_PART_BYTES = 2 ** 20;
const MOST_PART_BYTES = 256 * 2 ** 20;

export type Part = ReadPart | DescribePart | RowsPart | CountPart;
export type PartResult = ReadResult | DescribeResult | RowsResult | CountResult;

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
  const { options = {} } = context.input;
  checkFigures(layout.columns.length, percentilesOf(options.percentiles).length, levelOf(options));
  const streamed = file.gzip || encoding.kind === "other";
  if (streamed || file.bytes <= (sizes.smallBytes ?? SMALL_BYTES)) return finishHere(start, context);

  const slots = cutSlots(
    start,
    file.bytes,
    sizes.partBytes ?? partBytesOf(file.bytes - start, context.threads),
  );
  return readRound(
    slots,
    slots.map((_, slot) => ({ slot, start: slot === 0 ? start : undefined })),
    randomSeed(),
    file.bytes,
  );
}

/** Two parts for each thread, or four or more as they would become too large; of the same size, for each has its share of the memory. */
function partBytesOf(bytes: number, threads: number): number {
  const turns = 2 * Math.ceil(bytes / (2 * threads * MOST_PART_BYTES));
  const parts = Math.max(1, Math.min(turns * threads, Math.floor(bytes / LEAST_PART_BYTES)));
  return Math.max(1, Math.ceil(bytes / parts));
}

/** Reads a range, or describes columns. */
export async function runPart(part: Part, context: Context): Promise<PartResult> {
  const opened = await open(context);
  try {
    return await resultOf(part, opened, context);
  } finally {
    leaveKernel();
  }
}

function resultOf(part: Part, opened: OpenedTable, context: Context): PartResult | Promise<PartResult> {
  switch (part.step) {
    case "read":
      return readPart(part, opened, context);
    case "describe":
      return runDescribe(part, opened, context);
    case "rows":
      return readRows(part, opened, context);
    case "count":
      return countRows(part);
  }
}

/** Ends the job, or says what has to be read or described next. */
export async function mergeParts(
  results: PartResult[],
  context: Context,
  sizes: Sizes = {},
): Promise<Round<Statistics, Part>> {
  const opened = await open(context);
  const described = results.filter((result) => result.step === "describe");
  if (described.length > 0) return afterDescribing(described, opened, context);
  const compared = results.filter((result) => result.step === "rows");
  if (compared.length > 0) {
    const joined = joinRows(compared);
    return "parts" in joined ? joined : endWith(joined, opened, context);
  }
  const counts = results.filter((result) => result.step === "count");
  if (counts.length > 0) return endWith(joinCounts(counts), opened, context);

  const found = results.filter((result) => result.step === "read");
  const { slots, seed } = found[0] as { slots: Slot[]; seed: bigint };
  for (const { slot, read, tables, texts, asTexts } of found)
    if (asTexts) slots[slot]!.texts.push(...texts);
    else Object.assign(slots[slot]!, { read, tables, texts });
  const { misread, failed } = verifySlots(slots, opened.start);
  if (failed) throw await inputErrorOf(failed, opened, context);
  if (misread.length > 0) {
    context.log(againSentence(misread.length));
    return readRound(slots, misread, seed, context.file!.bytes);
  }

  const again = [...textsToRead(slots, opened.layout.columns)];
  if (again.length > 0)
    return readRound(
      slots,
      again.map(([slot, asTexts]) => ({ slot, start: slots[slot]!.read!.start, asTexts })),
      seed,
      context.file!.bytes,
    );
  const { rows, skipped } = rowsOf(slots);
  context.log(readSentence(rows, slots.filter(({ read }) => read).length, skipped));
  const round = describeRound(slots, opened, context, seed, sizes.manyValues ?? MANY_VALUES);
  return "parts" in round ? round : afterDescribing([round], opened, context);
}

/** The describe level ends here; the full level looks at the rows. */
function afterDescribing(
  results: DescribeResult[],
  opened: OpenedTable,
  context: Context,
): Round<Statistics, Part> {
  const level = levelOf(context.input.options ?? {});
  const { rows, skipped, ranges, decimals } = results[0]!;
  const described = { figures: figuresIn(results, level), rows, skipped, ranges, decimals };
  if (level === "describe") return endWith({ described, table: undefined }, opened, context);
  if (ranges.length === 0) return endWith({ described, table: NO_ROWS }, opened, context);
  return { parts: planRows(described, level.bins, opened.layout.memory, context.file!.bytes) };
}

function open(context: Context): Promise<OpenedTable> {
  return openTable(context.input.options ?? {}, context);
}

/** All rounds of a table that is not divided. */
async function finishHere(start: number, context: Context): Promise<Answer<Statistics>> {
  const slots = cutSlots(0, 0, 1);
  const first = { slot: 0, start };
  let round: Round<Statistics, Part> = readRound(slots, [first], randomSeed(), context.file!.bytes);
  while ("parts" in round) {
    const results: PartResult[] = [];
    for (const part of round.parts) results.push(await runPart(part, context));
    round = await mergeParts(results, context, { manyValues: Number.POSITIVE_INFINITY });
  }
  return round;
}

function endWith(
  { described, table }: { described: Described; table: TableFigures | undefined },
  opened: OpenedTable,
  context: Context,
): Answer<Statistics> {
  const { layout, encoding, newline } = opened;
  const { bytes, sha256 } = context.file!;
  const { figures: columns, rows, skipped } = described;
  checkTexts(columns);
  const estimates = columns.filter(({ approximate }) => approximate).length;
  if (estimates > 0) context.log(estimatesSentence(estimates, layout.memory));
  const source = {
    ...{ bytes, sha256, delimiter: String.fromCharCode(layout.delimiter), encoding: encoding.name, newline },
    ...(layout.skipLong ? { skippedRows: skipped } : {}),
  };
  return { result: { rows, columns, ...table, source } };
}
