// The transitions of a job's record in Redis, each one Lua script, so that each happens whole or not at all.
//
// The record is a hash. While a job lives it says where the job is; when the job ends, whoever writes the
// outcome into it first decides how (`finish`). Every script ends where the state does not allow it.
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
import { type JobState, STATES } from "./record.js";

/** Entries that a job's record keeps at most; the oldest go first. */
const ENTRIES = 1000;
/** BullMQ's largest priority. */
const LEAST_URGENT = 2_097_151;
/** How long a deleted job that was running stays marked as such, so that nothing computes it again. */
const TOMBSTONE = 3_600_000;

// Whose turn it is in a lane (start-time fair queueing; Goyal, Vin and Cheng, 1996). Each job gets a number,
// the smallest is next. An account's next number is past its last one by twice the caller's priority, so
// accounts take turns whatever their load, and their urgent jobs come more often; one that has nothing waiting
// begins where the lane is now, just ahead of those that were served last. Jobs of a less urgent priority do
// not count, so an account's urgent job overtakes its own others. Numbers only grow, so nobody waits for ever;
// they begin anew when nothing waits, and are lowered together before they reach BullMQ's bound.
const TURN = `
local function lower(lane, turns, prioritized)
  local base = tonumber(redis.call('HGET', turns, 'now')) or 0
  local waiting = redis.call('ZRANGE', prioritized, 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    local score = tonumber(waiting[i + 1])
    local number = math.max(1, math.floor(score / 4294967296) - base)
    redis.call('ZADD', prioritized, number * 4294967296 + score % 4294967296, waiting[i])
    redis.call('HSET', lane .. ':' .. waiting[i], 'priority', number)
  end
  local lasts = redis.call('HGETALL', turns)
  for i = 1, #lasts, 2 do redis.call('HSET', turns, lasts[i], math.max(0, tonumber(lasts[i + 1]) - base)) end
end
local function turn(lane, turns, account, priority)
  local prioritized = lane .. ':prioritized'
  if redis.call('EXISTS', prioritized) == 0 then redis.call('DEL', turns) end
  local function number()
    local now = tonumber(redis.call('HGET', turns, 'now')) or 0
    local last = 0
    for p = 1, priority do
      last = math.max(last, tonumber(redis.call('HGET', turns, p .. ':' .. account)) or 0)
    end
    if last <= now then return now + 2 * priority - 1 end
    return last + 2 * priority
  end
  local mine = number()
  if mine > ${LEAST_URGENT} then
    lower(lane, turns, prioritized)
    mine = math.min(number(), ${LEAST_URGENT})
  end
  redis.call('HSET', turns, priority .. ':' .. account, mine)
  return mine
end`;

// Numbered entries: the number grows with each, and is what an observer resumes from.
const APPEND = `
local function append(record, entries, kind, value)
  local number = redis.call('HINCRBY', record, 'number', 1)
  redis.call('XADD', entries, 'MAXLEN', ${ENTRIES}, number .. '-0', kind, value)
  return number
end`;

const LIVE = `
local function live(state) return state == 'queued' or state == 'active' end`;

const ENTER = `${APPEND}${TURN}
local record, entries, turns, jobs, state, type, label, outstanding = unpack(KEYS)
local id, priority, created, lane, account = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
redis.call('HSET', record, 'state', 'queued', unpack(ARGV, 6))
append(record, entries, 'state', 'queued')
for _, index in ipairs({jobs, state, type, label}) do redis.call('ZADD', index, 0, id) end
redis.call('ZADD', outstanding, created, id)
return turn(lane, turns, account, priority)`;

// Removes every trace; what is on the disk is the caller's.
const FORGET = `
local record, entries, names = unpack(KEYS)
local id, madeName = ARGV[1], ARGV[2]
redis.call('DEL', record, entries)
for i = 4, #KEYS do redis.call('ZREM', KEYS[i], id) end
if redis.call('HGET', names, madeName) == id then redis.call('HDEL', names, madeName) end
return 1`;

const START = `${APPEND}
local record, entries, queued, active, turns = unpack(KEYS)
local state = redis.call('HGET', record, 'state')
if not state then return 'missing' end
if state ~= 'queued' and state ~= 'active' then return state end
redis.call('HSET', record, 'state', 'active', 'startedAt', ARGV[2])
redis.call('HDEL', record, 'progress')
redis.call('HINCRBY', record, 'attempts', 1)
redis.call('ZREM', queued, ARGV[1])
redis.call('ZADD', active, 0, ARGV[1])
local number = append(record, entries, 'state', 'active')
redis.call('PUBLISH', ARGV[3], number)
if tonumber(ARGV[4]) > (tonumber(redis.call('HGET', turns, 'now')) or 0) then
  redis.call('HSET', turns, 'now', ARGV[4])
end
return 'started'`;

const PUT_BACK = `${APPEND}
local record, entries, queued, active = unpack(KEYS)
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
redis.call('HSET', record, 'state', 'queued')
redis.call('HDEL', record, 'startedAt', 'progress')
redis.call('ZREM', active, ARGV[1])
redis.call('ZADD', queued, 0, ARGV[1])
local number = append(record, entries, 'state', 'queued')
redis.call('PUBLISH', ARGV[2], number)
return 1`;

