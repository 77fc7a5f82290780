// The worker of this process: both lanes' BullMQ workers with their pools, and the scheduler, until an orderly stop.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { type Config, limitsOf } from "../config.js";
import type { FileStore } from "../files/file-store.js";
import type { Models } from "../models/models.js";
import { jobKey, PREFIX } from "../redis/keys.js";
import { type JobData, LANES, type Lane, openQueues } from "./lanes.js";
import type { Notices } from "./notices.js";
import { openPool, type Pool } from "./pool.js";
import { Processor } from "./processor.js";
import { hasEnded, type OnEnded, type Standing } from "./record.js";
import type { Registry } from "./registry.js";
import { startScheduler } from "./scheduler.js";
import { transitions } from "./transitions.js";
import type { Webhooks } from "./webhooks.js";

/** Interactive jobs that a thread has at hand, so that it computes while Redis is asked for the next ones. */
const AHEAD = 16;
/** A result of at most this many bytes is kept in the job's record; a larger one in the file store. */
const INLINE_RESULT = 65_536;
/** How long putting jobs back may take; milliseconds. */
const PUT_BACK_TIME = 5000;
/** How much lower the batch threads' scheduling priority is than that of the event loop and the other lane. */
const BATCH_NICE = 10;

export interface WorkerOptions {
  config: Config;
  registry: Registry;
  /** A connection whose commands wait for Redis. */
  redis: Redis;
  notices: Notices;
  webhooks: Webhooks;
  onEnded: OnEnded;
  models: Models;
  files: FileStore;
  logger: Logger;
}

export interface JobWorker {
  readonly pools: readonly Pool[];
  /** Whether a thread of each pool has answered. */
  isReady(): boolean;
  /** Takes no further jobs, gives those that run `grace` seconds, puts the rest back. */
  stop(grace: number): Promise<void>;
}

export async function startWorker(options: WorkerOptions): Promise<JobWorker> {
  const lanes = LANES.map((lane) => startLane(lane, options));
  const all = () => lanes.flatMap(({ processor }) => processor.runningIds);
  const stop = (id: string) => {
    for (const { processor } of lanes) processor.stop(id, "ended");
  };
  options.notices.onEnded(stop);
  options.notices.onMissed(() => stopEnded(options, all(), stop));
  await Promise.all(lanes.map(({ worker }) => worker.waitUntilReady()));
  const stopScheduling = startScheduler({ ...options, queues: openQueues(options.redis) });

  return {
    pools: lanes.map(({ pool }) => pool),
    isReady: () => lanes.every(({ pool }) => pool.isReady()),
    async stop(grace) {
      stopScheduling();
      await Promise.all(lanes.map((lane) => stopLane(lane, grace)));
    },
  };
}

interface RunningLane {
  worker: Worker<JobData, Standing>;
  pool: Pool;
  processor: Processor;
}

function startLane(lane: Lane, options: WorkerOptions): RunningLane {
  const { config, registry, redis, webhooks, onEnded, models, notices, files, logger } = options;
  const threads = lane === "batch" ? config.THREADS : Math.max(1, Math.floor(config.THREADS / 2));
  const nice = lane === "batch" ? BATCH_NICE : 0;
  const settings = {
    limits: limitsOf(config),
    memory: config.JOB_MEMORY,
    threads,
    inlineBytes: INLINE_RESULT,
    results: files.folder("results"),
    made: files.folder("made"),
    durable: files.durable,
  };
  const pool = openPool(
    registry,
    { name: lane, threads, threadMemory: config.THREAD_MEMORY, nice, settings },
    logger,
  );
  const processor = new Processor({
    registry,
    transitions: transitions(redis),
    webhooks,
    onEnded,
    models,
    notices,
    runner: { pool, files },
    logger,
    timeout: config.JOB_TIMEOUT,
    lostRetries: config.LOST_RETRIES,
  });
  const worker = new Worker<JobData, Standing>(lane, processor.process, {
    connection: redis,
    prefix: PREFIX,
    concurrency: lane === "batch" ? threads : threads * AHEAD,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    // a lock that is not renewed expires, and the next check after that finds the job: together under RECOVERY,
    // though several workers' checks, of which one an interval counts, may be twice the interval apart
    lockDuration: config.RECOVERY * 500,
    stalledInterval: config.RECOVERY * 200,
    // the processor counts lost workers itself: BullMQ would drop the job before its outcome is written
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 500,
    drainDelay: 2,
  });
  worker.on("error", (error) => logger.warn({ err: error, lane }, "the queue has a problem"));
  worker.on("failed", (job, error) =>
    logger.warn({ err: error, job: job?.id, lane }, "the outcome could not be written: tried again"),
  );
  worker.on("lockRenewalFailed", (ids: string[]) => {
    for (const id of ids) processor.stop(id, "lock-lost");
  });
  worker.on("locksRenewed", ({ jobIds }) => {
    // a cancellation's message may have been lost
    stopEnded(options, jobIds, (id) => processor.stop(id, "ended"));
  });
  worker.on("completed", (job, stands) => {
    // BullMQ has forgotten it, so the mark is not needed; one that is left expires by itself
    if (job.id && stands === "deleted") redis.del(jobKey(job.id)).catch(() => {});
  });
  return { worker, pool, processor };
}

/** Stops those of the running jobs that have ended, as far as Redis can be asked. */
function stopEnded(
  { redis, logger }: Pick<WorkerOptions, "redis" | "logger">,
  ids: string[],
  stop: (id: string) => void,
): void {
  const steps = transitions(redis);
  for (const id of ids)
    steps
      .state(id)
      // one that is taken from the queue just now is still `queued`
      .then((state) => hasEnded(state) && stop(id))
      .catch((error) => logger.warn({ err: error, job: id }, "a running job was not checked"));
}

async function stopLane({ worker, pool, processor }: RunningLane, grace: number): Promise<void> {
  processor.refuse();
  await worker.pause(true);
  const deadline = Date.now() + grace * 1000;
  while (processor.runningIds.length > 0 && Date.now() < deadline) await sleep(25);
  for (const id of processor.runningIds) processor.stop(id, "shutdown");
  // with Redis away nothing can be put back: the locks expire, and another worker finds the jobs
  await Promise.race([worker.close(), sleep(PUT_BACK_TIME, undefined, { ref: false })]);
  await pool.close();
}
