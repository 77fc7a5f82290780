// What `level=full` adds of a column of texts.
import { type DateSpan, joinSpans, withDate } from "./dates.js";

/** Lengths in characters (code points), and the span of a column of dates. Sums, so that shares of a column can be joined. */
export interface TextExtent {
  minLength: number;
  maxLength: number;
  /** Of all values together. */
  characters: number;
  /** Whether all are dates. */
  areDates: boolean;
  span: DateSpan | undefined;
}

export const NO_TEXTS: TextExtent = {
  minLength: Number.POSITIVE_INFINITY,
  maxLength: 0,
  characters: 0,
  areDates: true,
  span: undefined,
};

/** Collects the extent of different texts. */
export class Extent {
  readonly extent: TextExtent = { ...NO_TEXTS };
  private readonly utf8: boolean;

  /** Texts are UTF-8, or a byte is a character. */
  constructor(utf8: boolean) {
    this.utf8 = utf8;
  }

  /** Sees a text `count` times. */
  add(text: Uint8Array, count: number): void {
    const { extent } = this;
    const length = this.utf8 ? codePoints(text) : text.length;
    extent.minLength = Math.min(extent.minLength, length);
    extent.maxLength = Math.max(extent.maxLength, length);
    extent.characters += count * length;
    if (!extent.areDates) return;
    const span = withDate(extent.span, Buffer.from(text).toString("latin1"));
    extent.areDates = span !== undefined;
    extent.span = span;
  }
}

export function joinExtents(a: TextExtent, b: TextExtent): TextExtent {
  const areDates = a.areDates && b.areDates;
  return {
    minLength: Math.min(a.minLength, b.minLength),
    maxLength: Math.max(a.maxLength, b.maxLength),
    characters: a.characters + b.characters,
    areDates,
    span: areDates && b.span ? joinSpans(a.span, b.span) : a.span,
  };
}

/** The figures of a column of `count` values. */
export function extentFigures(
  { minLength, maxLength, characters, areDates, span }: TextExtent,
  count: number,
) {
  const lengths =
    count === 0
      ? { minLength: null, maxLength: null, meanLength: null }
      : { minLength, maxLength, meanLength: characters / count };
  if (!areDates || !span) return lengths;
  const format = span.hasTime ? "date-time" : "date";
  return { ...lengths, format, earliest: span.earliest.text, latest: span.latest.text };
}

/** Of UTF-8: bytes that begin a character. */
function codePoints(text: Uint8Array): number {
  let length = 0;
  for (const byte of text) if ((byte & 0xc0) !== 0x80) length++;
  return length;
}
