// Large files that are sent to the service under test, and how their jobs end.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Statistics } from "../../workers/stats/statistics.js";
import { JSON_HEADERS } from "./abacus.js";
import type { Server } from "./server.js";

/** Milliseconds. */
const POLL_INTERVAL = 100;
/** Bytes that are read from the disk at a time. */
const PIECE = 2 ** 20;

export interface Job {
  state: string;
  /** ISO 8601. */
  startedAt: string | null;
  finishedAt: string | null;
  error: { detail?: string } | null;
  links: { self: string };
}

/** Streams a file from the disk. Resolves with the job as it was accepted. */
export async function upload({ url }: Server, path: string): Promise<Job> {
  const { size } = await stat(path);
  const sent = request(`${url}/v1/stats`, {
    method: "POST",
    headers: { ...JSON_HEADERS, "content-type": "text/csv", "content-length": size },
  });
  const answered = new Promise<Job>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => accepted(response).then(resolve, reject));
  });
  const [job] = await Promise.all([
    answered,
    pipeline(createReadStream(path, { highWaterMark: PIECE }), sent),
  ]);
  return job;
}

async function accepted(response: IncomingMessage): Promise<Job> {
  const answer = await json(response);
  if (response.statusCode !== 202)
    throw new Error(`answered ${response.statusCode}: ${JSON.stringify(answer)}`);
  return answer as Job;
}

/** The job when it has ended, in whatever way. */
export async function ended(server: Server, { links }: Job): Promise<Job> {
  for (;;) {
    const job = await get<Job>(server, links.self);
    if (job.finishedAt !== null) return job;
    await sleep(POLL_INTERVAL);
  }
}

export function resultOf(server: Server, { links }: Job): Promise<Statistics> {
  return get(server, `${links.self}/result`);
}

async function get<T>({ url }: Server, path: string): Promise<T> {
  const response = await fetch(url + path, { headers: JSON_HEADERS });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
