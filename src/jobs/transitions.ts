// The transitions of a job's record in Redis, each one Lua script, so that each happens whole or not at all.
// Whoever writes the outcome first decides how the job ended (`finish`).
import type { Redis } from "ioredis";
import { nameTaken } from "../models/models.js";
import {
  bullKey,
  changesChannel,
  deliveriesKey,
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
  scheduledKey,
  turnsKey,
} from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";
import type { Attempt } from "./beginning.js";
import { type Capacity, CapacityReached, UNBOUNDED } from "./capacity.js";
import { indexEntry } from "./index-entry.js";
import { type JobIdentity, type JobState, STATES, type Standing } from "./record.js";
import { SCRIPTS } from "./scripts.js";

/** What a scheduled job that is due is added to its lane with. `data` is JSON. */
export interface Due {
  turn: number;
  lane: string;
  type: string;
  data: string;
}

/** Where a new job stands: its number in its lane, BullMQ's priority, and its position; 0 when it waits for its time. */
export interface Place {
  turn: number;
  position: number;
}

export interface Finished {
  /** `finished` for the one caller whose ending stands; for all others what stands. */
  stands: "finished" | Standing;
  /** The number of the webhook's delivery that is due for it; 0 for none. */
  delivery: number;
  /** What was written besides the ending, when it stands. */
  written: { number: number; expiresAt: number; attempts: number };
}

export interface Ending {
  state: Exclude<JobState, "queued" | "active">;
  /** JSON of the error document. */
  error?: string;
  /** JSON of the last progress. */
  progress?: string;
  /** The result's JSON, when small enough to be kept here. */
  result?: string;
  /** Bytes of the result, also when it is in the file store. */
  resultBytes?: number;
  /** JSON of what the job made, e.g. the model's document. */
  made?: string;
}

/** The limit that leaves no room, and how many jobs there are. */
type Reached = [limit: keyof Capacity, outstanding: number];

function isReached(answer: [number, number] | Reached): answer is Reached {
  return typeof answer[0] === "string";
}

function capacityReached([limit, outstanding]: Reached, capacity: Capacity): CapacityReached {
  return new CapacityReached(limit, capacity[limit], outstanding);
}

export type Transitions = ReturnType<typeof transitions>;

