// Whether a Redis that somebody else runs keeps what it is given, said plainly at the start.
import type { Redis } from "ioredis";
import type { Logger } from "pino";

/** Logs a warning for each setting that can lose jobs, or that it cannot be told. */
export async function warnOfUnsafeRedis(redis: Redis, logger: Logger): Promise<void> {
  const setting = async (name: string) => ((await redis.config("GET", name)) as string[])[1];
  try {
    const policy = await setting("maxmemory-policy");
    if (policy !== "noeviction")
      logger.warn(
        `Redis may drop jobs when its memory is full: maxmemory-policy is ${policy}, not noeviction`,
      );
    if ((await setting("appendonly")) !== "yes")
      logger.warn("Redis may lose accepted jobs when it stops: appendonly is not yes");
  } catch (error) {
    // hosted Redis often forbids CONFIG
    logger.warn({ err: error }, "cannot tell whether this Redis keeps jobs: it does not show its settings");
  }
}
