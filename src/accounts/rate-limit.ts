// How often something happens in a minute, counted in Redis for all processes together.
import type { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { rateKey } from "../redis/keys.js";

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
  /** Counts one for `who`. */
  count(who: string): Promise<Usage>;
  /** What is counted for `who`. */
  look(who: string): Promise<Usage>;
}

/** Counts what is called `what`, up to `limit` in a window for each who does it. */
export function createRateLimit(redis: Redis, what: string, limit: number): RateLimit {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: rateKey(what),
    points: limit,
    duration: WINDOW,
  });
  const usage = (count: number, milliseconds: number): Usage => ({
    count,
    exceeded: count > limit,
    remaining: Math.max(0, limit - count),
    reset: Math.ceil(milliseconds / 1000),
  });
  return {
    limit,
    async count(who) {
      // `consume` would reject with what is no Error
      const { consumedPoints, msBeforeNext } = await limiter.penalty(encodeURIComponent(who));
      return usage(consumedPoints, msBeforeNext);
    },
    async look(who) {
      // the library's own way is a MULTI, which a Redis without memory refuses
      const key = limiter.getKey(encodeURIComponent(who));
      const [count, left] = await Promise.all([redis.get(key), redis.pttl(key)]);
      return usage(Number(count ?? 0), left > 0 ? left : WINDOW * 1000);
    },
  };
}
