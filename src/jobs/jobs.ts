// Jobs as a caller sees them: submit, find, wait, list, cancel, remove. Knows nothing of HTTP.
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { AnyJobType, ModelReference, SourceFile } from "../../workers/job-type.js";
import type { Limits } from "../../workers/limits.js";
import { validate } from "../../workers/validation.js";
import type { FileStore } from "../files/file-store.js";
import { type Models, nameTaken } from "../models/models.js";
import { isUndecided } from "../redis/connections.js";
import { jobKey } from "../redis/keys.js";
import type { Capacity } from "./capacity.js";
import { isId } from "./id.js";
import { identityOf, type JobData, type Lane, laneOf, type Queues } from "./lanes.js";
import { type ListQuery, listJobs, type Page } from "./list.js";
import type { Notices } from "./notices.js";
import { FIELDS, hasEnded, type JobRecord, type JobState, readRecord, SUMMARY_FIELDS } from "./record.js";
import { transitions } from "./transitions.js";
import { Wait } from "./wait.js";

export interface Submission {
  id: string;
  account: string;
  type: AnyJobType;
  /** The input; absent when the body is the job's file, unparsed. */
  input?: unknown;
  /** The job's file, received under its id. */
  file?: Omit<SourceFile, "path">;
  /** 1 (first) … 10. */
  priority?: number;
  label?: string | null;
  /** Seconds that the outcome is kept. */
  ttl?: number;
}

export interface JobsOptions {
  /** A connection that fails fast. */
  redis: Redis;
  queues: Queues;
  notices: Notices;
  files: FileStore;
  models: Models;
  limits: Limits;
  capacity: Capacity;
  interactiveCost: number;
  /** Seconds. */
  retention: number;
  logger: Logger;
}

/** The job cannot be canceled any more. */
export class AlreadyEnded extends Error {
  override readonly name = "AlreadyEnded";
  readonly state: JobState;
  constructor(state: JobState) {
    super(`the job is ${state}`);
    this.state = state;
  }
}

/** Redis did not answer the submission: nobody knows whether the job is in its queue, so nothing of it may be removed. */
export class MaybeAccepted extends Error {
  override readonly name = "MaybeAccepted";

  constructor(cause: unknown) {
    super("the queue did not answer in time, and the job may have been accepted", { cause });
  }
}

const DEFAULT_PRIORITY = 5;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(options: JobsOptions) {
  const { redis, queues, notices, files, models, limits, logger } = options;
  const steps = transitions(redis);

  async function referredModel({ type, input, account }: Submission): Promise<ModelReference | undefined> {
    const reference = input === undefined ? undefined : type.model?.(input);
    return reference === undefined ? undefined : models.require(account, reference);
  }

  /** Takes the name that the job's model will have. Returns it, or "" for none. */
  async function reserveName({ id, type, input, account }: Submission): Promise<string> {
    const name = type.makes && (input as { name?: string } | undefined)?.name;
    if (!name) return "";
    if (await models.reserve(account, name, id)) return name;
    throw nameTaken(name);
  }

  /** Throws CapacityReached when a job of the account would be refused now, whatever it is. */
  function checkRoom(account: string): Promise<void> {
    return steps.checkRoom(account, options.capacity);
  }

  /** Throws InputError for what cannot be computed and CapacityReached, keeping nothing, and MaybeAccepted. */
  async function submit(submission: Submission): Promise<void> {
    const { id, type, input, account, file } = submission;
    if (input !== undefined) validate(type.input, input);
    const model = await referredModel(submission);
    if (input !== undefined) type.check?.(input, model, limits, file !== undefined);
    const madeName = await reserveName(submission);
    const stored = input === undefined;
    const lane = stored ? "batch" : laneOf(type.cost(input, file), options.interactiveCost);
    const data: JobData = {
      type: type.name,
      version: type.version,
      account,
      createdAt: Date.now(),
      label: submission.label ?? null,
      madeName,
      ...(!stored && { input }),
      ...(file && { file }),
      ...(model && { model: model.id }),
    };
    const summary = stored ? { bytes: file?.bytes } : type.summarize(input);
    await enqueue(submission, lane, data, {
      ...summary,
      ...(file && !stored && { file: { name: file.name, bytes: file.bytes } }),
    });
    logger.info({ job: id, type: type.name, lane, account }, "job accepted");
  }

  /** The record first, then the queue: what is in the queue can always be seen. */
  async function enqueue(submission: Submission, lane: Lane, data: JobData, summary: object): Promise<void> {
    const { id, priority = DEFAULT_PRIORITY, ttl = options.retention } = submission;
    const identity = identityOf(id, lane, data);
    const { account, type, label, createdAt, madeName } = identity;
    const fields: Record<string, string | number> = {
      lane,
      account,
      type,
      madeName,
      createdAt,
      priority,
      ttl: Math.round(ttl * 1000),
      input: JSON.stringify(summary),
      ...(label !== null && { label }),
    };
    try {
      const turn = await steps.enter(identity, priority, fields, options.capacity);
      await queues[lane].add(type, data, { jobId: id, priority: turn });
    } catch (error) {
      // a job that may be in the queue keeps its record; if it is not, the sweeper removes it
      if (isUndecided(error)) throw new MaybeAccepted(error);
      await steps.forget(identity).catch(() => {});
      throw error;
    }
  }

  async function read(id: string): Promise<JobRecord | undefined> {
    return readRecord(id, FIELDS, await steps.find(id, FIELDS));
  }

  async function readSummary(id: string): Promise<JobRecord | undefined> {
    return readRecord(id, SUMMARY_FIELDS, await steps.find(id, SUMMARY_FIELDS));
  }

  async function find(account: string, id: string): Promise<JobRecord | undefined> {
    const job = isId(id) ? await read(id) : undefined;
    return job?.account === account ? job : undefined;
  }

  /** Begins to listen for a job's end; its `stop` must be called. */
  function waitFor(id: string, seconds: number, signal: AbortSignal): Wait {
    return new Wait(notices, id, seconds, signal);
  }

  /** Ends a live job as canceled; whoever computes it hears of it. `undefined`: no such job. Throws AlreadyEnded. */
  async function cancel(account: string, id: string): Promise<JobRecord | undefined> {
    const job = await find(account, id);
    if (!job) return undefined;
    const stands = await steps.finish(job, { state: "canceled" }, Date.now());
    if (stands === "missing" || stands === "deleted") return undefined;
    if (stands !== "finished") throw new AlreadyEnded(stands);
    await queues[job.lane as Lane].remove(id); // 0 for one that runs: its worker takes it from the queue
    logger.info({ job: id, account }, "job canceled");
    return find(account, id);
  }

  /** Forgets a job, whatever its state, with its result and its upload. False: no such job. */
  async function remove(account: string, id: string): Promise<boolean> {
    const job = await find(account, id);
    if (!job) return false;
    const state = await steps.remove(job);
    if (state === "missing") return false;
    const removed = !hasEnded(state) && (await queues[job.lane as Lane].remove(id)) === 1;
    if (removed) await redis.del(jobKey(id)); // nobody will compute it: no mark is needed
    const keepsModel = job.madeName !== "" && state === "completed";
    await files.remove("uploads", id);
    await files.remove("results", id);
    if (!keepsModel) await files.remove("made", id);
    logger.info({ job: id, account, state }, "job deleted");
    return true;
  }

  return {
    checkRoom,
    submit,
    find,
    waitFor,
    cancel,
    remove,
    list: (account: string, query: ListQuery): Promise<Page> => listJobs(redis, account, query, readSummary),
  };
}
