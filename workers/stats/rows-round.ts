// The last rounds of the full level: the table is read once more, for what concerns whole rows.
import type { TaskContext } from "../job-type.js";
import { DISTINCT_ERROR, DistinctSketch } from "./approximate/distinct-sketch.js";
import type { ColumnFigures } from "./describe.js";
import { COMOMENTS, correlationMatrix, joinComoments } from "./full/correlation.js";
import { count, edgesOf, type Histogram } from "./full/histogram.js";
import { emptyKernel } from "./kernel/kernel.js";
import type { Range } from "./kernel/record-reader.js";
import { type RowColumn, RowMode, RowReader } from "./kernel/row-reader.js";
import type { OpenedTable } from "./open-table.js";
import { packJson, unpackJson } from "./packed-json.js";
import { inputErrorOf } from "./read-failure.js";
import { feed } from "./read-table.js";

/** Of so many number columns correlations are told. */
export const MOST_CORRELATED = 100;
const NO_NUMBERS: ReadonlySet<number> = new Set();
/** Hashes are kept in this many parts by their uppermost bits: so they can be counted in several threads. */
const SHARE_BITS = 3;
/** Rows whose hashes are worth a round of counting. */
const MANY_ROWS = 2_000_000;
/** Hashes that are copied to the kernel at once. */
const BLOCK = 65_536;

/** What is known when the rounds begin, carried by the first part of each. */
export interface Described {
  figures: ColumnFigures[];
  rows: number;
  skipped: number;
  ranges: Range[];
  /** As in a `DescribeResult`. */
  decimals: number[];
}

export interface RowsPart {
  step: "rows";
  range: Range;
  /** Bytes that all parts read. */
  total: number;
  plan: RowsPlan;
  /** A `Described`. */
  described: Uint8Array | undefined;
}

/** How to look at rows; arrays are by the columns' places. */
interface RowsPlan {
  /** Whether hashes are kept; else their number is estimated. */
  exact: boolean;
  bins: number;
  /** `RowMode` of each. */
  modes: Uint8Array;
  /** 1 for those with a decimal. */
  decimals: Uint8Array;
  /** Of the columns whose correlations are told: an outlier does not move it away from the others. NaN for the others. */
  medians: Float64Array;
  /** Between which a histogram is made of those that are not in memory; NaN for the others. */
  mins: Float64Array;
  maxs: Float64Array;
}

export interface RowsResult {
  step: "rows";
  /** By pairs. */
  comoments: Float64Array;
  /** By share. */
  hashes: Uint32Array[];
  registers: Uint8Array | undefined;
  /** Of columns that are not in memory, by place. */
  histograms: Record<number, Histogram>;
  described: Uint8Array | undefined;
}

/** What the full level tells of the table. */
export interface TableFigures {
  correlations: { columns: string[]; matrix: (number | null)[][] };
  duplicateRows: number;
  approximate?: true;
  errors?: { duplicateRows: number };
}

export const NO_ROWS: TableFigures = { correlations: { columns: [], matrix: [] }, duplicateRows: 0 };

export function planRows(described: Described, bins: number, memory: number, bytes: number): RowsPart[] {
  const { ranges, figures, rows } = described;
  const decimals = new Uint8Array(figures.length);
  for (const place of described.decimals) decimals[place] = 1;
  const medians = new Float64Array(figures.length).fill(Number.NaN);
  // null: infinite, or of no values
  for (const place of correlated(figures)) medians[place] = (figures[place]!["50%"] as number | null) ?? 0;
  // as of the columns that are in memory: none of a range that no double can tell
  const wanted = figures.map(({ approximate, dtype, min, max }) => {
    if (!approximate || dtype === "object") return false;
    return typeof min === "number" && typeof max === "number" && Number.isFinite(max - min);
  });
  const plan: RowsPlan = {
    exact: 8 * rows <= memory / 4,
    bins,
    modes: Uint8Array.from(figures, modeOf),
    ...{ decimals, medians },
    mins: Float64Array.from(figures, ({ min }, place) => (wanted[place] ? (min as number) : Number.NaN)),
    maxs: Float64Array.from(figures, ({ max }, place) => (wanted[place] ? (max as number) : Number.NaN)),
  };
  const total = ranges.reduce((sum, { start, to }) => sum + Math.min(to, bytes) - start, 0);
  return ranges.map((range, at) => ({
    ...{ step: "rows", range, total, plan: structuredClone(plan) },
    described: at === 0 ? packJson({ ...described, ranges: [] }) : undefined,
  }));
}

function modeOf(column: ColumnFigures): number {
  if (isNumeric(column)) return RowMode.numbers;
  return column.dtype === "bool" || typeof column.top === "boolean" ? RowMode.truths : RowMode.texts;
}

/** Places of the columns whose correlations are told. */
function correlated(figures: readonly ColumnFigures[]): number[] {
  return figures.flatMap((column, place) => (isNumeric(column) ? [place] : [])).slice(0, MOST_CORRELATED);
}

export function isNumeric({ dtype }: ColumnFigures): boolean {
  return dtype === "int64" || dtype === "uint64" || dtype === "float64";
}

