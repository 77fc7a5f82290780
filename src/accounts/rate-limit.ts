// How often something happens in a minute, counted in Redis for all processes together.
import type { Redis } from "ioredis";
import { rateKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";

/** Seconds; it begins with the first thing that is counted. */
export const WINDOW = 60;

export interface Usage {
  /** What was counted in the window. */
  count: number;
  /** Whether that is more than may be. */
  exceeded: boolean;
  /** How often it may still happen. */
  remaining: number;
  /** Seconds until the count begins anew. */
  reset: number;
}

export interface RateLimit {
  /** How often it may happen in a window. */
  readonly limit: number;
  /** Counts one for `who`, or so many. */
  count(who: string, times?: number): Promise<Usage>;
  /** What is counted for `who`. */
  look(who: string): Promise<Usage>;
}

const COUNT = `
local count = redis.call('INCRBY', KEYS[1], ARGV[2])
if count == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

/** Counts what is called `what`, up to `limit` in a window for each who does it. */
export function createRateLimit(redis: Redis, what: string, limit: number): RateLimit {
  const run = defineScripts(redis, { abacusCount: COUNT });
  const usage = (count: number, milliseconds: number): Usage => ({
    count,
    exceeded: count > limit,
    remaining: Math.max(0, limit - count),
    reset: Math.ceil(milliseconds / 1000),
  });
  return {
    limit,
    async count(who, times = 1) {
      type Counted = [count: number, left: number];
      return usage(...(await run<Counted>("abacusCount", [rateKey(what, who)], WINDOW * 1000, times)));
    },
    async look(who) {
      const key = rateKey(what, who);
      const [count, left] = await Promise.all([redis.get(key), redis.pttl(key)]);
      return usage(Number(count ?? 0), left > 0 ? left : WINDOW * 1000);
    },
  };
}
