// The deliverer of this process: takes deliveries from their queue, sends them, and notes how that went.
import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { Webhook } from "standardwebhooks";
import { InputError } from "../../workers/input-error.js";
import { type JobRecord, readRecord, SUMMARY_FIELDS } from "../jobs/record.js";
import { transitions } from "../jobs/transitions.js";
import { jobKey, PREFIX } from "../redis/keys.js";
import { type DeliveryData, QUEUE } from "./deliveries.js";
import { type JobDocument, messageId, messageOf } from "./message.js";
import { post, sentenceOf } from "./post.js";
import { type Attempt, type Delivery, deliveryRecords } from "./records.js";
import { nextDelay, RETRY_DELAYS, readRetryAfter } from "./schedule.js";
import { createWebhookSecrets, type WebhookSecrets } from "./secrets.js";
import { Shares } from "./shares.js";
import type { WebhookTargets } from "./targets.js";

/** Deliveries that are under way at most: they wait for others, and cost little meanwhile. */
const CONCURRENCY = 50;
/** Of one account. */
const SHARE = 10;
/** Milliseconds for an attempt: the host's addresses, the connection, the answer. */
const TIMEOUT = 15_000;
/** How long putting deliveries back may take; milliseconds. */
const PUT_BACK_TIME = 5000;
/** What becomes of an attempt that the process's end cuts short: it is none. */
const INTERRUPTED = "interrupted";

/** What became of the delivery by an attempt: there was another to come, or there was none. */
export type AttemptOutcome = "delivered" | "failed" | "given-up";

export interface DelivererOptions {
  /** A connection whose commands wait for Redis. */
  redis: Redis;
  targets: WebhookTargets;
  document: JobDocument;
  version: string;
  logger: Logger;
  /** Seconds within which what a killed process was sending is sent by another. */
  recovery: number;
  onAttempt?: (outcome: AttemptOutcome, seconds: number) => void;
  /** Milliseconds between the attempts of a series. */
  delays?: readonly number[];
  /** Milliseconds. */
  timeout?: number;
  concurrency?: number;
  share?: number;
  /** Trusted certificates, in place of the well-known ones. */
  ca?: string | Buffer;
}

export interface Deliverer {
  /** Begins nothing more, gives attempts under way `grace` seconds, and leaves the rest to other processes. */
  stop(grace: number): Promise<void>;
}

/** What there is to send. */
interface Due {
  job: JobRecord;
  webhook: string;
  delivery: Delivery;
}

export async function startDeliverer(options: DelivererOptions): Promise<Deliverer> {
  const { redis, logger, recovery, concurrency = CONCURRENCY } = options;
  const delivering = new Delivering(options);
  const worker = new Worker<DeliveryData>(QUEUE, delivering.process, {
    connection: redis,
    prefix: PREFIX,
    concurrency,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    // as the lanes': a lock that is not renewed expires, and the next check after that finds it
    lockDuration: recovery * 500,
    stalledInterval: recovery * 200,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: 500,
    drainDelay: 2,
  });
  worker.on("error", (error) => logger.warn({ err: error }, "the queue of webhooks has a problem"));
  worker.on("failed", (job, error) =>
    logger.warn({ err: error, job: job?.data.id }, "a webhook's delivery was not noted: tried again"),
  );
  await worker.waitUntilReady();

  return {
    async stop(grace) {
      delivering.refuse();
      const closed = worker.close();
      const deadline = Date.now() + grace * 1000;
      while (delivering.isSending() && Date.now() < deadline) await sleep(25);
      delivering.interrupt();
      // with Redis away nothing can be put back: the locks expire, and another process finds the deliveries
      await Promise.race([closed, sleep(PUT_BACK_TIME, undefined, { ref: false })]);
    },
  };
}

class Delivering {
  private readonly options: DelivererOptions;
  private readonly records: ReturnType<typeof deliveryRecords>;
  private readonly steps: ReturnType<typeof transitions>;
  private readonly shares: Shares;
  private readonly secrets: WebhookSecrets;
  private readonly running = new Set<AbortController>();
  private stopping = false;
  private over = false;

  constructor(options: DelivererOptions) {
    this.options = options;
    this.records = deliveryRecords(options.redis);
    this.steps = transitions(options.redis);
    this.secrets = createWebhookSecrets(options.redis);
    this.shares = new Shares(options.share ?? SHARE);
  }

  refuse(): void {
    this.stopping = true;
  }

  isSending(): boolean {
    return this.running.size > 0;
  }

  interrupt(): void {
    this.over = true;
    for (const controller of this.running) controller.abort(INTERRUPTED);
  }

