// How often something happens in a minute, counted in Redis for all processes together.
import type { Redis } from "ioredis";
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";
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
  const usage = (found: RateLimiterRes | null): Usage => ({
    count: found?.consumedPoints ?? 0,
    exceeded: found !== null && found.consumedPoints > limit,
    remaining: found?.remainingPoints ?? limit,
    reset: Math.ceil((found?.msBeforeNext ?? WINDOW * 1000) / 1000),
  });
  return {
    limit,
    // `consume` would reject with what is no Error
    count: async (who) => usage(await limiter.penalty(encodeURIComponent(who))),
    look: async (who) => usage(await limiter.get(encodeURIComponent(who))),
  };
}
