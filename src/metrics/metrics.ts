// What this process counts and times, for Prometheus. Names and units follow its conventions.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { OnEnded } from "../jobs/record.js";
import { memory } from "../memory.js";
import type { AttemptOutcome } from "../webhooks/deliverer.js";

/** Seconds: an addition takes milliseconds, a training minutes. */
const JOB_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800, 3600];
const REQUEST_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
const ATTEMPT_BUCKETS = [0.05, 0.1, 0.5, 1, 5, 15];

interface WatchedPool {
  readonly name: string;
  readonly threads: number;
  /** How many of them compute. */
  busy(): number;
}

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // with those of Node itself: memory, garbage collection, and the delay of the event loop
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: "abacus_http_request_duration_seconds",
    help: "Requests by method, route and status, from their head to the end of the answer",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const uploaded = new Counter({
    name: "abacus_upload_bytes_total",
    help: "Bytes of the bodies that were stored: files, and large JSON",
    registers,
  });
  const ended = new Counter({
    name: "abacus_jobs_ended_total",
    help: "Jobs by type and outcome (completed, failed or canceled) that ended by this process",
    labelNames: ["type", "outcome"],
    registers,
  });
  const waited = new Histogram({
    name: "abacus_job_wait_seconds",
    help: "From a job's submission to the beginning of its last attempt",
    labelNames: ["type"],
    buckets: JOB_BUCKETS,
    registers,
  });
  const ran = new Histogram({
    name: "abacus_job_run_seconds",
    help: "From the beginning of a job's last attempt to its end",
    labelNames: ["type"],
    buckets: JOB_BUCKETS,
    registers,
  });
  const attempts = new Histogram({
    name: "abacus_webhook_attempt_seconds",
    help: "Attempts at deliveries by what became of the delivery (delivered, failed for now, given-up)",
    labelNames: ["outcome"],
    buckets: ATTEMPT_BUCKETS,
    registers,
  });
  new Gauge({
    name: "abacus_memory_limit_bytes",
    help: "What the process may use of memory: its container's limit, or all that the machine has",
    registers,
  }).set(memory);
  const pools: WatchedPool[] = [];
  new Gauge({
    name: "abacus_threads",
    help: "Threads of a pool that compute (busy) or do not (idle)",
    labelNames: ["pool", "state"],
    registers,
    collect() {
      for (const { name, threads, busy } of pools) {
        this.set({ pool: name, state: "busy" }, busy());
        this.set({ pool: name, state: "idle" }, threads - busy());
      }
    },
  });

  return {
    registry,

    /** `seconds` from the request's head to the end of the answer. */
    requestEnded(method: string, route: string, status: number, seconds: number): void {
      requests.observe({ method, route, status }, seconds);
    },

    uploadReceived(bytes: number): void {
      uploaded.inc(bytes);
    },

    jobEnded({ type, state, createdAt, startedAt }: Parameters<OnEnded>[0]): void {
      const now = Date.now();
      ended.inc({ type, outcome: state });
      if (startedAt === null) return;
      waited.observe({ type }, Math.max(0, startedAt - createdAt) / 1000);
      ran.observe({ type }, Math.max(0, now - startedAt) / 1000);
    },

    deliveryAttempted(outcome: AttemptOutcome, seconds: number): void {
      attempts.observe({ outcome }, seconds);
    },

    /** Has the use of a pool's threads shown. */
    watchPool(pool: WatchedPool): void {
      pools.push(pool);
    },
  };
}
