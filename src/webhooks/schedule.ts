// When a delivery that failed is tried again.

/** Milliseconds between two attempts of a series: about 5 s, 30 s, 5 min, 30 min, 2 h and 6 h. */
export const RETRY_DELAYS: readonly number[] = [5, 30, 300, 1800, 7200, 21_600].map(
  (seconds) => seconds * 1000,
);

/** The longest wait that a receiver can ask for; milliseconds. */
const LONGEST = 86_400_000;
/** Each delay is this share shorter or longer at most, so that what failed together does not return together. */
const JITTER = 0.2;

/** The milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), if it can be read. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // a date has a name for its month; `Date` reads nearly anything
  const date = /^[A-Za-z]+,? .*\d{4}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Milliseconds until the next attempt after `failures` of a series; undefined when that was the last. A receiver can
 * ask for more time (`retryAfter`), a day at most, and never for less.
 */
export function nextDelay(
  delays: readonly number[],
  failures: number,
  retryAfter: number | undefined,
  random = Math.random(),
): number | undefined {
  const delay = delays[failures - 1];
  if (delay === undefined) return undefined;
  const own = delay * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(own, Math.min(retryAfter ?? 0, LONGEST)));
}
