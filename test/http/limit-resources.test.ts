// The limits of what the service itself uses, each at its edge: DISK_RESERVE, REDIS_MEMORY, THREADS.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { readConfig } from "../../src/config.js";
import { FileStore } from "../../src/files/file-store.js";
import { openConnections } from "../../src/redis/connections.js";
import { openServer } from "../../src/redis/open-server.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const wait = { prefer: "wait=60" };

t.test(
  "DISK_RESERVE: with exactly as much free uploads are taken, with a byte less they are not",
  async (t) => {
    const reserve = 1_000_000;
    const service = await startTestService(t, { env: { DISK_RESERVE: `${reserve}`, INLINE_BYTES: "1000" } });
    const upload = (init: RequestInit) => service.request("/v1/stats", { method: "POST", ...init });
    const form = new FormData();
    form.append("file", new Blob(["x\n1\n"]));
    const uploads: RequestInit[] = [
      { body: form },
      { body: "x\n1\n", headers: { "content-type": "text/csv" } },
      { body: '{"columns": {"x": [1]}}'.padEnd(1001), headers: { "content-type": "application/json" } },
    ];
    const ready = async () => (await service.request("/readyz")).status === 200;
    const { free } = FileStore.prototype;
    t.teardown(() => {
      FileStore.prototype.free = free;
    });
    await until("ready", ready);

    FileStore.prototype.free = async () => reserve;
    t.ok(await ready());
    for (const init of uploads) {
      const response = await upload({ ...init, headers: { ...init.headers, ...wait } });
      t.match(await response.json(), { state: "completed" });
    }
    for (const name of await readdir(join(service.dataDir, "uploads")))
      await service.request(`/v1/jobs/${name}`, { method: "DELETE" });

    FileStore.prototype.free = async () => reserve - 1;
    t.match(await (await service.request("/readyz")).json(), {
      status: "not ready",
      checks: { disk: false },
    });
    t.notOk(await ready());
    for (const init of uploads) {
      const response = await upload(init);
      t.equal(response.status, 507);
      t.match(response.headers.get("retry-after"), /^[1-9]\d*$/);
      t.match(await response.json(), {
        type: "urn:abacus:problem:disk-full",
        detail: `${reserve - 1} bytes are free on the disk; DISK_RESERVE keeps ${reserve}`,
      });
    }
    t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
    FileStore.prototype.free = async () => reserve;
    t.ok(await ready(), "there is room again");
  },
);

t.test("DISK_RESERVE is compared with what the disk of DATA_DIR says", async (t) => {
  const probe = await FileStore.open((await makeWorkplace(t)).folder, false);
  const free = await probe.free();
  for (const [reserve, status] of [
    [Math.floor(free / 2), 200],
    [free * 2, 503],
  ]) {
    const service = await startTestService(t, { env: { DISK_RESERVE: `${reserve}` } });
    const checks = await until("all else is in order", async () => {
      const response = await service.request("/readyz");
      const body = (await response.json()) as { checks: Record<string, boolean> };
      return body.checks.threads && body.checks.redis && { status: response.status, ...body.checks };
    });
    t.match(checks, { status, disk: status === 200 });
  }
});

t.test("a Redis that has no more memory: 503, until it has", async (t) => {
  const service = await startTestService(t);
  const redis = service.redis.connect();
  const addition = { a: 5, b: 7 };
  t.match(await service.post("/v1/rnn/additions", addition, wait), { status: 200 });
  await redis.config("SET", "maxmemory", "1");
  const began = Date.now();
  for (const [type, body] of [
    ["application/json", JSON.stringify(addition)],
    ["text/csv", "x\n1\n"],
  ] as const) {
    const response = await service.request(type === "text/csv" ? "/v1/stats" : "/v1/rnn/additions", {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    t.equal(response.status, 503);
    t.match(response.headers.get("retry-after"), /^[1-9]\d*$/);
    t.match(await response.json(), {
      type: "urn:abacus:problem:unavailable",
      detail: /^the queue refuses this now/,
    });
  }
  t.ok(Date.now() - began < 3000, "each within a second, and another one for this process to be slow in");
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
  t.equal((await service.request("/v1/jobs")).status, 200, "what is only read goes on");
  await redis.config("SET", "maxmemory", "0");
  t.match(await service.post("/v1/rnn/additions", addition, wait), { body: { result: { sum: 12 } } });
  const { jobs } = (await (await service.request("/v1/jobs")).json()) as { jobs: unknown[] };
  t.equal(jobs.length, 2, "nothing of what was refused is left");
});

t.test("REDIS_MEMORY is the bound of the private Redis", async (t) => {
  const { dataDir } = await makeWorkplace(t);
  const logger = pino({ level: "silent" });
  const server = await openServer(
    readConfig({ DATA_DIR: dataDir, REDIS_MEMORY: "33554432" }),
    "serve",
    logger,
  );
  const connections = openConnections(server.address, logger);
  const redis = connections.waiting();
  t.same(await redis.config("GET", "maxmemory"), ["maxmemory", "33554432"]);
  // more than there is room for, in pieces that are much smaller than what is left
  const written = (async () => {
    for (let piece = 0; piece < 100; piece++) await redis.set(`piece ${piece}`, "x".repeat(2 ** 20));
  })();
  await t.rejects(written, { message: /^OOM/ }, "it refuses what goes beyond it, and drops nothing");
  t.equal(await redis.strlen("piece 0"), 2 ** 20);
  connections.close();
  await server.stop();
});

t.test("THREADS for the batch lane, half as many for the interactive one, and one for formats", async (t) => {
  let threads = 0;
  const count = () => threads++;
  process.on("worker", count);
  t.teardown(() => process.off("worker", count));
  for (const [setting, interactive] of [
    [1, 1],
    [3, 1],
    [4, 2],
  ] as const) {
    threads = 0;
    const service = await startTestService(t, { env: { THREADS: `${setting}` } });
    t.equal(threads, setting + interactive + 1, `THREADS=${setting}`);
    await service.service.stop(0);
  }
});
