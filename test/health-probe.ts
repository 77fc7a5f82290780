// How quickly /healthz is answered while something else goes on, measured by a process of its own. What the machine
// is slow in, having other work to do, is not held against the service.
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { processorTimes } from "./process-usage.js";
import { type ServiceProcess, spawnProcess } from "./processes.js";
import { until } from "./until.js";
import type { Workplace } from "./workplace.js";

/** The promise; milliseconds. */
const P95 = 100;
/** Milliseconds between two requests to each of the two. */
const INTERVAL = 20;
/** Fewer requests tell nothing. */
const LEAST = 20;

interface Measured {
  requests: number;
  failed: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  longest: number;
}

const PROGRAM = fileURLToPath(import.meta.url);

/** Does `work` and asserts that /healthz was answered quickly meanwhile. */
export async function whileHealthy<T>(
  t: Test,
  workplace: Workplace,
  { url, pid }: Pick<ServiceProcess, "url" | "pid">,
  work: () => Promise<T>,
): Promise<T> {
  const start = (...args: string[]) => spawnProcess(t, workplace, [process.execPath, PROGRAM, ...args]);
  const idle = start("answer");
  const port = await until("the idle server listens", () => idle.stdout() || undefined);
  const probe = start("ask", `${url}/healthz`, `http://127.0.0.1:${port}/`);
  await until("the probe asks", () => probe.stdout() !== "");
  const before = await processorTimes(pid);
  const done = await work();
  const after = await processorTimes(pid);
  probe.stdin.end();
  await probe.exited();
  await idle.end("SIGKILL");
  const [service, machine] = JSON.parse(probe.stdout().slice(1)) as [Measured, Measured];
  // an event loop that waits for a processor half of the time takes twice as long for everything
  const slowness = 1 + (after.waited - before.waited) / Math.max(1, after.had - before.had);
  const most = Math.round((P95 + machine.p95) * slowness);
  t.ok(service.requests >= LEAST, `/healthz was asked for ${service.requests} times`);
  t.equal(service.failed, 0, "and always answered");
  t.ok(service.p95 < most, `p50 ${service.p50} ms, p95 ${service.p95} ms of at most ${most}`);
  return done;
}

/** A server that does nothing but answer. */
async function answer(): Promise<void> {
  const server = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stdout.write(String((server.address() as AddressInfo).port));
}

/** Asks each address now and then, over connections that are kept and over new ones, until standard input ends. */
async function ask(urls: string[]): Promise<void> {
  const kept = new Agent({ keepAlive: true });
  const times = urls.map((): number[] => []);
  const failed = urls.map(() => 0);
  const pending = new Set<Promise<void>>();
  let turn = 0;
  const askOne = async (url: string, at: number) => {
    const start = performance.now();
    try {
      const [response] = await once(get(url, { agent: turn % 2 ? kept : false }), "response");
      await text(response);
      if (response.statusCode !== 200) failed[at]!++;
    } catch {
      failed[at]!++;
    }
    times[at]!.push(performance.now() - start);
  };
  const timer = setInterval(() => {
    turn++;
    urls.forEach((url, at) => {
      const asked = askOne(url, at).finally(() => pending.delete(asked));
      pending.add(asked);
    });
  }, INTERVAL);
  process.stdout.write(" ");
  await text(process.stdin);
  clearInterval(timer);
  await Promise.all(pending);
  const measured = times.map((list, at) => ({ failed: failed[at]!, ...figures(list) }));
  process.stdout.write(JSON.stringify(measured), () => process.exit());
}

function figures(times: number[]): Omit<Measured, "failed"> {
  const sorted = times.map(Math.round).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { requests: sorted.length, p50: at(0.5), p95: at(0.95), longest: at(1) };
}

if (process.argv[1] === PROGRAM) {
  const [, , command, ...urls] = process.argv;
  await (command === "ask" ? ask(urls) : answer());
}
