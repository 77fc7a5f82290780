// The request that submits a job: where it goes and how its input travels, as the job type's definition says.
import type { Request } from "./connection.js";
import { fileForm, type OnUpload } from "./form.js";
import type { Definition } from "./typing.js";

export interface SubmitOptions {
  /** The path of a file to send, for a job type that accepts files; the input is then its options alone. */
  file?: string;
  onUpload?: OnUpload;
  /** Whole seconds to wait for the job's end, at most 60: the job then comes back with its result. */
  wait?: number;
  /** 1 (first) … 10: how urgent it is among the account's own jobs; 5 by default. */
  priority?: number;
  /** Seconds before which it does not begin. */
  delay?: number;
  /** Seconds that its outcome is kept: 60 … 30 days. */
  ttl?: number;
  /** What you call it, and others: for lists and `cancelAll`. */
  label?: string;
  /** Of all submissions with the same key within a day one makes a job, and all get it. */
  idempotencyKey?: string;
  /** An https URL that is called once the job has ended. */
  webhook?: string;
  signal?: AbortSignal | undefined;
}

/** The request for `POST type.path`, until it is `over`. Throws TypeError for what this job type cannot be sent. */
export async function submission(
  type: Definition,
  input: unknown,
  options: SubmitOptions,
  over: AbortSignal,
): Promise<Request> {
  const { file, onUpload, signal } = options;
  const kind = file === undefined ? "json" : "file";
  if (!type.accepts.includes(kind))
    throw new TypeError(`${type.name} takes ${kind === "file" ? "no file" : "nothing but a file"}`);
  const own = headersOf(options);
  const request = { method: "POST", signal };
  if (file === undefined) {
    const headers = { "content-type": "application/json", ...own };
    return { ...request, headers, body: JSON.stringify(input) };
  }
  const { headers, body } = await fileForm(file, fieldsOf(type, input), over, onUpload);
  // Without these two, Node's fetch copies the body, to have it for a redirect: the whole file in memory.
  const once = { redirect: "error", window: null } as const;
  return { ...request, ...once, headers: { ...headers, ...own }, body, duplex: "half" };
}

/** What the headers say of the job. */
function headersOf({ wait, idempotencyKey, webhook }: SubmitOptions): Record<string, string> {
  return {
    ...(wait !== undefined && { prefer: `wait=${wait}` }),
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    ...(webhook !== undefined && { "abacus-webhook": webhook }),
  };
}

/** Where the job is submitted, with what the query says of it. */
export function addressOf(type: Definition, { priority, delay, ttl, label }: SubmitOptions): string {
  const said = Object.entries({ priority, delay, ttl, label }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(said.map(([name, value]): [string, string] => [name, String(value)]));
  return query.size === 0 ? type.path : `${type.path}?${query}`;
}

/** The options as text fields; lists repeat the field. */
function fieldsOf(type: Definition, input: unknown): [string, string][] {
  const { options = {}, ...rest } = input as { options?: Record<string, unknown> };
  const others = Object.entries(rest).filter(([, value]) => value !== undefined);
  if (others[0]) throw new TypeError(`${type.name} with a file takes options alone, not ${others[0][0]}`);
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Array.isArray(value)) return [[name, String(value)]];
    if (value.length === 0) refuseEmpty(type, name);
    return value.map((one): [string, string] => [name, String(one)]);
  });
}

/** A form has no empty list. Leaving the field out says the same, unless the default is another list. */
function refuseEmpty(type: Definition, name: string): void {
  const input = type.input as {
    properties?: { options?: { properties?: Record<string, { default?: unknown }> } };
  };
  const byDefault = input.properties?.options?.properties?.[name]?.default;
  if (Array.isArray(byDefault) && byDefault.length > 0)
    throw new TypeError(`options.${name}: a form cannot say an empty list`);
}
