// Waiting for a job's end: requests that the service holds until then, and its events for progress.
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "../jobs/record.js";
import type { Send } from "./connection.js";
import { followEvents } from "./events.js";
import type { Job } from "./typing.js";

export interface WaitOptions {
  /** After these the job is given back as it is; without end by default. */
  seconds?: number;
  /** Called with the job whenever its document has changed, until it has ended. */
  onProgress?: (job: Job) => void;
  signal?: AbortSignal | undefined;
}

/** Seconds that the service holds a request at most. */
const LONGEST_HOLD = 60;
/** Before a request that was not held is made again; milliseconds. */
const PAUSE = 200;

/** The job when it has ended, or as it is after `seconds`. `path` is the job's own. */
export async function waitForEnd(send: Send, path: string, options: WaitOptions): Promise<Job> {
  const { seconds = Number.POSITIVE_INFINITY, onProgress, signal } = options;
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const held = hold(send, path, seconds, either).finally(() => stop.abort());
  if (!onProgress) return held;
  const watched = watch(send, path, onProgress, either).catch((error) => {
    if (either.aborted) return; // the other has the answer, or the reason why there is none
    stop.abort();
    throw error;
  });
  const [job] = await Promise.all([held, watched]);
  return job;
}

async function hold(send: Send, path: string, seconds: number, signal: AbortSignal): Promise<Job> {
  const deadline = performance.now() + seconds * 1000;
  // a service that stops ends waits at once
  for (; ; await sleep(PAUSE, undefined, { signal })) {
    const left = Math.max(0, deadline - performance.now()) / 1000;
    const prefer = `wait=${Math.min(Math.ceil(left), LONGEST_HOLD)}`;
    const response = await send(path, { headers: { prefer }, signal });
    const job = (await response.json()) as Job;
    if (hasEnded(job.state) || performance.now() >= deadline) return job;
  }
}

async function watch(
  send: Send,
  path: string,
  onProgress: (job: Job) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const { job } of followEvents(send, path, { signal })) if (!hasEnded(job.state)) onProgress(job);
}
