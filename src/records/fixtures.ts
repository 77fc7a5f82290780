// Records as fixtures, in the format of Django's `dumpdata`: an array of { model, pk, fields }.
import type { Redis } from "ioredis";
import { InputError } from "../../workers/input-error.js";
import Type from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";
import { recordIdsKey, recordsKey } from "../redis/keys.js";
import { KINDS, type Kind, LAST_ID, type StoredRecord } from "./kinds.js";
import type { Records } from "./records.js";

const MODELS = Object.keys(KINDS) as Kind[];

/** Records that are written by one command. */
const PAGE = 250;

/** The records of each model, by their ids. */
export type Fixtures = Map<Kind, Map<number, StoredRecord>>;

/** Fixtures that cannot be loaded: the message names the record. */
export class FixtureError extends Error {
  override readonly name = "FixtureError";
}

const formats = new Map<string, ReturnType<typeof formatOf>>(MODELS.map((kind) => [kind, formatOf(kind)]));

function formatOf(kind: Kind) {
  return Type.Object(
    {
      model: Type.Literal(kind),
      pk: Type.Integer({ minimum: 1, maximum: LAST_ID }),
      fields: KINDS[kind],
    },
    { additionalProperties: false },
  );
}

/** A record a line, as they are read. */
export async function* dump(records: Records): AsyncGenerator<string> {
  let before = "[\n";
  for (const model of MODELS)
    for await (const page of records.list(model)) {
      if (page.length === 0) continue;
      const lines = page.map(({ id, fields }) => `{"model": "${model}", "pk": ${id}, "fields": ${fields}}`);
      yield before + lines.join(",\n");
      before = ",\n";
    }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

/** Throws FixtureError for the first thing that is wrong. */
export function parseFixtures(bytes: Uint8Array): Fixtures {
  const fixtures: Fixtures = new Map(MODELS.map((kind) => [kind, new Map()]));
  for (const [at, one] of readArray(bytes).entries()) {
    const { model, pk } = (one ?? {}) as { model?: Kind; pk?: unknown };
    const format = formats.get(String(model));
    const known = fixtures.get(model as Kind);
    if (!format || !known)
      throw new FixtureError(`record ${at + 1}: its model must be one of ${MODELS.join(", ")}`);
    const name = `record ${at + 1} (${model} ${pk})`;
    const { fields } = checked(format, one, name) as { fields: Record<string, unknown> };
    if (known.has(Number(pk))) throw new FixtureError(`${name}: there is another ${model} ${pk} before it`);
    const inOrder = Object.keys(KINDS[model as Kind].properties).map((field) => [field, fields[field]]);
    known.set(Number(pk), { id: Number(pk), fields: JSON.stringify(Object.fromEntries(inOrder)) });
  }
  return fixtures;
}

function readArray(bytes: Uint8Array): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FixtureError(`the fixtures are not JSON: ${(error as Error).message}`);
  }
  if (Array.isArray(value)) return value;
  throw new FixtureError("the fixtures must be an array of records");
}

function checked(format: ReturnType<typeof formatOf>, value: unknown, name: string): unknown {
  try {
    validate(format, value);
    return value;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new FixtureError(`${name}: ${error.message}`);
  }
}

/**
 * Puts fixtures in place of the records with the same ids, all at once. Of each model the next id is past the highest,
 * and none counts as new. `redis` is a connection of this alone. FixtureError for more than `most` records of a model.
 */
export async function load(redis: Redis, fixtures: Fixtures, most: number): Promise<void> {
  for (;;) {
    await redis.watch(...MODELS.flatMap((kind) => [recordsKey(kind), recordIdsKey(kind)]));
    const changes = redis.multi();
    for (const [kind, records] of fixtures) {
      const ids = new Set((await redis.hkeys(recordsKey(kind))).map(Number));
      let last = Number(await redis.get(recordIdsKey(kind)));
      for (const id of records.keys()) {
        if (!ids.has(id) && ids.add(id).size > most)
          throw new FixtureError(`${kind} ${id} would be more ${kind} than RECORDS allows, which is ${most}`);
        last = Math.max(last, id);
      }
      const written = [...records.values()].map(({ id, fields }) => [String(id), fields]);
      for (let at = 0; at < written.length; at += PAGE)
        changes.hset(recordsKey(kind), ...written.slice(at, at + PAGE).flat());
      changes.set(recordIdsKey(kind), last);
    }
    if (await changes.exec()) return; // else somebody wrote meanwhile
  }
}
