// A rate limit that seldom asks Redis: while much is left, several are counted ahead.
import type { RateLimit, Usage } from "./rate-limit.js";

/** Of what is left, the share that one process counts ahead at a time: what it does not use is lost to the others. */
const SHARE = 1 / 100;
const MOST_AHEAD = 20;
/** Of those who were counted lately, as many are kept. */
const MOST_KEPT = 1000;

interface Counted {
  /** As Redis has it. */
  readonly usage: Usage;
  /** Milliseconds: its window lasts until then, or a little longer. */
  readonly until: number;
  /** Counted ahead, and not used yet. */
  ahead: number;
}

/**
 * The same limit. For each one it is as exact as `limit` itself as soon as less than 200 are left. `now`: milliseconds of
 * a clock that only goes forward.
 */
export function countAhead(limit: RateLimit, now: () => number = () => performance.now()): RateLimit {
  const lately = new Map<string, Counted>();

  function current(who: string): Counted | undefined {
    const counted = lately.get(who);
    return counted && now() < counted.until ? counted : undefined;
  }

  return {
    ...limit,
    async count(who) {
      const before = current(who);
      if (before && before.ahead > 0) {
        before.ahead--;
        return usageOf(before, now());
      }
      const left = before?.usage.remaining ?? 0;
      const times = Math.max(1, Math.min(MOST_AHEAD, Math.floor(left * SHARE)));
      const usage = await limit.count(who, times);
      // others may have been counted meanwhile
      const ahead = (current(who)?.ahead ?? 0) + times - 1;
      const counted = { usage, ahead, until: now() + (usage.reset - 1) * 1000 };
      if (lately.size >= MOST_KEPT) lately.clear();
      lately.set(who, counted);
      return usageOf(counted, now());
    },
  };
}

/** Without what nobody has used. */
function usageOf({ usage, ahead, until }: Counted, now: number): Usage {
  return {
    count: usage.count - ahead,
    exceeded: usage.exceeded,
    remaining: usage.remaining + ahead,
    reset: Math.max(1, Math.ceil((until - now) / 1000) + 1),
  };
}
