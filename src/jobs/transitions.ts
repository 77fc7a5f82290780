// The transitions of a job's record in Redis, each one Lua script, so that each happens whole or not at all.
// Whoever writes the outcome first decides how the job ended (`finish`).
import type { Redis } from "ioredis";
import {
  bullKey,
  changesChannel,
  endedChannel,
  entriesKey,
  expiryKey,
  jobKey,
  jobsKey,
  modelKey,
  modelNamesKey,
  modelsKey,
  outstandingKey,
  PREFIX,
  turnsKey,
} from "../redis/keys.js";
import { type JobIdentity, type JobState, STATES } from "./record.js";
import { SCRIPTS } from "./scripts.js";

interface Commands {
  abacusEnter(...args: (string | number | Buffer)[]): Promise<number>;
  abacusForget(...args: (string | number | Buffer)[]): Promise<number>;
  abacusStart(...args: (string | number | Buffer)[]): Promise<string>;
  abacusPutBack(...args: (string | number | Buffer)[]): Promise<number>;
  abacusReport(...args: (string | number | Buffer)[]): Promise<number>;
  abacusFinish(...args: (string | number | Buffer)[]): Promise<string>;
  abacusRemove(...args: (string | number | Buffer)[]): Promise<string>;
  abacusFindBuffer(...args: (string | number | Buffer)[]): Promise<(Buffer | null)[]>;
  abacusOrphans(...args: (string | number | Buffer)[]): Promise<string[]>;
}

/** What the sweeper needs to tidy after a job whose record has expired. */
export function indexEntry(job: JobIdentity): string {
  return JSON.stringify([job.id, job.account, job.type, job.label, job.lane, job.madeName]);
}

export interface Ending {
  state: Exclude<JobState, "queued" | "active">;
  /** JSON of the error document. */
  error?: string;
  /** JSON of the last progress. */
  progress?: string;
  /** The result's JSON bytes, when small enough to be kept here. */
  result?: Uint8Array;
  /** Bytes of the result, also when it is in the file store. */
  resultBytes?: number;
  /** JSON of what the job made, e.g. the model's document. */
  made?: string;
}

export type Transitions = ReturnType<typeof transitions>;

