// The records of the tutorials' services: for each kind a hash of JSON by id, and a counter that gives the ids.
import type { Redis } from "ioredis";
import { recordIdsKey, recordsKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";
import { type Fields, type Kind, LAST_ID, type StoredRecord } from "./kinds.js";

/** Records that are read together. */
const PAGE = 250;

// KEYS of each: the records, the counter. The counter is there as soon as there has been a record, or could have been.
const SCRIPTS = {
  // ARGV: the most there may be, the fields, the last id. Answers the id, or 0.
  abacusCreateRecord: `
if redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[1]) or redis.call("GET", KEYS[2]) == ARGV[3] then return 0 end
local id = redis.call("INCR", KEYS[2])
redis.call("HSET", KEYS[1], id, ARGV[2])
return id`,
  // ARGV: id, the fields as they were read, as they shall be. Answers 1, or the fields as they are now, or nil.
  abacusChangeRecord: `
local now = redis.call("HGET", KEYS[1], ARGV[1])
if now ~= ARGV[2] then return now end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
return 1`,
  // ARGV: id. Answers the fields, or nil.
  abacusRemoveRecord: `
local fields = redis.call("HGET", KEYS[1], ARGV[1])
redis.call("HDEL", KEYS[1], ARGV[1])
return fields`,
  // ARGV: the fields of each. Does nothing when the counter is there.
  abacusSeedRecords: `
if not redis.call("SET", KEYS[2], #ARGV, "NX") then return end
for id, fields in ipairs(ARGV) do redis.call("HSET", KEYS[1], id, fields) end`,
} as const;

/** There are as many records of a kind as there may be. */
export class TooManyRecordsError extends Error {
  override readonly name = "TooManyRecordsError";
}

export type Records = ReturnType<typeof createRecords>;

/** `most`: the records of a kind that there may be. Everything rejects with Redis's own errors. */
export function createRecords(redis: Redis, most: number) {
  const run = defineScripts(redis, SCRIPTS);
  const keysOf = (kind: Kind) => [recordsKey(kind), recordIdsKey(kind)];

  async function find(kind: Kind, id: number): Promise<StoredRecord | undefined> {
    const fields = await redis.hget(recordsKey(kind), String(id));
    return fields === null ? undefined : { id, fields };
  }

  return {
    find,

    /** Ids are never given again. TooManyRecordsError. */
    async create<K extends Kind>(kind: K, input: Fields<K>): Promise<StoredRecord> {
      const fields = JSON.stringify(input);
      const id = await run<number>("abacusCreateRecord", keysOf(kind), most, fields, LAST_ID);
      if (id > 0) return { id, fields };
      throw new TooManyRecordsError(
        `there are ${most} ${kind}, which is as many as RECORDS allows: delete one first`,
      );
    },

    /** `change` is asked again with what another has written meanwhile. Undefined when there is no such record. */
    async update<K extends Kind>(kind: K, id: number, change: (fields: Fields<K>) => Fields<K>) {
      let before = (await find(kind, id))?.fields;
      while (before !== undefined) {
        const fields = JSON.stringify(change(JSON.parse(before)));
        const now = await run<1 | string | null>("abacusChangeRecord", keysOf(kind), id, before, fields);
        if (now === 1) return { id, fields };
        before = now ?? undefined; // whenever this one came too late, another has written: there is an end to it
      }
      return undefined;
    },

    /** What was removed. */
    async remove(kind: Kind, id: number): Promise<StoredRecord | undefined> {
      const fields = await run<string | null>("abacusRemoveRecord", keysOf(kind), id);
      return fields === null ? undefined : { id, fields };
    },

    /** In the order of ids, page by page. What is removed meanwhile may be missing, what is new too. */
    async *list(kind: Kind): AsyncGenerator<StoredRecord[]> {
      const ids = (await redis.hkeys(recordsKey(kind))).map(Number).sort((one, other) => one - other);
      for (let at = 0; at < ids.length; at += PAGE) {
        const page = ids.slice(at, at + PAGE);
        const texts = await redis.hmget(recordsKey(kind), ...page.map(String));
        yield page.flatMap((id, i) => (texts[i] ? [{ id, fields: texts[i] }] : []));
      }
    },

    /** The first records of a kind, unless there has been one before, whatever became of it. */
    async seed<K extends Kind>(kind: K, first: Fields<K>[]): Promise<void> {
      await run("abacusSeedRecords", keysOf(kind), ...first.map((fields) => JSON.stringify(fields)));
    },
  };
}