export async function readRows(
  part: RowsPart,
  opened: OpenedTable,
  context: TaskContext,
): Promise<RowsResult> {
  const { range, total, plan, described } = part;
  const { modes, decimals, medians, mins, maxs, exact, bins } = plan;
  const histograms: Record<number, Histogram> = {};
  const columns = Array.from(modes, (mode, place): RowColumn => {
    const wanted = !Number.isNaN(mins[place]!);
    const edges = wanted ? edgesOf(mins[place]!, maxs[place]!, bins) : [];
    const counts = new Array<number>(bins).fill(0);
    if (wanted) histograms[place] = { counts, edges };
    return {
      mode,
      about: Number.isNaN(medians[place]!) ? undefined : medians[place]!,
      // only in a column with a decimal are they nulls; those of integers are known by their spelling
      nullNumbers: decimals[place] ? opened.layout.nullNumbers : NO_NUMBERS,
      visit: wanted ? (values) => count(values.filter(isNumber), edges, counts) : undefined,
    };
  });
  const shares = Array.from({ length: 2 ** SHARE_BITS }, () => new Hashes());
  const sketch = exact ? undefined : new DistinctSketch();
  const reader = new RowReader(opened.layout, range, columns, (words) => {
    for (let at = 0; at < words.length; at += 2) {
      const upper = words[at + 1]!;
      if (sketch) sketch.add(upper);
      else shares[upper >>> (32 - SHARE_BITS)]!.add(words[at]!, upper);
    }
  });
  await feed(reader, opened, range.start, context, { stage: "comparing", total });
  if (reader.failure) throw await inputErrorOf(reader.failure, opened, context);
  return {
    ...{ step: "rows", comoments: reader.comoments, histograms, described },
    hashes: shares.map((share) => share.all()),
    registers: sketch?.registers,
  };
}

function isNumber(value: number): boolean {
  return !Number.isNaN(value);
}

/** A growing list of hashes, two words each. */
class Hashes {
  private words = new Uint32Array(2048);
  private length = 0;

  add(lower: number, upper: number): void {
    if (this.length === this.words.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.words);
      this.words = larger;
    }
    this.words[this.length++] = lower;
    this.words[this.length++] = upper;
  }

  all(): Uint32Array {
    return this.words.slice(0, this.length);
  }
}

export interface CountPart {
  step: "count";
  hashes: Uint32Array[];
  held: { described: Uint8Array; table: Omit<TableFigures, "duplicateRows"> } | undefined;
}

export interface CountResult extends Omit<CountPart, "hashes"> {
  distinct: number;
}

/** Counts different hashes. */
export function countRows({ hashes, held }: CountPart): CountResult {
  const kernel = emptyKernel();
  const { exports } = kernel;
  const set = exports.newHashSet();
  const block = exports.take(4 * BLOCK) >>> 0;
  for (const words of hashes)
    for (let at = 0; at < words.length; at += BLOCK) {
      const part = words.subarray(at, at + BLOCK);
      new Uint32Array(kernel.memory.buffer, block, part.length).set(part);
      exports.addHashes(set, block, part.length / 2);
    }
  return { step: "count", distinct: exports.distinctHashes(set) >>> 0, held };
}

/** Joins what was read of rows: the table's figures, or parts that count hashes first. Histograms go to their columns. */
export function joinRows(
  results: readonly RowsResult[],
): { described: Described; table: TableFigures } | { parts: CountPart[] } {
  const described = unpackJson<Described>(results.find((result) => result.described)!.described!);
  const { rows, figures } = described;
  for (const { histograms } of results) addHistograms(figures, histograms);
  const table = { correlations: correlationsOf(figures, results) };
  const registers = results.flatMap((result) => result.registers ?? []);
  if (registers.length > 0) {
    const sketch = new DistinctSketch();
    for (const part of registers) sketch.merge(new DistinctSketch(part));
    const distinct = Math.min(rows, sketch.estimate());
    const errors = { duplicateRows: Math.ceil(DISTINCT_ERROR * distinct) };
    return { described, table: { ...table, duplicateRows: rows - distinct, approximate: true, errors } };
  }
  const held = { described: packJson(described), table };
  const parts = results[0]!.hashes.map(
    (_, share): CountPart => ({
      step: "count",
      hashes: results.map(({ hashes }) => hashes[share]!),
      held: share === 0 ? held : undefined,
    }),
  );
  return rows >= MANY_ROWS ? { parts } : joinCounts(parts.map(countRows));
}

export function joinCounts(results: readonly CountResult[]): { described: Described; table: TableFigures } {
  const { described: packed, table } = results.find(({ held }) => held)!.held!;
  const described = unpackJson<Described>(packed);
  const distinct = results.reduce((sum, result) => sum + result.distinct, 0);
  return { described, table: { ...table, duplicateRows: described.rows - distinct } };
}

function addHistograms(figures: readonly ColumnFigures[], histograms: Record<number, Histogram>): void {
  for (const [place, { counts, edges }] of Object.entries(histograms)) {
    const column = figures[Number(place)]!;
    const known = column.histogram as Histogram | null | undefined;
    column.histogram = {
      counts: known ? known.counts.map((count, bin) => count + counts[bin]!) : counts,
      edges,
    };
  }
}

function correlationsOf(
  figures: readonly ColumnFigures[],
  results: readonly RowsResult[],
): TableFigures["correlations"] {
  const places = correlated(figures);
  const [{ comoments }, ...others] = results as [RowsResult, ...RowsResult[]];
  for (const other of others)
    for (let at = 0; at < comoments.length; at += COMOMENTS)
      joinComoments(comoments.subarray(at, at + COMOMENTS), other.comoments.subarray(at, at + COMOMENTS));
  return {
    columns: places.map((place) => figures[place]!.name),
    matrix: correlationMatrix(places.length, comoments),
  };
}
