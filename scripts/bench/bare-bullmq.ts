// How many jobs a second BullMQ alone does: the peer of jobs that are waited for.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface RoundTrips {
  /** Jobs that the worker does at a time. */
  concurrency: number;
  seconds: number;
  /** Jobs that are waited for at a time. */
  atOnce: number;
}

/** `path`: the socket of the Redis server. */
export async function bareRoundTrips(path: string, trips: RoundTrips): Promise<number> {
  const file = fileURLToPath(new URL("peers/bare-bullmq.js", import.meta.url));
  const args = [file, path, trips.concurrency, trips.seconds, trips.atOnce].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}
