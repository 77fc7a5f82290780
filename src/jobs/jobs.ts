// Jobs as a caller sees them: submit, find, wait, list, cancel, retry, remove. Knows nothing of HTTP.
import type { FileStore } from "../files/file-store.js";
import { jobKey } from "../redis/keys.js";
import { isId } from "./id.js";
import { readLog } from "./job-log.js";
import type { Lane } from "./lanes.js";
import { idsOf, type ListQuery, listJobs, type Page } from "./list.js";
import type { Notices } from "./notices.js";
import { Observers, type Tell } from "./observers.js";
import {
  FIELDS,
  hasEnded,
  type JobRecord,
  type JobState,
  type OnEnded,
  readRecord,
  SUMMARY_FIELDS,
} from "./record.js";
import { createSubmissions, type SubmissionsOptions } from "./submissions.js";
import { transitions } from "./transitions.js";
import { Wait } from "./wait.js";
import type { Webhooks } from "./webhooks.js";

export interface JobsOptions extends SubmissionsOptions {
  notices: Notices;
  files: FileStore;
  webhooks: Webhooks;
  onEnded: OnEnded;
}

/** The job cannot be canceled any more. */
export class AlreadyEnded extends Error {
  override readonly name = "AlreadyEnded";
  constructor(state: JobState) {
    super(`the job is ${state}`);
  }
}

/** Only a failed or canceled job can run again. */
export class NotRetryable extends Error {
  override readonly name = "NotRetryable";
  constructor(state: JobState) {
    super(`the job is ${state}: only a failed or canceled one can run again`);
  }
}

/** Jobs that are canceled at a time. */
const BATCH = 100;

export type Jobs = ReturnType<typeof createJobs>;

export function createJobs(options: JobsOptions) {
  const { redis, queues, notices, files, webhooks, onEnded, logger } = options;
  const steps = transitions(redis);
  const observers = new Observers(notices, readSummary);

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

  async function findSummary(account: string, id: string): Promise<JobRecord | undefined> {
    const job = isId(id) ? await readSummary(id) : undefined;
    return job?.account === account ? job : undefined;
  }

  /** Begins to listen for a job's end; its `stop` must be called. */
  function waitFor(id: string, seconds: number, signal: AbortSignal): Wait {
    return new Wait(notices, id, seconds, signal);
  }

  /** What stands: `finished` when it was this that ended the job. */
  async function endAsCanceled(job: JobRecord) {
    const { stands, delivery } = await steps.finish(job, { state: "canceled" }, Date.now());
    if (stands !== "finished") return stands;
    if (delivery > 0) await webhooks.announce(job.id, delivery);
    await queues[job.lane as Lane].remove(job.id); // 0 for one that runs: its worker takes it from the queue
    logger.info({ job: job.id, account: job.account }, "job canceled");
    onEnded({ ...job, state: "canceled" });
    return stands;
  }

  /** Ends a live job as canceled; whoever computes it hears of it. `undefined`: no such job. Throws AlreadyEnded. */
  async function cancel(account: string, id: string): Promise<JobRecord | undefined> {
    const job = await findSummary(account, id);
    if (!job) return undefined;
    const stands = await endAsCanceled(job);
    if (stands === "missing" || stands === "deleted") return undefined;
    if (stands !== "finished") throw new AlreadyEnded(stands);
    return find(account, id);
  }

  /** Cancels the live jobs that have this label. How many that were. */
  async function cancelLabeled(account: string, label: string): Promise<number> {
    let canceled = 0;
    for await (const ids of idsOf(redis, account, { label }, BATCH)) {
      const found = await Promise.all(ids.map(readSummary));
      const live = found.filter((job) => job !== undefined && !hasEnded(job.state)) as JobRecord[];
      const stand = await Promise.all(live.map(endAsCanceled));
      canceled += stand.filter((stands) => stands === "finished").length;
    }
    return canceled;
  }

  /**
   * Lets a failed or canceled job run again, under its id. `undefined`: no such job. Throws NotRetryable,
   * CapacityReached, and InputError when the name of its model is taken meanwhile.
   */
  async function retry(account: string, id: string): Promise<JobRecord | undefined> {
    const job = await findSummary(account, id);
    if (!job) return undefined;
    if (job.state !== "failed" && job.state !== "canceled") throw new NotRetryable(job.state);
    const stands = await steps.retry(job, Date.now(), options.capacity);
    if (stands === "missing") return undefined;
    if (stands !== "queued") throw new NotRetryable(stands);
    logger.info({ job: id, account }, "job runs again");
    return find(account, id);
  }

  /** Forgets a job, whatever its state, with its result and its upload. False: no such job. */
  async function remove(account: string, id: string): Promise<boolean> {
    const job = await findSummary(account, id);
    if (!job) return false;
    await webhooks.forget(id);
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
    ...createSubmissions(options),
    find,
    findSummary,
    /** Changes of one job, without its result, whoever's it is. */
    observe: (id: string, tell: Tell) => observers.observe(id, tell),
    /** What a job did after its entry `after`. `undefined`: no such job. */
    readLog: async (account: string, id: string, after: number) =>
      isId(id) ? readLog(redis, account, id, after) : undefined,
    waitFor,
    cancel,
    cancelLabeled,
    retry,
    remove,
    list: (account: string, query: ListQuery): Promise<Page> => listJobs(redis, account, query, readSummary),
  };
}
