// Trained models: what an addition may refer to, by id or by the name that its training reserved.
import type { Redis } from "ioredis";
import { InputError } from "../../workers/input-error.js";
import type { ModelReference } from "../../workers/job-type.js";
import { DEFAULT_REFERENCE } from "../../workers/rnn/default-model.js";
import type { FileStore } from "../files/file-store.js";
import { jobKey, modelKey, modelNamesKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";

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

export type Models = ReturnType<typeof createModels>;

export function createModels(redis: Redis, files: FileStore) {
  const run = defineScripts(redis, { abacusReserveName: RESERVE });

  const models = {
    /** The model of an account by id or name. Throws InputError (404) when there is none. */
    async require(account: string, reference: string): Promise<ModelReference> {
      const model = await models.resolve(account, reference);
      if (model) return model;
      const detail = `there is no model ${JSON.stringify(reference)}`;
      throw new InputError({ status: 404, name: "unknown-model", detail });
    },

    /** The model of an account by id or name; `undefined` when there is none. */
    async resolve(account: string, reference: string): Promise<ModelReference | undefined> {
      if (reference === DEFAULT_REFERENCE.id) return DEFAULT_REFERENCE;
      const id = (await redis.hget(modelNamesKey(account), reference)) ?? reference;
      const [owner, document] = await redis.hmget(modelKey(id), "account", "document");
      if (owner !== account || !document) return undefined;
      const { binaryDim, hiddenDim } = JSON.parse(document) as { binaryDim: number; hiddenDim: number };
      return { id, binaryDim, hiddenDim, weights: files.path("made", id) };
    },

    /** Takes a name for a training; false when another has it. */
    async reserve(account: string, name: string, id: string): Promise<boolean> {
      return (await run("abacusReserveName", [modelNamesKey(account)], name, id)) === 1;
    },
  };
  return models;
}

/** The mistake of asking for a name that another model has. */
export function nameTaken(name: string): InputError {
  const detail = `the name ${JSON.stringify(name)} is in use by another model`;
  return new InputError({ status: 409, name: "name-taken", detail });
}
