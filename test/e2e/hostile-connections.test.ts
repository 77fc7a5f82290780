// Clients that hold connections without getting on: they drip, idle, never read, or talk nonsense. Others do not notice.
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { whileHealthy } from "../health-probe.js";
import { openDescriptors, residentMemory } from "../process-usage.js";
import { type ServiceProcess, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const MIB = 1024 * 1024;

async function startServe(t: Test) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "warn" };
  const serve = await startProcess(t, workplace, "serve", { env, fixtures: true });
  await add(t, serve); // from now on it has what it needs
  return { workplace, serve, uploads: () => readdir(join(workplace.dataDir, "uploads")) };
}

/** What an honest client notices. */
async function add(t: Test, serve: ServiceProcess): Promise<void> {
  const { status, body } = await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
  t.match({ status, body }, { status: 200, body: { state: "completed", result: { sum: 12 } } });
}

/** Opens connections that send `start`; what they are answered is not read until it is looked at. */
async function openMany(t: Test, { url }: ServiceProcess, count: number, start: string): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).pause());
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, "connect");
      socket.on("error", () => {}); // a reset is an end
      socket.write(start);
    }),
  );
  return sockets;
}

const head = (path: string, type: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: ${type}\r\n` +
  "content-length: 1000000\r\n\r\n";
const FORM = "multipart/form-data; boundary=b";
const FILE = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nx\n';

/** Milliseconds between two steps of an attack that comes steadily. */
const STEP = 50;

t.test("a thousand connections that drip, and as many that say nothing", async (t) => {
  const { workplace, serve, uploads } = await startServe(t);
  const before = await openDescriptors(serve.pid);
  const kinds: [count: number, start: string, drip: string][] = [
    [60, "GET / HTTP/1.1\r\nhost: x\r\n", "x: y\r\n"],
    [10, head("/v1/rnn/additions", "application/json"), " "],
    [10, `${head("/v1/stats", "application/json")}${" ".repeat(300_000)}`, " "],
    [10, head("/v1/stats", "text/csv"), "1\n"],
    [10, `${head("/v1/stats", FORM)}${FILE}`, "1\n"],
  ];
  const dripping: [Socket, string][] = [];
  const idle: Socket[] = [];
  await whileHealthy(t, workplace, serve, async () => {
    for (let group = 0; group < 10; group++) {
      for (const [count, start, drip] of kinds)
        for (const socket of await openMany(t, serve, count, start)) dripping.push([socket, drip]);
      idle.push(...(await openMany(t, serve, 100, "")));
      await sleep(4 * STEP);
    }
    await until("files are being received", async () => (await uploads()).length === 300);
    for (let step = 0; step < 70; step++) {
      for (let at = step % 20; at < dripping.length; at += 20) dripping[at]![0].write(dripping[at]![1]);
      await sleep(STEP);
      if (step % 30 === 0) await add(t, serve);
    }
  });
  t.equal((await uploads()).length, 300, "all of them are still at it");
  for (const socket of [...dripping.map(([socket]) => socket), ...idle]) socket.destroy();
  await until("nothing of them is left", async () => (await uploads()).length === 0);
  await until("nor their connections", async () => (await openDescriptors(serve.pid)) < before + 20);
  t.match((await serve.request("/v1/jobs?type=stats")).body, { jobs: { length: 0 } });
});

t.test("clients that ask and ask, and never read", async (t) => {
  const { workplace, serve } = await startServe(t);
  const value = "x".repeat(20 * MIB);
  const { body: job } = await serve.post("/v1/test/echo", { value }, { prefer: "wait=30" });
  t.equal(job.state, "completed");
  const { id: running } = (await serve.post("/v1/test/grind", { seconds: 60 })).body;
  const get = (path: string, more = "") =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n${more}\r\n`;
  const attacks: [count: number, text: string][] = [
    [10, get(`/v1/jobs/${job.id}/result`).repeat(100)],
    [1, get("/v1/jobs").repeat(1000)],
    // the first waits, and so do the others
    [2, get(`/v1/jobs/${running}`, "prefer: wait=60\r\n").repeat(1000)],
    // a packet holds so many that they are cut off
    [1, "GET /healthz HTTP/1.1\r\nhost:\r\n\r\n".repeat(10_000)],
  ];
  const memory = residentMemory(serve.pid);
  const descriptors = await openDescriptors(serve.pid);
  const sockets: Socket[] = [];
  await whileHealthy(t, workplace, serve, async () => {
    for (let group = 0; group < 10; group++) {
      for (const [count, text] of attacks) {
        sockets.push(...(await openMany(t, serve, count, text)));
        await sleep(2 * STEP);
      }
      if (group % 3 === 0) await add(t, serve);
    }
    await sleep(20 * STEP);
  });
  const grown = residentMemory(serve.pid) - memory;
  // what the sockets' buffers do not take waits here, and the requests of a packet of each
  t.ok(grown < 400 * MIB, `memory grew by ${Math.round(grown / MIB)} MiB`);
  const files = (await openDescriptors(serve.pid)) - descriptors - sockets.length;
  t.ok(files <= 100, `each reads one file at a time: ${files}`);
  for (const socket of sockets) socket.resetAndDestroy();
  t.equal((await serve.request(`/v1/jobs/${running}`, { method: "DELETE" })).status, 204);
  await until("nothing stays open", async () => (await openDescriptors(serve.pid)) < descriptors + 20);
  await add(t, serve);
});

t.test("a thousand connections with nonsense on them", async (t) => {
  const { workplace, serve } = await startServe(t);
  const nonsense = [
    "nonsense\r\n\r\n",
    "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000",
    "GET / HTTP/9.9\r\n\r\n",
    `GET / HTTP/1.1\r\nhost: x\r\n${"name: value\r\n".repeat(10_000)}`,
    `GET /${"x".repeat(100_000)}`,
    "POST /v1/stats HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n",
    "CONNECT example.com:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nnonsense",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\r\n".repeat(10_000),
  ];
  const before = await openDescriptors(serve.pid);
  const sockets: Socket[] = [];
  await whileHealthy(t, workplace, serve, async () => {
    for (let group = 0; group < 35; group++) {
      for (const text of nonsense) sockets.push(...(await openMany(t, serve, 2, text)));
      await sleep(2 * STEP);
    }
    for (const socket of sockets) socket.resume();
    await add(t, serve);
  });
  for (const socket of sockets) socket.destroy();
  await until("nothing stays open", async () => (await openDescriptors(serve.pid)) < before + 20);
  t.equal(serve.stderr(), "", "nothing was worth a warning");
});
