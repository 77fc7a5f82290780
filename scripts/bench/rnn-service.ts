// Additions by the whole service: many in one job, one at a time, and the first ever.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { bareRoundTrips } from "./bare-bullmq.js";
import { CONNECTIONS, loadWith } from "./load.js";
import type { OwnRedis } from "./own-redis.js";
import { median } from "./report.js";
import type { Server } from "./server.js";

const PAIRS = 100_000;
/** Of each measurement of what is done again and again. */
const SECONDS = 3;
const ADDITION = {
  method: "POST",
  headers: { ...JSON_HEADERS, prefer: "wait=30" },
  body: '{"a":5,"b":7}',
} as const;

interface Job {
  state: string;
  startedAt: string;
  finishedAt: string;
}

async function submit(server: Server, body: string): Promise<Job> {
  const response = await fetch(`${server.url}/v1/rnn/additions`, { ...ADDITION, body });
  const job = (await response.json()) as Job;
  if (job.state !== "completed") throw new Error(`answered ${response.status}: ${JSON.stringify(job)}`);
  return job;
}

/** Seconds from the start of the job to its end: its body read, its result written. */
async function wholeJob(server: Server): Promise<number> {
  const number = () => Math.floor(Math.random() * 128);
  const pairs = Array.from({ length: PAIRS }, () => [number(), number()]);
  const { startedAt, finishedAt } = await submit(server, JSON.stringify({ pairs }));
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}

/** Seconds from the request to the answer, by a service that has never added. */
async function firstAddition({ path }: OwnRedis): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "abacus-bench-"));
  const server = await startAbacus({ path, folder } as OwnRedis, "serve");
  try {
    const began = performance.now();
    await submit(server, ADDITION.body);
    return (performance.now() - began) / 1000;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many a second, and how many by BullMQ alone. */
async function roundTrips(own: OwnRedis, atOnce: number): Promise<[number, number]> {
  await own.redis.flushall();
  const server = await startAbacus(own, "serve");
  let rate: number;
  try {
    rate = await loadWith(`${server.url}/v1/rnn/additions`, ADDITION, SECONDS, atOnce);
  } finally {
    await server.stop();
  }
  await own.redis.flushall();
  return [rate, await bareRoundTrips(own.path, { concurrency: 50, seconds: SECONDS, atOnce })];
}

/** `pairsOfC`: additions a second of C's loop, in the same run. */
export async function measureService(own: OwnRedis, rounds: number, pairsOfC: number): Promise<void> {
  const first: number[] = [];
  const jobs: number[] = [];
  const trips = new Map<number, [number, number][]>([
    [1, []],
    [CONNECTIONS, []],
  ]);
  for (let round = 1; round <= rounds; round++) {
    await own.redis.flushall();
    first.push(await firstAddition(own));
    await own.redis.flushall(); // a Redis belongs to one folder
    const server = await startAbacus(own, "serve");
    await submit(server, ADDITION.body);
    for (let job = 0; job < 3; job++) jobs.push(await wholeJob(server));
    await server.stop();
    for (const [atOnce, found] of trips) found.push(await roundTrips(own, atOnce));
    const latest = [...trips.values()].map((found) => found.at(-1)?.map(Math.round).join(" and "));
    console.error(
      `round ${round}: first ${first.at(-1)?.toFixed(3)} s; jobs ${jobs.slice(-3).join(", ")} s; ` +
        `round trips a second ${latest.join("; ")}`,
    );
  }
  const seconds = median(jobs);
  console.log("\n| by the service, medians | Abacus | aimed at |\n|---|--:|--:|");
  console.log(
    `| ${PAIRS} pairs as a job, additions a second | ${Math.round(PAIRS / seconds).toLocaleString("en")} | ` +
      `at least ${Math.round(pairsOfC).toLocaleString("en")} (C's loop) |`,
  );
  for (const [atOnce, found] of trips) {
    const [rate, bare] = [0, 1].map((which) => median(found.map((pair) => pair[which]!))) as [number, number];
    const ratio = median(found.map(([ours, theirs]) => theirs / ours));
    console.log(
      `| an addition, ${atOnce} at a time, a second (BullMQ alone: ${Math.round(bare)}) | ${Math.round(rate)} | ` +
        `within 1.5 of BullMQ: ${ratio.toFixed(2)} |`,
    );
  }
  console.log(`| the first addition ever, seconds | ${median(first).toFixed(3)} | less than 0.5 |`);
}
