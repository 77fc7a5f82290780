// The `Prefer` header (RFC 7240): how long a client would wait for the end of a job.
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "./problems.js";

/** Seconds that a request waits at most. */
export const LONGEST_WAIT = 60;

/** Seconds to wait, or `undefined`; says in the answer which preference was honoured. */
export function preferredWait(request: FastifyRequest, reply: FastifyReply): number | undefined {
  const header = [request.headers.prefer ?? []].flat().join(",");
  const preferences = new Map(
    header.split(",").map((preference) => {
      const [name = "", value = ""] = (preference.split(";")[0] ?? "").split("=").map((text) => text.trim());
      return [name.toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
    }),
  );
  const wait = preferences.get("wait");
  if (wait === undefined) {
    if (preferences.has("respond-async")) reply.header("preference-applied", "respond-async");
    return undefined;
  }
  if (!/^\d{1,9}$/.test(wait))
    throw new HttpProblem(400, "bad-request", `Prefer: wait=${wait} is not a whole number of seconds`);
  const seconds = Math.min(Number(wait), LONGEST_WAIT);
  reply.header("preference-applied", `wait=${seconds}`);
  return seconds;
}

/** Aborted when the client goes away, or the service stops. Call `release` when the answer is decided. */
export function untilGone(
  reply: FastifyReply,
  stopping: AbortSignal,
): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (stopping.aborted) abort();
  reply.raw.on("close", abort);
  stopping.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    release() {
      reply.raw.off("close", abort);
      stopping.removeEventListener("abort", abort);
    },
  };
}
