// Divides the describing of what was read among threads: by groups of columns, and columns of many texts by their hashes.
import type { TaskContext } from "../job-type.js";
import type { ColumnFigures, Level } from "./describe.js";
import { describeColumn, summary } from "./describe-columns.js";
import { describeShare, joinShares, type TextShare, textParts } from "./describe-texts.js";
import type { Range } from "./kernel/record-reader.js";
import type { TextPart } from "./kernel/texts.js";
import type { OpenedTable } from "./open-table.js";
import { levelOf, type Options } from "./options.js";
import { packJson, unpackJson } from "./packed-json.js";
import { Numeral } from "./parse/parse-number.js";
import { percentilesOf } from "./percentiles.js";
import { checkTexts } from "./result-size.js";
import { piecesOf, rowsOf, type Slot } from "./slots.js";
import { groupsOf, type Piece, SHARE_BITS } from "./table.js";

/** How much describing is worth a round of its own: numbers, and distinct texts as many times as they take longer. */
export const MANY_VALUES = 1_000_000;
const TEXT_WEIGHT = 16;

/** What was read of a range. */
type Values = Pick<Slot, "tables" | "texts">;

/** Those distinct texts of a column whose hashes begin with `part`. */
interface ShareUnit {
  place: number;
  nulls: number;
  part: number;
  parts: TextPart[];
}

export interface DescribePart {
  step: "describe";
  /** Columns to describe, by their places among the selected, and what holds their values. */
  places: Uint32Array;
  slots: Values[];
  shares: ShareUnit[];
  rows: number;
  skipped: number;
  /** What has been read, for a later round. */
  ranges: Range[];
  /** Places of the columns with a decimal, where null numbers are nulls however they are spelled; when there are such numbers. */
  decimals: number[];
  /** The parts of the round are added up: one of them tells the rows. */
  tellsRows: boolean;
}

export interface DescribeResult {
  step: "describe";
  places: Uint32Array;
  /** Those of the columns, as JSON: so they move, and are no objects on the event loop. */
  figures: Uint8Array;
  shares: { place: number; share: TextShare }[];
  rows: number;
  skipped: number;
  ranges: Range[];
  decimals: number[];
}

