// Trained models: what an addition may refer to, by id or by the name that its training reserved.
import type { Redis } from "ioredis";
import type { ModelReference } from "../../workers/job-type.js";
import type { FileStore } from "../files/file-store.js";
import { jobKey, modelKey, modelNamesKey } from "../redis/keys.js";

/** The tutorial's model: every thread computes it for itself, so it belongs to no account and has no file. */
export const DEFAULT_MODEL: ModelReference = { id: "default", binaryDim: 8, hiddenDim: 16, weights: null };

// A name is taken while the model that has it exists or the training that reserved it may still end well.
const RESERVE = `
local names = KEYS[1]
local name, id = ARGV[1], ARGV[2]
local holder = redis.call('HGET', names, name)
if holder and holder ~= id then
  local state = redis.call('HGET', '${jobKey("")}' .. holder, 'state')
  if redis.call('EXISTS', '${modelKey("")}' .. holder) == 1 or state == 'queued' or state == 'active' then
    return 0
  end
end
redis.call('HSET', names, name, id)
return 1`;

const RELEASE = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`;

export type Models = ReturnType<typeof createModels>;

export function createModels(redis: Redis, files: FileStore) {
  const commands = redis as unknown as Record<
    "abacusReserveName" | "abacusReleaseName",
    (key: string, name: string, id: string) => Promise<number>
  >;
  redis.defineCommand("abacusReserveName", { lua: RESERVE, numberOfKeys: 1 });
  redis.defineCommand("abacusReleaseName", { lua: RELEASE, numberOfKeys: 1 });

  return {
    /** The model of an account by id or name; `undefined` when there is none. */
    async resolve(account: string, reference: string): Promise<ModelReference | undefined> {
      if (reference === DEFAULT_MODEL.id) return DEFAULT_MODEL;
      const id = (await redis.hget(modelNamesKey(account), reference)) ?? reference;
      const [owner, document] = await redis.hmget(modelKey(id), "account", "document");
      if (owner !== account || !document) return undefined;
      const { binaryDim, hiddenDim } = JSON.parse(document) as { binaryDim: number; hiddenDim: number };
      return { id, binaryDim, hiddenDim, weights: files.path("made", id) };
    },

    /** Takes a name for a training; false when another has it. */
    async reserve(account: string, name: string, id: string): Promise<boolean> {
      return (await commands.abacusReserveName(modelNamesKey(account), name, id)) === 1;
    },

    async release(account: string, name: string, id: string): Promise<void> {
      await commands.abacusReleaseName(modelNamesKey(account), name, id);
    },

    /** Whether a model of this id exists, whoever's it is. */
    async exists(id: string): Promise<boolean> {
      return (await redis.exists(modelKey(id))) === 1;
    },
  };
}
