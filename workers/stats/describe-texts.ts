// The figures of a column of texts, or of truth values, from its distinct texts.
import {
  type ColumnFigures,
  type CountedValue,
  type Description,
  describeValues,
  type Level,
  topOf,
} from "./describe.js";
import { decode, type Encoding } from "./encoding.js";
import { Extent, extentFigures, joinExtents, NO_TEXTS, type TextExtent } from "./full/texts.js";
import { type Share, summaryOf, type TextPart, textsOf, WHOLE } from "./kernel/texts.js";
import { type Top, Tops } from "./kernel/tops.js";
import { entriesAt, type Piece } from "./table.js";

interface Column {
  name: string;
  nulls: number;
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

/** What a share of a column's distinct texts tells. */
export interface TextShare extends Column {
  count: number;
  unique: number;
  top: Top<string>[];
  /** At the full level. */
  extent: TextExtent | undefined;
}

/** Distinct texts of a column, those of the share `part` as far as they are divided. */
export function textParts(pieces: readonly Piece[], part?: number): TextPart[] {
  let base = 0;
  return pieces.flatMap(({ table, at }) => {
    const parts = entriesAt(table, at, part).map((entries) => ({ entries, base }));
    base += table.distinct[at]!;
    return parts;
  });
}

export function describeShare(
  column: Column,
  parts: readonly TextPart[],
  share: Share,
  { encoding, level }: Pick<Description, "encoding" | "level">,
): TextShare {
  const extent = level === "describe" ? undefined : new Extent(encoding.kind !== "single-byte");
  const visit = extent && ((text: Uint8Array, count: number) => extent.add(text, count));
  const { count, unique, top } = summaryOf(parts, share, topOf(level), visit);
  return { ...column, count, unique, top: decoded(top, encoding), extent: extent?.extent };
}

function decoded(top: readonly Top<Uint8Array>[], encoding: Encoding): Top<string>[] {
  return top.map(({ value, count, rank }) => ({ value: decode(encoding, value), count, rank }));
}

export function describeTexts(
  column: Column,
  pieces: readonly Piece[],
  description: Description,
): ColumnFigures {
  const parts = textParts(pieces);
  const whole = describeShare(column, parts, WHOLE, description);
  const truth = whole.unique <= TRUTH.size ? describeTruth(column, parts, description.level) : undefined;
  return truth ?? joinShares([whole], description.level);
}

/** Figures of a column of texts from all its shares. */
export function joinShares(shares: readonly TextShare[], level: Level): ColumnFigures {
  const { name, nulls } = shares[0]!;
  const tops = new Tops<string>(topOf(level));
  let count = 0;
  let unique = 0;
  for (const share of shares) {
    count += share.count;
    unique += share.unique;
    for (const { value, count, rank } of share.top) if (tops.takes(count, rank)) tops.add(value, count, rank);
  }
  const extent = shares.flatMap((share) => share.extent ?? []).reduce(joinExtents, NO_TEXTS);
  const common = { name, dtype: "object", nulls };
  return describeValues(common, { count, unique, top: tops.sorted() }, level, extentFigures(extent, count));
}

/** Figures of a column in which every value is a truth value; undefined for others. */
function describeTruth(
  { name, nulls }: Column,
  parts: readonly TextPart[],
  level: Level,
): ColumnFigures | undefined {
  /** In the order of first sight. */
  const seen = new Map<boolean, number>();
  let count = 0;
  for (const found of textsOf(parts)) {
    const value = TRUTH.get(Buffer.from(found.text).toString("latin1"));
    if (value === undefined) return undefined;
    seen.set(value, (seen.get(value) ?? 0) + found.count);
    count += found.count;
  }
  if (count === 0) return undefined;
  const top: CountedValue[] = Array.from(seen, ([value, count]) => ({ value, count }));
  top.sort((a, b) => b.count - a.count);
  const dtype = nulls === 0 ? "bool" : "object";
  return describeValues({ name, dtype, nulls }, { count, unique: seen.size, top }, level);
}