/** The figures, by the columns' places, or the parts of a round that works them out in several threads. */
export function describeRound(
  slots: readonly Slot[],
  opened: OpenedTable,
  context: TaskContext,
  seed: bigint,
  manyValues: number,
): DescribeResult | { parts: DescribePart[] } {
  const { columns } = opened.layout;
  const { rows, skipped } = rowsOf(slots);
  const pieces = piecesOf(slots, columns);
  const places = columns.map((_, place) => place);
  const weights = places.map((place) => weightOf(pieces(place)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const ranges = slots.flatMap(({ read }) => (read ? { start: read.start, to: read.end, seed } : []));
  const hasDecimal = (place: number) => (summary(pieces(place)).kinds & Numeral.decimal) !== 0;
  const decimals = opened.layout.nullNumbers.size > 0 ? places.filter(hasDecimal) : [];
  const rest = { step: "describe", rows, skipped, ranges, decimals } as const;
  if (total < manyValues || context.threads === 1) {
    const part = {
      ...rest,
      places: Uint32Array.from(places),
      slots: [...slots],
      shares: [],
      tellsRows: true,
    };
    return runDescribe(part, opened, context);
  }

  const most = total / context.threads / 2;
  const divided = new Set(places.filter((place) => weights[place]! > most && isDivided(pieces(place))));
  const work: Work[] = groupsOf(columns.length).map((all, group) => {
    const whole = all.filter((place) => !divided.has(place));
    return {
      weight: whole.reduce((sum, place) => sum + weights[place]!, 0),
      groups: [group],
      places: whole,
      shares: [],
    };
  });
  for (const place of divided)
    for (const share of sharesOf(place, pieces(place)))
      work.push({ weight: weights[place]! / 2 ** SHARE_BITS, groups: [], places: [], shares: [share] });
  const parts = balance(work, context.threads).map(({ groups, places, shares }, at) => ({
    ...rest,
    places: Uint32Array.from(places),
    slots: valuesOf(slots, new Set(groups)),
    shares,
    tellsRows: at === 0,
  }));
  return { parts };
}

/** The values of some groups of columns. */
function valuesOf(slots: readonly Slot[], groups: ReadonlySet<number>): Values[] {
  return slots.map(({ tables, texts }) => ({
    tables: tables.filter(({ group }) => groups.has(group)),
    texts: texts.filter(({ group }) => groups.has(group)),
  }));
}

/** Works out figures. */
export function runDescribe(part: DescribePart, opened: OpenedTable, context: TaskContext): DescribeResult {
  const { rows, skipped, ranges, decimals, tellsRows } = part;
  const { names, layout, encoding } = opened;
  const { options = {} } = context.input as { options?: Options };
  const percentiles = percentilesOf(options.percentiles);
  const description = {
    encoding,
    percentiles,
    nullNumbers: layout.nullNumbers,
    level: levelOf(options),
    seed: ranges[0]?.seed ?? 0n,
    rows,
  };
  const nameOf = (place: number) => names[layout.columns[place]!]!;
  let done = 0;
  const tell = (columns: number) => {
    const detail = { rows: tellsRows ? rows : 0 };
    const total = layout.columns.length;
    context.progress({ stage: "describing", done: Math.floor(done), total, unit: "columns", detail });
    done += columns;
  };
  const pieces = piecesOf(part.slots, layout.columns);
  const figures = Array.from(part.places, (place) => {
    tell(1);
    return describeColumn(nameOf(place), pieces(place), description);
  });
  const shares = part.shares.map(({ place, nulls, part, parts }) => {
    tell(2 ** -SHARE_BITS);
    const share = { part, bits: SHARE_BITS };
    return { place, share: describeShare({ name: nameOf(place), nulls }, parts, share, description) };
  });
  checkTexts([...figures, ...shares.map(({ share: { name, top } }) => ({ name, topValues: top }))]);
  return {
    ...{ step: "describe", rows, skipped, ranges, decimals },
    ...{ places: part.places, figures: packJson(figures), shares },
  };
}

/** The figures of all columns, in their order. */
export function figuresIn(results: readonly DescribeResult[], level: Level): ColumnFigures[] {
  const figures: ColumnFigures[] = [];
  const shares = new Map<number, TextShare[]>();
  for (const result of results) {
    for (const [at, found] of unpackJson<ColumnFigures[]>(result.figures).entries())
      figures[result.places[at]!] = found;
    for (const { place, share } of result.shares) shares.set(place, [...(shares.get(place) ?? []), share]);
  }
  for (const [place, found] of shares) figures[place] = joinShares(found, level);
  return figures;
}

/** How long a column takes. */
function weightOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { table: { valueOffsets, distinct }, at }) => {
    return sum + valueOffsets[at + 1]! - valueOffsets[at]! + TEXT_WEIGHT * distinct[at]!;
  }, 1);
}

/** Whether a column has so many texts that they were divided when they were packed. */
function isDivided(pieces: readonly Piece[]): boolean {
  if (pieces.some(({ table, at }) => table.approximate[at])) return false;
  return pieces.some(({ table, at }) => table.many[at]);
}

/** The shares of a column. What was divided is taken out of its tables, and the rest is copied. */
function sharesOf(place: number, pieces: readonly Piece[]): ShareUnit[] {
  const { nulls } = summary(pieces);
  const whole = pieces.filter(({ table, at }) => !table.many[at]);
  const copied = new Set(textParts(whole).map(({ entries }) => entries.buffer));
  const shares = Array.from({ length: 2 ** SHARE_BITS }, (_, part) => {
    const parts = textParts(pieces, part).map(({ entries, base }) => ({
      entries: copied.has(entries.buffer) ? entries.slice() : entries,
      base,
    }));
    return { place, nulls, part, parts };
  });
  for (const { table, at } of pieces) delete table.many[at];
  return shares;
}

interface Work {
  weight: number;
  /** Groups of columns whose values belong to it. */
  groups: number[];
  places: number[];
  shares: ShareUnit[];
}

/** Divides work into parts of about the same weight: the heaviest first, each to the lightest part. */
function balance(work: Work[], parts: number): Work[] {
  const divided = Array.from(
    { length: parts },
    (): Work => ({ weight: 0, groups: [], places: [], shares: [] }),
  );
  for (const { weight, groups, places, shares } of work.sort((a, b) => b.weight - a.weight)) {
    const lightest = divided.reduce((least, part) => (part.weight < least.weight ? part : least));
    lightest.weight += weight;
    lightest.groups.push(...groups);
    lightest.places.push(...places);
    lightest.shares.push(...shares);
  }
  return divided.filter(({ places, shares }) => places.length + shares.length > 0);
}
