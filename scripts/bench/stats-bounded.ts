// What large files leave alone: the memory of the service's process, and the time of other requests.
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, rm, stat, statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { startOwnRedis } from "./own-redis.js";
import { describeMachine, quantile } from "./report.js";
import type { Server } from "./server.js";
import { type FileKind, statsFile } from "./stats-files.js";
import { ended, type Job, resultOf, upload } from "./stats-upload.js";

const KINDS = ["numeric", "mixed"] as const satisfies FileKind[];
const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Milliseconds. */
const REQUEST_INTERVAL = 20;
/** How long the process may become idle after its start. */
const REST = 3000;
/** Pairs of large jobs, so that there are enough requests for a p99. */
const PAIRS = 3;
const WARM_UP = 50;

export interface BoundsOptions {
  folder: string;
  /** Of the sizes: 1 is for a file of 2 GiB and two of 1 GiB. */
  scale: number;
}

export async function measureBounds({ folder, scale }: BoundsOptions): Promise<void> {
  console.log(describeMachine([]));
  console.log(
    "| a file of | MiB above idle, at most 1024: upload | job | job, s | MB/s | approximate columns |",
  );
  console.log("|---|--:|--:|--:|--:|---|");
  for (const kind of KINDS) await withFile(folder, kind, Math.round(2 * GIB * scale), printMemory);
  console.log("\n| beside two jobs of | request | number | p50, ms | p99 | p99 aimed at | max |");
  console.log("|---|---|--:|--:|--:|--:|--:|");
  for (const kind of KINDS) await withFile(folder, kind, Math.round(GIB * scale), printDelays);
}

/** Neither the file nor what the service made of it stays. */
async function withFile(
  folder: string,
  kind: FileKind,
  bytes: number,
  use: (server: Server, path: string, what: string) => Promise<void>,
): Promise<void> {
  await assertSpace(folder, 4 * bytes);
  const path = await statsFile(folder, kind, bytes);
  try {
    const own = await startOwnRedis(GIB);
    try {
      const server = await startAbacus(own, "serve");
      try {
        await use(server, path, `${(bytes / MIB).toFixed(0)} MiB, ${kind}`);
      } finally {
        await server.stop();
      }
    } finally {
      await own.stop();
    }
  } finally {
    await rm(path);
  }
}

async function assertSpace(folder: string, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw new Error(`${folder} needs ${Math.ceil(bytes / MIB)} MiB of room`);
}

async function printMemory(server: Server, path: string, what: string): Promise<void> {
  await sleep(REST);
  const idle = residentMemory(server.pid, "VmRSS");
  async function peakOf<Value>(work: () => Promise<Value>): Promise<[value: Value, mibAboveIdle: number]> {
    // the kernel keeps the peak, which samples could miss; this begins a new one
    writeFileSync(`/proc/${server.pid}/clear_refs`, "5");
    const value = await work();
    return [value, (residentMemory(server.pid, "VmHWM") - idle) / MIB];
  }
  const [submitted, uploadPeak] = await peakOf(() => upload(server, path));
  const [job, jobPeak] = await peakOf(() => ended(server, submitted));
  const seconds = ranFor(job) / 1000;
  const rate = (await stat(path)).size / 1e6 / seconds;
  const cells = [uploadPeak.toFixed(0), jobPeak.toFixed(0), seconds.toFixed(1), rate.toFixed(0)];
  console.log(`| ${what} | ${cells.join(" | ")} | ${await approximateColumns(server, job)} |`);
}

async function approximateColumns(server: Server, job: Job): Promise<string> {
  if (job.state !== "completed") return failureOf(job);
  const { columns } = await resultOf(server, job);
  const names = columns.filter((column) => "approximate" in column).map(({ name }) => name);
  return names.join(", ") || "none";
}

/** What is printed in place of a figure; the benchmark then fails. */
function failureOf({ state, error }: Job): string {
  process.exitCode = 1;
  return `${state}: ${error?.detail}`;
}

/** Bytes of the whole process, its threads included. */
function residentMemory(pid: number, line: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${line}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** Milliseconds. */
function ranFor({ startedAt, finishedAt }: Job): number {
  return Date.parse(finishedAt ?? "") - Date.parse(startedAt ?? "");
}

function ranAt(time: number, { startedAt, finishedAt }: Job): boolean {
  return Date.parse(startedAt ?? "") <= time && time < Date.parse(finishedAt ?? "");
}

interface Delay {
  /** When it was sent. */
  at: number;
  milliseconds: number;
}

/** What is sent meanwhile, with the p99 that is aimed at, in milliseconds. */
const REQUESTS = {
  "GET /healthz": { aim: 10, send: (url: string) => fetch(`${url}/healthz`) },
  "an addition, waited for": {
    aim: 50,
    send: (url: string) =>
      fetch(`${url}/v1/rnn/additions`, {
        method: "POST",
        headers: { ...JSON_HEADERS, prefer: "wait=10" },
        body: '{"a":5,"b":7}',
      }),
  },
};
type RequestName = keyof typeof REQUESTS;
const NAMES = Object.keys(REQUESTS) as RequestName[];

async function printDelays(server: Server, path: string, what: string): Promise<void> {
  const delays: Record<RequestName, Delay[]> = { "GET /healthz": [], "an addition, waited for": [] };
  for (let i = 0; i < WARM_UP; i++) for (const name of NAMES) await delayOf(server, name);
  for (let pair = 0; pair < PAIRS; pair++) {
    const failed = await addDelays(server, path, delays);
    if (failed) return console.log(`| ${what} | ${failureOf(failed)} |`);
  }
  for (const name of NAMES) {
    const milliseconds = delays[name].map((delay) => delay.milliseconds);
    const [p50, p99, max] = [0.5, 0.99, 1].map((fraction) => quantile(milliseconds, fraction).toFixed(1));
    console.log(
      `| ${what} | ${name} | ${milliseconds.length} | ${p50} | ${p99} | ${REQUESTS[name].aim} | ${max} |`,
    );
  }
}

/** Adds those of the requests that were sent while both jobs ran. Resolves with a job that failed. */
async function addDelays(
  server: Server,
  path: string,
  delays: Record<RequestName, Delay[]>,
): Promise<Job | undefined> {
  const submitted = await Promise.all([upload(server, path), upload(server, path)]);
  let haveEnded = false;
  const ends = Promise.all(submitted.map((job) => ended(server, job))).finally(() => {
    haveEnded = true;
  });
  const all: Record<RequestName, Delay[]> = { "GET /healthz": [], "an addition, waited for": [] };
  while (!haveEnded) {
    const next = sleep(REQUEST_INTERVAL);
    for (const name of NAMES) all[name].push(await delayOf(server, name));
    await next;
  }
  const jobs = await ends;
  for (const name of NAMES)
    delays[name].push(...all[name].filter(({ at }) => jobs.every((job) => ranAt(at, job))));
  return jobs.find(({ state }) => state !== "completed");
}

async function delayOf({ url }: Server, name: RequestName): Promise<Delay> {
  const [at, began] = [Date.now(), performance.now()];
  const response = await REQUESTS[name].send(url);
  const text = await response.text();
  const milliseconds = performance.now() - began;
  if (response.status !== 200) throw new Error(`${name}: answered ${response.status}: ${text}`);
  return { at, milliseconds };
}
