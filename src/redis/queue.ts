// A BullMQ queue of jobs that are gone from it when they are done, and tried again until they are.
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { PREFIX } from "./keys.js";

/** For adding and removing; one connection serves any number of queues. */
export function openQueue<Data>(redis: Redis, name: string): Queue<Data> {
  const queue = new Queue<Data>(name, {
    connection: redis,
    prefix: PREFIX,
    defaultJobOptions: {
      removeOnComplete: true,
      removeOnFail: true,
      // what processes them throws only when it could not write how that ended: the job must stay until it can
      attempts: 1_000_000,
      backoff: 1000,
    },
    // BullMQ's own stream of events, which nothing here reads
    streams: { events: { maxLen: 100 } },
  });
  queue.on("error", () => {}); // the connection's own listener has logged it
  return queue;
}
