// Texts that are dates: ISO 8601's calendar dates, and date-times to the minute or finer.

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const TIME = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?`;
const ZONE = String.raw`(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)`;
const PATTERN = new RegExp(`^${DATE}(?:[T ]${TIME}${ZONE}?)?$`);
/** Longer texts are none. */
const LONGEST = 40;

/** A point in time; a date is its first instant, and what names no zone is in UTC. */
export interface Instant {
  hasTime: boolean;
  /** Since 1970, without a fraction of a second. */
  seconds: number;
  /** Digits after the point. */
  fraction: string;
}

/** What an ASCII text says; undefined when it is no date. */
export function instantOf(text: string): Instant | undefined {
  if (text.length > LONGEST) return undefined;
  const parts = PATTERN.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const days = date.getTime() / 1000;
  if (hour === undefined) return { hasTime: false, seconds: days, fraction: "" };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = days + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetOf(zone);
  return { hasTime: true, seconds, fraction: fraction.replace(/0+$/, "") };
}

/** Seconds that a zone is ahead of UTC. */
function offsetOf(zone = "Z"): number {
  if (zone === "Z") return 0;
  const digits = zone.slice(1).replace(":", "");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2) || 0) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}

export function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.fraction < b.fraction);
}

interface Dated {
  text: string;
  instant: Instant;
}

/** Of one instant's spellings the first in alphabetical order, so that which is told does not depend on theirs. */
function earlier(a: Dated, b: Dated): Dated {
  if (isBefore(a.instant, b.instant)) return a;
  return isBefore(b.instant, a.instant) || b.text < a.text ? b : a;
}

function later(a: Dated, b: Dated): Dated {
  if (isBefore(b.instant, a.instant)) return a;
  return isBefore(a.instant, b.instant) || b.text < a.text ? b : a;
}

/** The earliest and the latest of texts that are all dates. */
export interface DateSpan {
  hasTime: boolean;
  earliest: Dated;
  latest: Dated;
}

/** The span with one text more; undefined when that is no date. */
export function withDate(span: DateSpan | undefined, text: string): DateSpan | undefined {
  const instant = instantOf(text);
  if (!instant) return undefined;
  return joinSpans(span, {
    hasTime: instant.hasTime,
    earliest: { text, instant },
    latest: { text, instant },
  });
}

export function joinSpans(a: DateSpan | undefined, b: DateSpan): DateSpan {
  if (!a) return b;
  return {
    hasTime: a.hasTime || b.hasTime,
    earliest: earlier(a.earliest, b.earliest),
    latest: later(a.latest, b.latest),
  };
}
