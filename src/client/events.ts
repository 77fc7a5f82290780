// A job's events, followed to its end: a stream that ends before is asked for again, from where it was.
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "../jobs/record.js";
import { ApiError } from "./api-error.js";
import type { Send } from "./connection.js";
import { type Resumption, readEvents } from "./event-stream.js";
import type { Job } from "./typing.js";

export interface JobEvent {
  /** For `lastEventId`. */
  id: string;
  type: "state" | "progress" | "completed" | "failed" | "canceled";
  /** Without its result. */
  job: Job;
}

export interface EventsOptions {
  /** The `id` of the last event that is known: what came after it. */
  lastEventId?: string;
  signal?: AbortSignal | undefined;
}

/** Before a stream that said nothing of it is asked for again; milliseconds. */
const RETRY = 1000;
/** How long a service that was there may be away; milliseconds. */
const PATIENCE = 60_000;

/**
 * The events up to the last one, which tells of the job's end. Throws when the first request is not answered, when
 * the service is away for a minute, and ApiError (404) when the job is deleted. `path` is the job's own.
 */
export async function* followEvents(
  send: Send,
  path: string,
  { lastEventId = "", signal }: EventsOptions,
): AsyncGenerator<JobEvent, void, void> {
  const resumption: Resumption = { lastEventId, retry: RETRY };
  for (let isFirst = true; ; isFirst = false) {
    const ask = () => send(`${path}/events`, { headers: headersOf(resumption), signal });
    const response = await (isFirst ? ask() : askAgain(ask, resumption, signal));
    if (response.status === 204 || !response.body) return;
    try {
      for await (const { id, type, data } of readEvents(response.body, resumption)) {
        const job = JSON.parse(data) as Job;
        yield { id, type: type as JobEvent["type"], job };
        if (hasEnded(job.state)) return;
      }
    } catch (error) {
      if (signal?.aborted || error instanceof SyntaxError) throw error; // else the line broke
    }
  }
}

/** After a pause, and again while the service is away. */
async function askAgain(
  ask: () => Promise<Response>,
  { retry }: Resumption,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    await sleep(retry, undefined, { signal });
    try {
      return await ask();
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status < 500;
      if (isRefused || signal?.aborted || performance.now() > deadline) throw error;
    }
  }
}

function headersOf({ lastEventId }: Resumption): Record<string, string> {
  const accept = { accept: "text/event-stream" };
  return lastEventId === "" ? accept : { ...accept, "last-event-id": lastEventId };
}
