// Adds jobs to their lanes when their time has come: those that were submitted with a delay, and those that run again.
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { scheduledKey } from "../redis/keys.js";
import type { Lane, Queues } from "./lanes.js";
import { transitions } from "./transitions.js";
import type { Webhooks } from "./webhooks.js";

/** How often it is looked for jobs that are due; milliseconds. */
const INTERVAL = 200;
/** Jobs that are looked for at once. */
const BATCH = 100;

export interface SchedulerOptions {
  redis: Redis;
  queues: Queues;
  webhooks: Webhooks;
  logger: Logger;
}

/** Every worker schedules: adding a job twice under its id does no harm. Returns what stops it. */
export function startScheduler({ redis, queues, webhooks, logger }: SchedulerOptions): () => void {
  const steps = transitions(redis);

  /** Whether it is in the schedule no longer. */
  async function add(id: string, score: string): Promise<boolean> {
    const due = await steps.due(id);
    if (due === "later") return false;
    if (typeof due === "number") {
      if (due > 0) await webhooks.announce(id, due); // whoever canceled it may have been killed before this
    } else {
      const { turn, lane, type, data } = due;
      await queues[lane as Lane].add(type, JSON.parse(data), { jobId: id, priority: turn });
    }
    await steps.unschedule(id, score);
    return true;
  }

  async function addAllDue(): Promise<void> {
    const now = Date.now();
    for (let offset = 0; ; ) {
      const found = await redis.zrangebyscore(
        scheduledKey,
        "-inf",
        now,
        "WITHSCORES",
        "LIMIT",
        offset,
        BATCH,
      );
      for (let i = 0; i < found.length; i += 2)
        if (!(await add(found[i] as string, found[i + 1] as string))) offset++;
      if (found.length < 2 * BATCH) return;
    }
  }

  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await addAllDue().catch((error) => logger.warn({ err: error }, "jobs that are due were not added"));
    busy = false;
  }, INTERVAL);
  return () => clearInterval(timer);
}
