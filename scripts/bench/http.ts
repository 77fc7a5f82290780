// What the service does in a second beside what is compared with it: interleaved rounds, medians, ratios.
import { parseArgs } from "node:util";
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { bareRoundTrips } from "./bare-bullmq.js";
import { CONNECTIONS, loadWith, type Request } from "./load.js";
import { measureMemory } from "./memory.js";
import { type OwnRedis, startOwnRedis } from "./own-redis.js";
import { describeMachine, median, versionOf } from "./report.js";
import { startServer } from "./server.js";

const GIB = 2 ** 30;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    memory: { type: "boolean", default: false },
    jobs: { type: "string", default: "200000" },
  },
});

const ADDITION = { method: "POST", headers: JSON_HEADERS, body: '{"a":5,"b":7}' } as const satisfies Request;
const STATISTICS = { ...ADDITION, body: '{"columns":{"num1":[1,2,3]}}' };
const waited = (request: Request): Request => ({
  ...request,
  headers: { ...request.headers, prefer: "wait=10" },
});

/** How many a second. */
type Measure = (own: OwnRedis, seconds: number) => Promise<number>;

function abacus(command: "serve" | "api", path: string, request: Request): Measure {
  return async (own, seconds) => {
    const server = await startAbacus(own, command);
    try {
      return await loadWith(server.url + path, request, seconds);
    } finally {
      await server.stop();
    }
  };
}

const polls: Measure = async (own, seconds) => {
  const server = await startAbacus(own, "serve");
  try {
    const submitted = await fetch(`${server.url}/v1/rnn/additions`, waited(ADDITION) as RequestInit);
    const { links } = (await submitted.json()) as { links: { self: string } };
    return await loadWith(server.url + links.self, { headers: JSON_HEADERS }, seconds);
  } finally {
    await server.stop();
  }
};

const bareBullmq =
  (concurrency: number): Measure =>
  ({ path }, seconds) =>
    bareRoundTrips(path, { concurrency, seconds, atOnce: CONNECTIONS });

const fastifyAdd: Measure = async ({ path }, seconds) => {
  const server = await startServer("peers/fastify-add.js", [path]);
  try {
    return await loadWith(`${server.url}/add`, ADDITION, seconds);
  } finally {
    await server.stop();
  }
};

const MEASURES: Record<string, Measure> = {
  "addition, waited for": abacus("serve", "/v1/rnn/additions", waited(ADDITION)),
  "statistics of 3 numbers, waited for": abacus("serve", "/v1/stats", waited(STATISTICS)),
  "addition, submitted": abacus("api", "/v1/rnn/additions", ADDITION),
  "poll of a completed job": polls,
  "BullMQ: add and wait, 50 at a time": bareBullmq(50),
  "BullMQ: add and wait, 8 at a time": bareBullmq(8),
  "Fastify: a route that adds to BullMQ": fastifyAdd,
};

const RATIOS: [name: string, peer: string][] = [
  ["addition, waited for", "BullMQ: add and wait, 50 at a time"],
  ["statistics of 3 numbers, waited for", "BullMQ: add and wait, 50 at a time"],
  ["addition, submitted", "Fastify: a route that adds to BullMQ"],
];

async function measureAll(own: OwnRedis, rounds: number, seconds: number): Promise<void> {
  const rates = new Map(Object.keys(MEASURES).map((name) => [name, [] as number[]]));
  for (let round = 1; round <= rounds; round++)
    for (const [name, measure] of Object.entries(MEASURES)) {
      await own.redis.flushall();
      const rate = await measure(own, seconds);
      rates.get(name)?.push(rate);
      console.error(`round ${round}: ${name}: ${Math.round(rate)}/s`);
    }
  const rateOf = (name: string) => median(rates.get(name) ?? []);
  console.log("| a second, medians | |\n|---|--:|");
  for (const name of rates.keys()) console.log(`| ${name} | ${Math.round(rateOf(name))} |`);
  for (const [name, peer] of RATIOS)
    console.log(`| ${name} ÷ ${peer} | ${(rateOf(name) / rateOf(peer)).toFixed(2)} |`);
}

async function describeRun({ redis }: OwnRedis): Promise<string> {
  const redisVersion = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1];
  const packages = ["bullmq", "ioredis", "piscina", "fastify"].map((name) => versionOf(name));
  return `${describeMachine([`Redis ${redisVersion}`, ...packages])}; ${CONNECTIONS} connections`;
}

const own = await startOwnRedis(2 * GIB);
try {
  console.log(await describeRun(own));
  if (values.memory) await measureMemory(own, Number(values.jobs));
  else await measureAll(own, Number(values.rounds), Number(values.seconds));
} finally {
  await own.stop();
}
