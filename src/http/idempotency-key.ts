// The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), and what a request means beside it.
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Content } from "./bodies.js";
import { HttpProblem } from "./problems.js";

/** Characters of a key. */
const LONGEST = 255;
const VISIBLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The key, in quotes as the draft has it or without; `undefined` when the request has none. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const header = headers["idempotency-key"];
  if (header === undefined) return undefined;
  const text = [header].flat().join(",");
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (key.length <= LONGEST && VISIBLE.test(key)) return key;
  const detail = `Idempotency-Key must be 1 to ${LONGEST} visible ASCII characters`;
  throw new HttpProblem(400, "invalid-input", detail);
}

/** Names what the request means: its path, its query, its input or its fields, and its file; not how it was written. */
export function fingerprintOf(request: FastifyRequest, { input, file }: Content): string {
  const path = request.url.split("?")[0];
  const meaning = [path, request.query, input ?? null, file ? [file.sha256, file.name] : null];
  return createHash("sha256").update(JSON.stringify(meaning, sorted)).digest("base64url");
}

/** For JSON.stringify: the properties of each object in the order of their names. */
function sorted(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
