// What all processes share, looked at when metrics are asked for: the lanes, what waits, and how far away Redis is.
import type { Redis } from "ioredis";
import { Gauge, type Registry } from "prom-client";
import { LANES, type Lane } from "../jobs/lanes.js";
import { bullKey, outstandingKey, scheduledKey } from "../redis/keys.js";
import { QUEUE } from "../webhooks/deliveries.js";

/** BullMQ's keys of the jobs of a queue by what they do, and whether they are lists or sorted sets. */
const STATES = [
  { state: "waiting", key: "prioritized", sorted: true },
  { state: "active", key: "active", sorted: false },
  { state: "unknown", key: "delayed", sorted: true },
] as const;

/** For how many seconds the job that is next in a lane has waited; 0 when none waits. */
async function nextWaits(redis: Redis, lane: Lane): Promise<number> {
  const [next] = await redis.zrange(bullKey(lane, "prioritized"), 0, "0");
  const since = next && (await redis.hget(bullKey(lane, next), "timestamp")); // a worker may have taken and ended it
  return since ? Math.max(0, Date.now() - Number(since)) / 1000 : 0;
}

export function watchQueues(registry: Registry, redis: Redis): void {
  /** While Redis is away there is nothing to show of it. */
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    look: (gauge: Gauge<Label>) => Promise<void>,
  ): void {
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      async collect() {
        // without labels a reset would be a 0
        await look(this).catch(() => (labelNames.length > 0 ? this.reset() : this.remove()));
      },
    });
  }

  gauge(
    "abacus_queue_jobs",
    "Jobs by lane: waiting for a thread, active, or of a type or version that is unknown to the workers that looked",
    ["lane", "state"],
    async (jobs) => {
      for (const lane of LANES)
        for (const { state, key, sorted } of STATES) {
          const name = bullKey(lane, key);
          jobs.set({ lane, state }, sorted ? await redis.zcard(name) : await redis.llen(name));
        }
    },
  );
  gauge(
    "abacus_queue_next_wait_seconds",
    "How long the job that is next in a lane has waited for a thread; 0 when none waits",
    ["lane"],
    async (seconds) => {
      for (const lane of LANES) seconds.set({ lane }, await nextWaits(redis, lane));
    },
  );
  gauge(
    "abacus_jobs_scheduled",
    "Jobs that wait for their time: delayed ones, and those that run again",
    [],
    async (jobs) => jobs.set(await redis.zcard(scheduledKey)),
  );
  gauge("abacus_jobs_outstanding", "Jobs that have not ended, which QUEUE_DEPTH bounds", [], async (jobs) =>
    jobs.set(await redis.zcard(outstandingKey)),
  );
  gauge(
    "abacus_deliveries_pending",
    "Webhooks' deliveries that are not settled: to be tried now, or again later",
    [],
    async (deliveries) => {
      const now = (await redis.llen(bullKey(QUEUE, "wait"))) + (await redis.llen(bullKey(QUEUE, "active")));
      deliveries.set(now + (await redis.zcard(bullKey(QUEUE, "delayed"))));
    },
  );
  gauge(
    "abacus_redis_round_trip_seconds",
    "How long Redis took to answer PING just now",
    [],
    async (seconds) => {
      const began = performance.now();
      await redis.ping();
      seconds.set((performance.now() - began) / 1000);
    },
  );
}
