// Memory while jobs come, end and expire: of the service's process, and of Redis.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { sendAll } from "./load.js";
import type { OwnRedis } from "./own-redis.js";

const TTL = 60;
/** Seconds. */
const SWEEP_INTERVAL = 5;
const STEPS = 10;
const MIB = 2 ** 20;

export async function measureMemory(own: OwnRedis, jobs: number): Promise<void> {
  const server = await startAbacus(own, "serve", { SWEEP_INTERVAL: `${SWEEP_INTERVAL}` });
  const addition = {
    method: "POST",
    headers: { ...JSON_HEADERS, prefer: "wait=10" },
    body: '{"a":5,"b":7}',
  } as const;

  async function print(what: string): Promise<void> {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1];
    const used = /used_memory:(\d+)/.exec(await own.redis.info("memory"))?.[1];
    const mib = (bytes: number) => (bytes / MIB).toFixed(0);
    const keys = await own.redis.dbsize();
    console.log(`| ${what} | ${mib(Number(resident) * 1024)} | ${mib(Number(used))} | ${keys} |`);
  }

  try {
    console.log("| after | service, MiB | Redis, MiB | keys |\n|---|--:|--:|--:|");
    await print("the start");
    for (let step = 1; step <= STEPS; step++) {
      await sendAll(`${server.url}/v1/rnn/additions?ttl=${TTL}`, addition, jobs / STEPS);
      await print(`${(jobs / STEPS) * step} jobs`);
    }
    await sleep((TTL + 2 * SWEEP_INTERVAL) * 1000);
    await print(`the last has expired`);
  } finally {
    await server.stop();
  }
}
