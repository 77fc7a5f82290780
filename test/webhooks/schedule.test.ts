// When a delivery that failed is tried again: the delays of the series, and what receivers ask for.
import t from "tap";
import { nextDelay, RETRY_DELAYS, readRetryAfter } from "../../src/webhooks/schedule.js";

t.test("about 5 s, 30 s, 5 min, 30 min, 2 h and 6 h, and then no more", (t) => {
  t.same(RETRY_DELAYS, [5000, 30_000, 300_000, 1_800_000, 7_200_000, 21_600_000]);
  for (const [at, delay] of RETRY_DELAYS.entries()) {
    const drawn = Array.from({ length: 200 }, () => nextDelay(RETRY_DELAYS, at + 1, undefined) as number);
    t.ok(drawn.every((one) => one >= 0.8 * delay && one <= 1.2 * delay));
    t.ok(new Set(drawn).size > 100, "no two at once");
    t.equal(nextDelay(RETRY_DELAYS, at + 1, undefined, 0.5), delay);
  }
  t.equal(nextDelay(RETRY_DELAYS, 7, undefined), undefined);
  t.equal(nextDelay(RETRY_DELAYS, 7, 1000), undefined, "whatever is asked for");
  t.end();
});

t.test("Retry-After asks for more, a day at most, and never for less", (t) => {
  t.equal(nextDelay(RETRY_DELAYS, 1, 60_000), 60_000);
  t.equal(nextDelay(RETRY_DELAYS, 2, 1000, 0.5), 30_000);
  t.equal(nextDelay(RETRY_DELAYS, 1, 1e12), 86_400_000);
  t.equal(nextDelay(RETRY_DELAYS, 1, Number.POSITIVE_INFINITY), 86_400_000);
  t.end();
});

t.test("Retry-After as seconds, as a date, and as nonsense", (t) => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const cases: [header: string | undefined, milliseconds: number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7000],
    ["9".repeat(400), Number.POSITIVE_INFINITY],
    ["Sat, 21 Nov 2026 12:01:00 GMT", 60_000],
    ["Saturday, 21-Nov-26 12:01:00 GMT", undefined],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["Sat, 99 Nov 2026 11:00:00 GMT", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["2026", 2_026_000],
    ["2026-11-21", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [header, milliseconds] of cases)
    t.equal(readRetryAfter(header, now), milliseconds, String(header));
  t.end();
});