// Progress replaces the progress before it; sentences are appended. Both take a number.
const REPORT = `${APPEND}
local record, entries = unpack(KEYS)
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
local number = 0
if ARGV[2] ~= '' then
  number = redis.call('HINCRBY', record, 'number', 1)
  redis.call('HSET', record, 'progress', ARGV[2], 'progressNumber', number)
end
for i = 3, #ARGV do number = append(record, entries, 'log', ARGV[i]) end
redis.call('PUBLISH', ARGV[1], number)
return 1`;

// The one write of the outcome: for completion, failure, cancellation and deletion alike.
const FINISH = `${APPEND}${LIVE}
local record, entries, queued, active, ended, outstanding, expiry, bull, model, models, names = unpack(KEYS)
local id, state, now, channel, index, madeName = unpack(ARGV, 1, 6)
local before = redis.call('HGET', record, 'state')
if not before then return 'missing' end
if not live(before) then return before end
local expires = tonumber(now) + tonumber(redis.call('HGET', record, 'ttl'))
redis.call('ZREM', queued, id)
redis.call('ZREM', active, id)
redis.call('ZREM', outstanding, id)
redis.call('HSET', record, 'state', state, 'finishedAt', now, 'expiresAt', expires, unpack(ARGV, 8))
if state == 'failed' or state == 'canceled' then
  local data = redis.call('HGET', bull, 'data')
  if data then redis.call('HSET', record, 'data', data) end
end
append(record, entries, 'state', state)
redis.call('ZADD', ended, 0, id)
redis.call('ZADD', expiry, expires, index)
redis.call('PEXPIREAT', record, expires)
redis.call('PEXPIREAT', entries, expires)
if ARGV[7] ~= '' and state == 'completed' then
  redis.call('HSET', model, 'document', ARGV[7], 'account', redis.call('HGET', record, 'account'), 'name', madeName)
  redis.call('ZADD', models, now, id)
  if madeName == '' then redis.call('PEXPIREAT', model, expires) end
elseif madeName ~= '' and redis.call('HGET', names, madeName) == id then
  redis.call('HDEL', names, madeName)
end
redis.call('PUBLISH', channel, id)
return 'finished'`;

// A job that has ended goes at once; one that runs leaves a mark until its worker has heard of it.
const REMOVE = `${LIVE}
local record, entries, expiry, model, models, names = unpack(KEYS)
local id, channel, index, madeName = unpack(ARGV)
local before = redis.call('HGET', record, 'state')
if not before or before == 'deleted' then return 'missing' end
for i = 7, #KEYS do redis.call('ZREM', KEYS[i], id) end
redis.call('ZREM', expiry, index)
redis.call('DEL', record, entries)
if madeName == '' then
  redis.call('DEL', model)
  redis.call('ZREM', models, id)
elseif live(before) and redis.call('HGET', names, madeName) == id then
  redis.call('HDEL', names, madeName)
end
if live(before) then
  redis.call('HSET', record, 'state', 'deleted')
  redis.call('PEXPIRE', record, ${TOMBSTONE})
  redis.call('PUBLISH', channel, id)
end
return before`;

/** Everything that the page of a job needs, in one answer; the rank of one that waits is its position. */
const FIND = `
local record = KEYS[1]
local fields = redis.call('HMGET', record, unpack(ARGV, 2))
if fields[1] == 'queued' then
  local rank = redis.call('ZRANK', '${PREFIX}:' .. fields[2] .. ':prioritized', ARGV[1])
  if rank then fields[#fields + 1] = tostring(rank + 1) end
end
return fields`;

/** Those of some outstanding ids of which BullMQ knows nothing: their submission was cut off half-way. */
const ORPHANS = `
local orphans = {}
for _, id in ipairs(ARGV) do
  local found = redis.call('HMGET', '${jobKey("")}' .. id, 'state', 'lane')
  if not found[1] or (found[1] == 'queued' and
      redis.call('EXISTS', '${PREFIX}:' .. found[2] .. ':' .. id) == 0) then
    orphans[#orphans + 1] = id
  end
end
return orphans`;

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

const SCRIPTS: [string, string, number][] = [
  ["abacusEnter", ENTER, 8],
  ["abacusForget", FORGET, 12],
  ["abacusStart", START, 5],
  ["abacusPutBack", PUT_BACK, 4],
  ["abacusReport", REPORT, 2],
  ["abacusFinish", FINISH, 11],
  ["abacusRemove", REMOVE, 15],
  ["abacusFind", FIND, 1],
  ["abacusOrphans", ORPHANS, 1],
];

/** What the indexes of a job are made of: known from its submission on, and never changed. */
export interface JobIdentity {
  id: string;
  account: string;
  type: string;
  lane: string;
  label: string | null;
  /** Milliseconds. */
  createdAt: number;
  /** The name that a training reserved for its model; else "". */
  madeName: string;
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