  /** BullMQ's processor. A normal return means that nothing is left to do for this series. */
  readonly process = async (queued: Job<DeliveryData>, token?: string): Promise<void> => {
    const due = await this.find(queued.data);
    if (!due) return;
    if (this.stopping) return this.putBack(queued, token);
    const { job, delivery } = due;
    const early = (delivery.nextAttemptAt ?? 0) - Date.now();
    // its process ended between the note and the queue
    if (early > 0) return this.delay(queued, early, token);
    const end = this.shares.begin(job.account);
    if (typeof end === "number") return this.delay(queued, end, token);
    try {
      const attempt = await this.attempt(due);
      if (attempt === INTERRUPTED) return await this.putBack(queued, token);
      const next = await this.note(due, attempt);
      if (next !== undefined) return await this.delay(queued, next, token);
    } finally {
      end();
    }
  };

  /** `undefined` when the job is gone, when it was retried since, and when another series has begun. */
  private async find({ id, n, series }: DeliveryData): Promise<Due | undefined> {
    const [found, [webhook, current], delivery] = await Promise.all([
      this.steps.find(id, SUMMARY_FIELDS),
      this.options.redis.hmget(jobKey(id), "webhook", "deliveries"),
      this.records.find(id, n),
    ]);
    const job = readRecord(id, SUMMARY_FIELDS, found);
    if (!job || !webhook || delivery?.state !== "pending" || delivery.series !== series) return undefined;
    if (job.finishedAt !== null && current === String(n)) return { job, webhook, delivery };
    await this.records.note(id, delivery, superseded(), { state: "failed" });
    return undefined;
  }

  private async attempt({ job, webhook, delivery }: Due): Promise<Made | typeof INTERRUPTED> {
    const { targets, document, version, timeout = TIMEOUT, ca } = this.options;
    const body = messageOf(job, document);
    const id = messageId(job.id, delivery.n);
    const secret = await this.secrets.of(job.account);
    const began = new Date();
    const at = performance.now();
    const made = (status: number | null, error: string | null, retryAfter?: string): Made => {
      const seconds = Math.round(performance.now() - at) / 1000;
      return { attempt: { at: began.toISOString(), status, error, seconds }, retryAfter };
    };
    if (this.over) return INTERRUPTED;
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(), timeout);
    this.running.add(controller);
    try {
      // asked anew each time: a name may lead elsewhere than when it was submitted
      const target = await targets.target(webhook);
      const headers = {
        "content-type": "application/json",
        "user-agent": `Abacus/${version}`,
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(began.getTime() / 1000)),
        "webhook-signature": new Webhook(secret).sign(id, began, body),
      };
      const { status, retryAfter } = await post(target, { headers, body, signal, ca });
      const isSuccess = status >= 200 && status < 300;
      return made(status, isSuccess ? null : `the answer was ${status}`, retryAfter);
    } catch (error) {
      if (signal.reason === INTERRUPTED) return INTERRUPTED;
      return made(null, error instanceof InputError ? error.message : sentenceOf(error));
    } finally {
      clearTimeout(timer);
      this.running.delete(controller);
    }
  }

  /** Milliseconds until the next attempt; `undefined` when there is none. */
  private async note({ job, delivery }: Due, { attempt, retryAfter }: Made): Promise<number | undefined> {
    const { delays = RETRY_DELAYS, logger, onAttempt } = this.options;
    const now = Date.now();
    const wait =
      attempt.status === 410 // whoever answers so wants no more
        ? undefined
        : nextDelay(delays, delivery.failures + 1, readRetryAfter(retryAfter, now));
    // what would be sent when the job has expired would not be
    const nextAttemptAt = wait !== undefined && now + wait < (job.expiresAt ?? 0) ? now + wait : undefined;
    const state = attempt.error === null ? "delivered" : nextAttemptAt === undefined ? "failed" : "pending";
    const stands = await this.records.note(job.id, delivery, attempt, { state, nextAttemptAt });
    const { status, error, seconds } = attempt;
    logger.info(
      { job: job.id, delivery: delivery.n, status, error, seconds, state: stands },
      "webhook called",
    );
    const outcome = state === "pending" ? "failed" : state === "failed" ? "given-up" : "delivered";
    onAttempt?.(outcome, seconds);
    return stands === "pending" ? wait : undefined;
  }

  private async delay(queued: Job<DeliveryData>, milliseconds: number, token?: string): Promise<never> {
    await queued.moveToDelayed(Date.now() + Math.ceil(milliseconds), token);
    throw new DelayedError();
  }

  private async putBack(queued: Job<DeliveryData>, token?: string): Promise<never> {
    await queued.moveToWait(token);
    throw new WaitingError();
  }
}

interface Made {
  attempt: Attempt;
  retryAfter: string | undefined;
}

function superseded(): Attempt {
  const error = "the job was retried before this could be delivered";
  return { at: new Date().toISOString(), status: null, error, seconds: 0 };
}
