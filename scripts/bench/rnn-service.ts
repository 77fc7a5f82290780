// Additions by the whole service: many in one job, one at a time, and the first ever.
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { bareRoundTrips } from "./bare-bullmq.js";
import { CONNECTIONS, loadWith } from "./load.js";
import { startOwnRedis } from "./own-redis.js";
import { median } from "./report.js";
import type { Server } from "./server.js";

const PAIRS = 100_000;
/** Jobs of so many pairs, of which the median counts. */
const JOBS = 5;
/** Additions that are waited for at a time. */
const AT_ONCE = [1, CONNECTIONS];
const MEMORY = 256 * 2 ** 20;
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
const firstAddition: Measure = async (server) => {
  const began = performance.now();
  await submit(server, ADDITION.body);
  return (performance.now() - began) / 1000;
};

const wholeJobs: Measure = async (server) => {
  await submit(server, ADDITION.body);
  const seconds: number[] = [];
  for (let job = 0; job < JOBS; job++) seconds.push(await wholeJob(server));
  return median(seconds);
};

/** How many a second. */
const additions =
  (atOnce: number): Measure =>
  (server) =>
    loadWith(`${server.url}/v1/rnn/additions`, ADDITION, SECONDS, atOnce);

/** The same by BullMQ alone. */
async function bareTrips(atOnce: number): Promise<number> {
  const own = await startOwnRedis(MEMORY);
  try {
    return await bareRoundTrips(own.path, { concurrency: 50, seconds: SECONDS, atOnce });
  } finally {
    await own.stop();
  }
}

type Measure = (server: Server) => Promise<number>;

/** By a service of its own, on a Redis of its own. */
async function byService(measure: Measure): Promise<number> {
  const own = await startOwnRedis(MEMORY);
  try {
    const server = await startAbacus(own, "serve");
    try {
      return await measure(server);
    } finally {
      await server.stop();
    }
  } finally {
    await own.stop();
  }
}

/** `pairsOfC`: additions a second of C's loop, in the same run. */
export async function measureService(rounds: number, pairsOfC: number): Promise<void> {
  const first: number[] = [];
  const jobs: number[] = [];
  const trips = AT_ONCE.map((atOnce) => ({ atOnce, ours: [] as number[], bare: [] as number[] }));
  for (let round = 1; round <= rounds; round++) {
    first.push(await byService(firstAddition));
    jobs.push(await byService(wholeJobs));
    for (const { atOnce, ours, bare } of trips) {
      ours.push(await byService(additions(atOnce)));
      bare.push(await bareTrips(atOnce));
    }
    const latest = trips.map(({ ours, bare }) => `${ours.at(-1)?.toFixed()} and ${bare.at(-1)?.toFixed()}`);
    console.error(
      `round ${round}: first ${first.at(-1)?.toFixed(3)} s; job ${jobs.at(-1)?.toFixed(3)} s; ` +
        `additions a second by Abacus and BullMQ ${latest.join("; ")}`,
    );
  }
  print(PAIRS / median(jobs), pairsOfC, trips, median(first));
}

function print(
  pairs: number,
  pairsOfC: number,
  trips: { atOnce: number; ours: number[]; bare: number[] }[],
  first: number,
): void {
  const integer = (number: number) => Math.round(number).toLocaleString("en");
  console.log("\n| by the service, medians | measured | peer | ratio | aimed at |\n|---|--:|--:|--:|--:|");
  const job = `${integer(pairs)}/s | C's loop: ${integer(pairsOfC)}/s | ${(pairsOfC / pairs).toFixed(2)} | 1`;
  console.log(`| ${PAIRS} pairs as a job | ${job} |`);
  for (const { atOnce, ours, bare } of trips) {
    const ratio = median(ours.map((rate, round) => bare[round]! / rate));
    const rates = `${integer(median(ours))}/s | BullMQ alone: ${integer(median(bare))}/s`;
    console.log(`| additions, ${atOnce} at a time | ${rates} | ${ratio.toFixed(2)} | 1.5 |`);
  }
  console.log(`| the first addition ever | ${first.toFixed(3)} s | | | 0.5 s |`);
}
