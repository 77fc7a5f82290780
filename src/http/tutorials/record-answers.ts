// What the routes of tasks, people and entries have in common: ids in paths, records as JSON, lists that are streamed.
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import Type from "../../../workers/typebox.js";
import { LAST_ID, type StoredRecord } from "../../records/kinds.js";
import type { Records } from "../../records/records.js";
import { HttpProblem } from "../problems.js";

export interface RecordRoutesDeps {
  records: Records;
}

export const READS = { scope: "jobs:read" } as const;
export const WRITES = { scope: "jobs:write" } as const;

export const idSchema = Type.Integer({
  ...{ minimum: 1, description: "Counts from 1, and is never given again.", examples: [1] },
});
export const idParams = Type.Object({
  id: Type.String({ description: "Its id, a positive integer.", examples: ["1"] }),
});

/** What a body of a few fields can be refused with, whatever it should hold. */
export const BODY_PROBLEMS = ["invalid-input", "malformed-json", "cut-off", "too-large"] as const;

/** The id in a request's path; 0, which is nobody's, for what is no id. */
export function idOf({ params }: FastifyRequest): number {
  const { id } = params as { id: string };
  return /^\d{1,16}$/.test(id) && Number(id) <= LAST_ID ? Number(id) : 0;
}

/** What was found for a request's path. Throws HttpProblem (404) when that is nothing; `what` it would be. */
export function existing(
  record: StoredRecord | undefined,
  what: string,
  { params }: FastifyRequest,
): StoredRecord {
  if (record) return record;
  const { id } = params as { id: string };
  throw new HttpProblem(404, "not-found", `there is no ${what} ${JSON.stringify(id)}`);
}

/** A record as JSON: its id, then its fields. */
export function documentOf({ id, fields }: StoredRecord): string {
  return `{"id":${id},${fields.slice(1)}`;
}

/** Records as JSON, between `before` and `after` and with commas, as they are read. */
export function listOf(pages: AsyncIterable<StoredRecord[]>, before: string, after: string): Readable {
  return Readable.from(pieces(pages, before, after));
}

async function* pieces(pages: AsyncIterable<StoredRecord[]>, before: string, after: string) {
  let between = before; // with the first records: until then the answer can still be an error
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield between + page.map(documentOf).join(",");
    between = ",";
  }
  yield between === "," ? after : before + after;
}