/** The transitions over one connection: of producers (fail fast) or of workers (wait). */
export function transitions(redis: Redis) {
  const run = defineScripts(redis, SCRIPTS);

  const states = (job: JobIdentity, ...wanted: JobState[]) =>
    wanted.map((state) => jobsKey(job.account, "state", state));
  // without a label the account's own index stands in: adding and removing twice does no harm
  const labelKey = (job: JobIdentity) =>
    job.label === null ? jobsKey(job.account) : jobsKey(job.account, "label", job.label);
  /** Every sorted set that may hold the id of a job that has not been swept. */
  const indexes = (job: JobIdentity) => [
    outstandingKey,
    scheduledKey,
    jobsKey(job.account),
    jobsKey(job.account, "type", job.type),
    labelKey(job),
    ...states(job, ...STATES),
  ];

  /** The jobs that have not ended: all of them, and the account's by state. */
  const outstanding = (account: string) => [
    outstandingKey,
    jobsKey(account, "state", "queued"),
    jobsKey(account, "state", "active"),
  ];

  return {
    /**
     * Writes the record of a new job and its indexes, and takes the name for its model. Throws CapacityReached, and
     * InputError when another has the name, having written nothing. The state of a job of this id that has been begun.
     */
    async enter(
      job: JobIdentity,
      priority: number,
      fields: Record<string, string | number>,
      capacity = UNBOUNDED,
      due?: number,
    ): Promise<Place | Standing> {
      const keys = [
        jobKey(job.id),
        turnsKey(job.lane),
        ...outstanding(job.account),
        scheduledKey,
        modelNamesKey(job.account),
        jobsKey(job.account),
        jobsKey(job.account, "type", job.type),
        ...(job.label === null ? [] : [jobsKey(job.account, "label", job.label)]),
      ];
      const entered = await run<[number, number] | Reached | Standing | "taken">(
        "abacusEnter",
        keys,
        job.id,
        priority,
        job.createdAt,
        `${PREFIX}:${job.lane}`,
        job.account,
        capacity.QUEUE_DEPTH,
        capacity.ACCOUNT_JOBS,
        due ?? "",
        job.madeName,
        ...Object.entries(fields).flat(),
      );
      if (entered === "taken") throw nameTaken(job.madeName);
      if (typeof entered === "string") return entered;
      if (isReached(entered)) throw capacityReached(entered, capacity);
      return { turn: entered[0], position: entered[1] };
    },

    /** Throws CapacityReached when a job of the account could not enter now; when it does, another may be there first. */
    async checkRoom(account: string, capacity: Capacity): Promise<void> {
      const { QUEUE_DEPTH, ACCOUNT_JOBS } = capacity;
      const reached = await run<Reached | null>(
        "abacusHasRoom",
        outstanding(account),
        QUEUE_DEPTH,
        ACCOUNT_JOBS,
      );
      if (reached) throw capacityReached(reached, capacity);
    },

    /** Removes every trace of a job that was cut off before its queue had it, or has expired. Whether that is so. */
    async forget(job: JobIdentity, why: "cut off" | "expired"): Promise<boolean> {
      const keys = [
        jobKey(job.id),
        entriesKey(job.id),
        deliveriesKey(job.id),
        modelNamesKey(job.account),
        ...indexes(job),
      ];
      return (await run("abacusForget", keys, job.id, job.madeName, why)) === 1;
    },

    /** Removes what is left of a job whose record has expired: whether its model stays, or all of it. */
    async expire(job: JobIdentity): Promise<"nothing" | "model" | "all"> {
      const stays = (await redis.exists(modelKey(job.id))) === 1;
      // a named model keeps its name, whatever becomes of its job
      if (!(await this.forget(stays ? { ...job, madeName: "" } : job, "expired"))) return "all";
      if (stays) return "model";
      await redis.zrem(modelsKey(job.account), job.id);
      return "nothing";
    },

    /** `started`, or why there is nothing to compute. */
    start(job: JobIdentity, { startedAt, turn, crashes }: Attempt): Promise<"started" | Standing> {
      const keys = [
        jobKey(job.id),
        entriesKey(job.id),
        ...states(job, "queued", "active"),
        turnsKey(job.lane),
      ];
      return run("abacusStart", keys, job.id, startedAt, changesChannel(job.id), turn, crashes);
    },

    /** The name for what a job makes, when its body was looked into only now. */
    async setMadeName(job: JobIdentity): Promise<void> {
      await redis.hset(jobKey(job.id), "madeName", job.madeName);
    },

    /** 0 when the job is not active any more. */
    putBack(job: JobIdentity): Promise<number> {
      const keys = [jobKey(job.id), entriesKey(job.id), ...states(job, "queued", "active")];
      return run("abacusPutBack", keys, job.id, changesChannel(job.id));
    },

    /** 0 when the job is not active any more. */
    report(id: string, progress: string | undefined, sentences: string[]): Promise<number> {
      const keys = [jobKey(id), entriesKey(id)];
      return run("abacusReport", keys, changesChannel(id), progress ?? "", ...sentences);
    },

    /** Writes how a job ended, if nobody else has. `attempt` is one that `start` was not told of. */
    async finish(job: JobIdentity, ending: Ending, now: number, attempt?: Attempt): Promise<Finished> {
      const fields: (string | number)[] = [];
      if (ending.error !== undefined) fields.push("error", ending.error);
      if (ending.progress !== undefined) fields.push("progress", ending.progress);
      if (ending.resultBytes !== undefined) fields.push("resultBytes", ending.resultBytes);
      if (ending.result !== undefined) fields.push("result", ending.result);
      const keys = [
        jobKey(job.id),
        entriesKey(job.id),
        ...states(job, "queued", "active", ending.state),
        outstandingKey,
        expiryKey,
        bullKey(job.lane, job.id),
        scheduledKey,
        turnsKey(job.lane),
        deliveriesKey(job.id),
        modelKey(job.id),
        modelsKey(job.account),
        modelNamesKey(job.account),
      ];
      type Answer = [
        Finished["stands"],
        delivery: number,
        number?: number,
        expiresAt?: number,
        attempts?: number,
      ];
      const [stands, delivery, number = 0, expiresAt = 0, attempts = 0] = await run<Answer>(
        "abacusFinish",
        keys,
        job.id,
        ending.state,
        now,
        endedChannel,
        indexEntry(job),
        job.madeName,
        ending.made ?? "",
        attempt?.startedAt ?? "",
        attempt?.turn ?? 0,
        attempt?.crashes ?? 0,
        ...fields,
      );
      return { stands, delivery, written: { number, expiresAt, attempts } };
    },

    /**
     * `queued` when a failed or canceled job waits again, else what stands. Throws CapacityReached, and InputError when
     * another has the name for its model.
     */
    async retry(job: JobIdentity, now: number, capacity: Capacity): Promise<Standing> {
      const keys = [
        jobKey(job.id),
        entriesKey(job.id),
        ...outstanding(job.account),
        ...states(job, "failed", "canceled"),
        expiryKey,
        scheduledKey,
        deliveriesKey(job.id),
        modelNamesKey(job.account),
      ];
      const { QUEUE_DEPTH, ACCOUNT_JOBS } = capacity;
      const channel = changesChannel(job.id);
      const entry = indexEntry(job);
      const answer = await run<Reached | Standing | "taken">(
        "abacusRetry",
        keys,
        job.id,
        now,
        QUEUE_DEPTH,
        ACCOUNT_JOBS,
        entry,
        channel,
        job.madeName,
      );
      if (answer === "taken") throw nameTaken(job.madeName);
      if (typeof answer !== "string") throw capacityReached(answer, capacity);
      return answer;
    },

    /**
     * Of a scheduled job that is due; `later` when the run before its retry has not gone yet; when it does not wait
     * any more, the number of its webhook's delivery that is due, or 0.
     */
    async due(id: string): Promise<Due | "later" | number> {
      type Answer = [turn: number, lane: string, type: string, data: string] | "later" | number;
      const answer = await run<Answer>("abacusDue", [jobKey(id)], id, PREFIX);
      if (!Array.isArray(answer)) return answer;
      const [turn, lane, type, data] = answer;
      return { turn, lane, type, data };
    },

    /** Takes a job out of the schedule, unless it came into it again after it was read with this score. */
    async unschedule(id: string, score: string): Promise<void> {
      await run("abacusUnschedule", [scheduledKey], id, score);
    },

    /** Keeps what a retry needs, if the job was canceled before its queue had it. `data` is JSON. */
    async keepData(id: string, data: string): Promise<void> {
      await run("abacusKeep", [jobKey(id)], data);
    },

    /** What stood before. */
    remove(job: JobIdentity): Promise<Standing> {
      const keys = [
        jobKey(job.id),
        entriesKey(job.id),
        deliveriesKey(job.id),
        expiryKey,
        modelKey(job.id),
        modelsKey(job.account),
        modelNamesKey(job.account),
        ...indexes(job),
      ];
      return run("abacusRemove", keys, job.id, endedChannel, indexEntry(job), job.madeName);
    },

    /** What stands now. */
    async state(id: string): Promise<Standing> {
      return ((await redis.hget(jobKey(id), "state")) as JobState | null) ?? "missing";
    },

    /** The number of the webhook's delivery that is due for the outcome which stands; 0 for none. */
    async delivery(id: string): Promise<number> {
      const [finishedAt, deliveries] = await redis.hmget(jobKey(id), "finishedAt", "deliveries");
      return finishedAt ? Number(deliveries ?? 0) : 0;
    },

    /** The named fields of a record (the first two must be `state` and `lane`), then the position of one that waits. */
    find(id: string, fields: readonly string[]): Promise<(Buffer | null)[]> {
      return run("abacusFindBuffer", [jobKey(id)], id, ...fields);
    },

    /** Those of some outstanding ids that are in no queue. */
    orphans(ids: string[]): Promise<string[]> {
      return run("abacusOrphans", [outstandingKey], ...ids);
    },
  };
}
