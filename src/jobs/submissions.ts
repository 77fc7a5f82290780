// Accepting a job: checked, its record written, and then added to the queue of its lane.
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { AnyJobType, ModelReference, SourceFile } from "../../workers/job-type.js";
import type { Limits } from "../../workers/limits.js";
import { validate } from "../../workers/validation.js";
import type { Models } from "../models/models.js";
import { isUndecided } from "../redis/connections.js";
import type { Capacity } from "./capacity.js";
import { identityOf, type JobData, laneOf, type Queues } from "./lanes.js";
import { type JobIdentity, type JobRecord, recordOf } from "./record.js";
import { type Place, transitions } from "./transitions.js";

export interface Submission {
  id: string;
  account: string;
  type: AnyJobType;
  /** The input; absent when the body is the job's file, unparsed. */
  input?: unknown;
  /** The job's file, received under its id. */
  file?: Omit<SourceFile, "path">;
  /** Whether the stored body lacks the names of the input. */
  bare?: boolean;
  /** 1 (first) … 10. */
  priority?: number;
  label?: string | null;
  /** Seconds before it may begin. */
  delay?: number;
  /** Seconds that the outcome is kept. */
  ttl?: number;
  /** Whether other requests may submit it under the same id: none of them removes what another has entered. */
  isShared?: boolean;
  /** The URL that is told how the job ended, checked. */
  webhook?: string;
}

export interface SubmissionsOptions {
  /** A connection that fails fast. */
  redis: Redis;
  queues: Queues;
  models: Models;
  limits: Limits;
  capacity: Capacity;
  interactiveCost: number;
  /** Seconds. */
  retention: number;
  logger: Logger;
}

/** Redis did not answer the submission: nobody knows whether the job is in its queue, so nothing of it may be removed. */
export class MaybeAccepted extends Error {
  override readonly name = "MaybeAccepted";

  constructor(cause: unknown) {
    super("the queue did not answer in time, and the job may have been accepted", { cause });
  }
}

const DEFAULT_PRIORITY = 5;

export function createSubmissions(options: SubmissionsOptions) {
  const { redis, queues, models, limits, capacity, logger } = options;
  const steps = transitions(redis);

  async function referredModel({ type, input, account }: Submission): Promise<ModelReference | undefined> {
    const reference = input === undefined ? undefined : type.model?.(input);
    return reference === undefined ? undefined : models.require(account, reference);
  }

  /** Throws CapacityReached when a job of the account would be refused now, whatever it is. */
  function checkRoom(account: string): Promise<void> {
    return steps.checkRoom(account, capacity);
  }

  /**
   * Accepts a job and returns it as it waits; `undefined` when a job of this id has been begun already. Throws
   * InputError for what cannot be computed and CapacityReached, keeping nothing, and MaybeAccepted.
   */
  async function submit(submission: Submission): Promise<JobRecord | undefined> {
    const { id, type, input, account, file } = submission;
    if (input !== undefined) validate(type.input, input);
    const model = await referredModel(submission);
    if (input !== undefined) type.check?.(input, model, limits, file !== undefined);
    const stored = input === undefined;
    const lane = stored ? "batch" : laneOf(type.cost(input, file, model), options.interactiveCost);
    const data: JobData = {
      type: type.name,
      version: type.version,
      account,
      createdAt: Date.now(),
      label: submission.label ?? null,
      madeName: (type.makes && (input as { name?: string } | undefined)?.name) ?? "",
      ...(!stored && { input }),
      ...(file && { file }),
      ...(submission.bare && { bare: true }),
      ...(model && { model: model.id }),
    };
    const summary = JSON.stringify({
      ...(stored ? { bytes: file?.bytes } : type.summarize(input)),
      ...(file && !stored && { file: { name: file.name, bytes: file.bytes } }),
    });
    const identity = identityOf(id, lane, data);
    const place = await enqueue(submission, identity, data, summary);
    if (!place) return undefined;
    logger.info({ job: id, type: type.name, lane, account }, "job accepted");
    return waiting(identity, place, summary);
  }

  /** The record first, then the queue: what is in the queue can always be seen. */
  async function enqueue(
    submission: Submission,
    identity: JobIdentity,
    data: JobData,
    summary: string,
  ): Promise<Place | undefined> {
    const { priority = DEFAULT_PRIORITY, ttl = options.retention, delay = 0, webhook } = submission;
    const { id, account, type, lane, label, createdAt, madeName } = identity;
    const due = delay > 0 ? Math.round(createdAt + delay * 1000) : undefined;
    const fields: Record<string, string | number> = {
      lane,
      account,
      type,
      madeName,
      createdAt,
      priority,
      ttl: Math.round(ttl * 1000),
      input: summary,
      ...(label !== null && { label }),
      ...(webhook !== undefined && { webhook }),
      ...(due !== undefined && { data: JSON.stringify(data) }),
    };
    try {
      const place = await steps.enter(identity, priority, fields, capacity, due);
      if (typeof place === "string") return undefined;
      if (due === undefined)
        await queues[lane as keyof Queues].add(type, data, { jobId: id, priority: place.turn });
      return place;
    } catch (error) {
      // a job that may be in the queue keeps its record; if it is in none, the sweeper removes it
      if (isUndecided(error)) throw new MaybeAccepted(error);
      if (!submission.isShared) await steps.forget(identity, "cut off").catch(() => {});
      throw error;
    }
  }

  return { checkRoom, submit };
}

/** The record of a job that was entered just now. */
function waiting(identity: JobIdentity, { position }: Place, input: string): JobRecord {
  return recordOf(identity, input, {
    state: "queued",
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    attempts: 0,
    number: 1,
    position: position === 0 ? null : position,
    progress: "null",
    error: "null",
    resultBytes: null,
    result: null,
  });
}
