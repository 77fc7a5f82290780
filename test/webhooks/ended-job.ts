// Jobs that have ended, as their records say, for tests of what follows.
import type { Redis } from "ioredis";
import { newId } from "../../src/jobs/id.js";
import { jobKey } from "../../src/redis/keys.js";

export interface EndedJob {
  webhook: string;
  account?: string;
  state?: "completed" | "failed" | "canceled";
  /** The end's number. */
  deliveries?: number;
  /** Milliseconds until it expires. */
  ttl?: number;
  input?: string;
  error?: string;
}

/** Writes the record as the end of a job leaves it; returns the job's id. */
export async function writeEnded(redis: Redis, job: EndedJob): Promise<string> {
  const id = newId();
  const finishedAt = Date.now();
  const { ttl = 600_000, ...fields } = job;
  const expiresAt = finishedAt + ttl;
  const common = { account: "ann", type: "test.echo", lane: "interactive", madeName: "", input: "{}" };
  const times = { createdAt: finishedAt - 20, startedAt: finishedAt - 10, finishedAt, expiresAt };
  await redis.hset(jobKey(id), { state: "completed", deliveries: 1, ...common, ...times, ...fields });
  await redis.pexpireat(jobKey(id), expiresAt);
  return id;
}
