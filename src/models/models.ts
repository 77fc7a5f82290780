// Trained models: found, listed and deleted, by id or by the name that their training reserved.
import type { Redis } from "ioredis";
import { InputError } from "../../workers/input-error.js";
import type { ModelReference } from "../../workers/job-type.js";
import { DEFAULT_MODEL, DEFAULT_REFERENCE } from "../../workers/rnn/default-model.js";
import type { FileStore } from "../files/file-store.js";
import { jobKey, modelKey, modelNamesKey, modelsKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";

// Takes a name for a training, unless another has it: while the model that has it exists, or the training that took
// it may still end well. The scripts that let a job wait take it along with writing that it does.
export const TAKE_NAME = `
local function takeName(names, name, id)
  local holder = redis.call('HGET', names, name)
  if holder and holder ~= id then
    local state = redis.call('HGET', '${jobKey("")}' .. holder, 'state')
    if redis.call('EXISTS', '${modelKey("")}' .. holder) == 1 or state == 'queued' or state == 'active' then
      return false
    end
  end
  redis.call('HSET', names, name, id)
  return true
end`;

const RESERVE = `${TAKE_NAME}
return takeName(KEYS[1], ARGV[1], ARGV[2]) and 1 or 0`;

// Of another account's model nothing is removed, and of one that its job has taken with it there is nothing left.
const REMOVE = `
local model, models, names = unpack(KEYS)
local id, account = unpack(ARGV)
local found = redis.call('HMGET', model, 'account', 'name')
if found[1] ~= account then return 0 end
redis.call('DEL', model)
redis.call('ZREM', models, id)
if found[2] ~= '' and redis.call('HGET', names, found[2]) == id then redis.call('HDEL', names, found[2]) end
return 1`;

/** Entries of the index that are looked at together: of those whose models have expired there may be many. */
const LOOKS = 101;

export interface FoundModel {
  id: string;
  /** JSON; `null` for the default model, which has no record. */
  document: string | null;
}

export interface ModelsQuery {
  /** Models of a page at most: 1 … 100. */
  limit: number;
  /** The last model's id of the page before. */
  cursor?: string;
}

export interface ModelPage {
  /** JSON documents, newest first. */
  documents: string[];
  /** What the next page begins after; `null` when this one has room for a further model and there is none. */
  nextCursor: string | null;
}

export type Models = ReturnType<typeof createModels>;

export function createModels(redis: Redis, files: FileStore) {
  const run = defineScripts(redis, { abacusReserveName: RESERVE, abacusRemoveModel: REMOVE });

  /** The documents of an account's models among these ids, in their order. */
  async function read(account: string, ids: string[]): Promise<{ id: string; document: string }[]> {
    const questions = redis.pipeline();
    for (const id of ids) questions.hmget(modelKey(id), "account", "document");
    const answers = (await questions.exec()) ?? [];
    return ids.flatMap((id, at) => {
      const [error, answer] = answers[at] ?? [new Error("Redis left a question open")];
      if (error) throw error;
      const [owner, document] = answer as (string | null)[];
      return owner === account && document ? [{ id, document }] : [];
    });
  }

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
      const model = await models.find(account, reference);
      if (!model) return undefined;
      const { id, document } = model;
      if (document === null) return DEFAULT_REFERENCE;
      const { binaryDim, hiddenDim } = JSON.parse(document) as { binaryDim: number; hiddenDim: number };
      return { id, binaryDim, hiddenDim, weights: files.path("made", id) };
    },

    /** The model of an account by id or name, with its document; `undefined` when there is none. */
    async find(account: string, reference: string): Promise<FoundModel | undefined> {
      if (reference === DEFAULT_MODEL) return { id: DEFAULT_MODEL, document: null };
      const id = (await redis.hget(modelNamesKey(account), reference)) ?? reference;
      const [found] = await read(account, [id]);
      return found;
    },

    /** An account's models without the default one, a page at a time. Ids sort by time. */
    async list(account: string, { limit, cursor }: ModelsQuery): Promise<ModelPage> {
      const found: { id: string; document: string }[] = [];
      let from = cursor === undefined ? "+" : `(${cursor}`;
      for (let isEnd = false; found.length <= limit && !isEnd; ) {
        const ids = await redis.zrange(modelsKey(account), from, "-", "BYLEX", "REV", "LIMIT", 0, LOOKS);
        found.push(...(await read(account, ids)));
        from = `(${ids.at(-1)}`;
        isEnd = ids.length < LOOKS;
      }
      const page = found.slice(0, limit);
      return {
        documents: page.map(({ document }) => document),
        nextCursor: found.length < limit ? null : (page.at(-1)?.id ?? null),
      };
    },

    /** Deletes a model of an account with its weights, and frees its name. False when there is none. */
    async remove(account: string, id: string): Promise<boolean> {
      const keys = [modelKey(id), modelsKey(account), modelNamesKey(account)];
      if ((await run("abacusRemoveModel", keys, id, account)) !== 1) return false;
      await files.remove("made", id);
      return true;
    },

    /** Takes a name for a training that runs; false when another has it. */
    async reserve(account: string, name: string, id: string): Promise<boolean> {
      return (await run("abacusReserveName", [modelNamesKey(account)], name, id)) === 1;
    },
  };
  return models;
}

/** The mistake of asking for a name that another model has. */
export function nameTaken(name: string): InputError {
  const detail = `the name ${JSON.stringify(name)} is in use by another model, or by a training that has not ended`;
  return new InputError({ status: 409, name: "name-taken", detail });
}
