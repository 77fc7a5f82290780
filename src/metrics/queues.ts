// What all processes share, looked at when metrics are asked for: the lanes, what waits, and how far away Redis is.
import type { Redis } from "ioredis";
import { Gauge, type Registry } from "prom-client";
import { LANES } from "../jobs/lanes.js";
import { bullKey, outstandingKey, scheduledKey } from "../redis/keys.js";
import { QUEUE } from "../webhooks/deliveries.js";

/** BullMQ's keys of the jobs of a queue by what they do, and whether they are lists or sorted sets. */
const STATES = [
  { state: "waiting", key: "prioritized", sorted: true },
  { state: "active", key: "active", sorted: false },
] as const;

export function watchQueues(registry: Registry, redis: Redis): void {
  const registers = [registry];

  new Gauge({
    name: "abacus_queue_jobs",
    help: "Jobs by lane: waiting for a thread, or active",
    labelNames: ["lane", "state"],
    registers,
    async collect() {
      for (const lane of LANES)
        for (const { state, key, sorted } of STATES) {
          const name = bullKey(lane, key);
          this.set({ lane, state }, sorted ? await redis.zcard(name) : await redis.llen(name));
        }
    },
  });

  new Gauge({
    name: "abacus_jobs_scheduled",
    help: "Jobs that wait for their time: delayed ones, and those that run again",
    registers,
    async collect() {
      this.set(await redis.zcard(scheduledKey));
    },
  });

  new Gauge({
    name: "abacus_jobs_outstanding",
    help: "Jobs that have not ended, which QUEUE_DEPTH bounds",
    registers,
    async collect() {
      this.set(await redis.zcard(outstandingKey));
    },
  });

  new Gauge({
    name: "abacus_deliveries_pending",
    help: "Webhooks' deliveries that are not settled: to be tried now, or again later",
    registers,
    async collect() {
      const [now, later] = [
        await redis.llen(bullKey(QUEUE, "wait")),
        await redis.zcard(bullKey(QUEUE, "delayed")),
      ];
      this.set(now + later + (await redis.llen(bullKey(QUEUE, "active"))));
    },
  });

  new Gauge({
    name: "abacus_redis_round_trip_seconds",
    help: "How long Redis took to answer PING just now",
    registers,
    async collect() {
      const began = performance.now();
      await redis.ping();
      this.set((performance.now() - began) / 1000);
    },
  });
}
