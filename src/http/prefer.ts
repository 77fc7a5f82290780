// The `Prefer` header (RFC 7240): how long a client would wait for the end of a job.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Jobs } from "../jobs/jobs.js";
import type { Wait } from "../jobs/wait.js";

/** Seconds that a request waits at most. */
export const LONGEST_WAIT = 60;

/** What stands between commas that are not in quotes. */
const ITEM = /(?:"(?:\\.|[^"\\])*"|[^,"])+/g;
/** A preference with its value, up to its own parameters. */
const PREFERENCE = /^\s*([^\s=;]+)\s*(?:=\s*"?([^";]*)"?)?/;

/** What was read of requests that are being answered: it is asked for several times. */
const read = new WeakMap<FastifyRequest, Map<string, string>>();

/** The preferences by name; of one that is repeated, the first. Those that make no sense are ignored. */
function preferencesOf(request: FastifyRequest): Map<string, string> {
  const known = read.get(request);
  if (known) return known;
  const header = [request.headers.prefer ?? []].flat().join(",");
  const preferences = new Map<string, string>();
  for (const [item] of header.matchAll(ITEM)) {
    const [, name, value = ""] = PREFERENCE.exec(item) ?? [];
    if (name && !preferences.has(name.toLowerCase())) preferences.set(name.toLowerCase(), value.trim());
  }
  read.set(request, preferences);
  return preferences;
}

/** Seconds to wait, at most 60; `undefined` when the request prefers nothing of the kind. */
export function preferredWait(request: FastifyRequest): number | undefined {
  const wait = preferencesOf(request).get("wait");
  return wait !== undefined && /^\d+$/.test(wait) ? Math.min(Number(wait), LONGEST_WAIT) : undefined;
}

/** Says in the answer to a submission or a poll which preference was honoured. */
export function applyPreference(request: FastifyRequest, reply: FastifyReply): void {
  const wait = preferredWait(request);
  if (wait !== undefined) reply.header("preference-applied", `wait=${wait}`);
  else if (preferencesOf(request).has("respond-async")) reply.header("preference-applied", "respond-async");
}

/**
 * Runs `use` while listening for a job's end, for `seconds`, or until the client goes away or the service
 * stops (`stopping`).
 */
export async function withWait<T>(
  jobs: Jobs,
  id: string,
  seconds: number,
  { reply, stopping }: { reply: FastifyReply; stopping: AbortSignal },
  use: (wait: Wait) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (stopping.aborted || reply.raw.closed) abort();
  reply.raw.on("close", abort);
  stopping.addEventListener("abort", abort);
  const wait = jobs.waitFor(id, seconds, controller.signal);
  try {
    return await use(wait);
  } finally {
    wait.stop();
    reply.raw.off("close", abort);
    stopping.removeEventListener("abort", abort);
  }
}