/** The transitions over one connection: of producers (fail fast) or of workers (wait). */
export function transitions(redis: Redis) {
  for (const [name, lua, numberOfKeys] of SCRIPTS)
    if (!(name in redis)) redis.defineCommand(name, { lua, numberOfKeys });
  const commands = redis as unknown as Commands;

  const states = (job: JobIdentity, ...wanted: JobState[]) =>
    wanted.map((state) => jobsKey(job.account, "state", state));
  // without a label the account's own index stands in: adding and removing twice does no harm
  const labelKey = (job: JobIdentity) =>
    job.label === null ? jobsKey(job.account) : jobsKey(job.account, "label", job.label);
  /** Every sorted set that may hold the id of a job that has not been swept. */
  const indexes = (job: JobIdentity) => [
    outstandingKey,
    jobsKey(job.account),
    jobsKey(job.account, "type", job.type),
    labelKey(job),
    ...states(job, ...STATES),
  ];

  return {
    /** Writes the record of a new job and its indexes; returns its number in its lane, BullMQ's priority. */
    enter(job: JobIdentity, priority: number, fields: Record<string, string | number>): Promise<number> {
      return commands.abacusEnter(
        jobKey(job.id),
        entriesKey(job.id),
        turnsKey(job.lane),
        jobsKey(job.account),
        ...states(job, "queued"),
        jobsKey(job.account, "type", job.type),
        labelKey(job),
        outstandingKey,
        job.id,
        priority,
        job.createdAt,
        `${PREFIX}:${job.lane}`,
        encodeURIComponent(job.account),
        ...Object.entries(fields).flat(),
      );
    },

    /** Removes every trace of a job that was never accepted, or is no more. */
    forget(job: JobIdentity): Promise<number> {
      return commands.abacusForget(
        jobKey(job.id),
        entriesKey(job.id),
        modelNamesKey(job.account),
        ...indexes(job),
        job.id,
        job.madeName,
      );
    },

    /** Removes what is left of a job whose record has expired. */
    async expire(job: JobIdentity): Promise<void> {
      const model = await redis.exists(modelKey(job.id));
      if (!model) await redis.zrem(modelsKey(job.account), job.id);
      // a named model keeps its name, whatever becomes of its job
      await this.forget(model ? { ...job, madeName: "" } : job);
    },

    /**
     * `started`, or why there is nothing to compute: the state it ended in, or `missing`. `turn` is the job's
     * number in its lane.
     */
    start(job: JobIdentity, now: number, turn: number): Promise<string> {
      return commands.abacusStart(
        jobKey(job.id),
        entriesKey(job.id),
        ...states(job, "queued", "active"),
        turnsKey(job.lane),
        job.id,
        now,
        changesChannel(job.id),
        turn,
      );
    },

    /** The name for what a job makes, when its body was looked into only now. */
    async setMadeName(job: JobIdentity): Promise<void> {
      await redis.hset(jobKey(job.id), "madeName", job.madeName);
    },

    putBack(job: JobIdentity): Promise<number> {
      return commands.abacusPutBack(
        jobKey(job.id),
        entriesKey(job.id),
        ...states(job, "queued", "active"),
        job.id,
        changesChannel(job.id),
      );
    },

    report(id: string, progress: string | undefined, sentences: string[]): Promise<number> {
      return commands.abacusReport(
        jobKey(id),
        entriesKey(id),
        changesChannel(id),
        progress ?? "",
        ...sentences,
      );
    },

    /** `finished` for the one caller whose ending stands; for all others the state that stands, or `missing`. */
    finish(job: JobIdentity, ending: Ending, now: number): Promise<string> {
      const fields: (string | number | Buffer)[] = [];
      if (ending.error !== undefined) fields.push("error", ending.error);
      if (ending.progress !== undefined) fields.push("progress", ending.progress);
      if (ending.resultBytes !== undefined) fields.push("resultBytes", ending.resultBytes);
      if (ending.result)
        fields.push(
          "result",
          Buffer.from(ending.result.buffer, ending.result.byteOffset, ending.result.byteLength),
        );
      return commands.abacusFinish(
        jobKey(job.id),
        entriesKey(job.id),
        ...states(job, "queued", "active", ending.state),
        outstandingKey,
        expiryKey,
        bullKey(job.lane, job.id),
        modelKey(job.id),
        modelsKey(job.account),
        modelNamesKey(job.account),
        job.id,
        ending.state,
        now,
        endedChannel,
        indexEntry(job),
        job.madeName,
        ending.made ?? "",
        ...fields,
      );
    },

    /** The state that the job had; `missing` when there was none. */
    remove(job: JobIdentity): Promise<string> {
      return commands.abacusRemove(
        jobKey(job.id),
        entriesKey(job.id),
        expiryKey,
        modelKey(job.id),
        modelsKey(job.account),
        modelNamesKey(job.account),
        ...indexes(job),
        job.id,
        endedChannel,
        indexEntry(job),
        job.madeName,
      );
    },

    /** The state that stands now; `missing` for none. */
    async state(id: string): Promise<string> {
      return (await redis.hget(jobKey(id), "state")) ?? "missing";
    },

    /** The named fields of a record (the first two must be `state` and `lane`), then the position of one that waits. */
    find(id: string, fields: readonly string[]): Promise<(Buffer | null)[]> {
      return commands.abacusFindBuffer(jobKey(id), id, ...fields);
    },

    orphans(ids: string[]): Promise<string[]> {
      return commands.abacusOrphans(outstandingKey, ...ids);
    },
  };
}
