// Retention: of jobs of every kind nothing is left in Redis or on the disk when they have expired, or were deleted.
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import t, { type Test } from "tap";
import { FileStore } from "../../src/files/file-store.js";
import { startSweeper } from "../../src/jobs/sweeper.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, startTestService, type TestService } from "../service.js";
import { until } from "../until.js";

/** BullMQ's own keys of each queue: counters, marks, its stream of events. */
const QUEUES =
  /^\{abacus\}:(interactive|batch|webhooks):(meta|marker|events|id|pc|stalled|stalled-check|limiter)$/;
/** What belongs to accounts and to the service, not to jobs. */
const OTHERS =
  /^\{abacus\}:(store-id|sweep|turns:.*|accounts?(:.*)?|rate:.*|webhook-secret:.*|metrics|record.*)$/;
/** Has an expiry of its own: a day. */
const IDEMPOTENCY = /^\{abacus\}:idempotency:/;

const receiver = createServer((_request, response) => response.writeHead(500).end());
await once(receiver.listen(0, "127.0.0.1"), "listening");
t.teardown(() => receiver.close());
const HOOK = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;

const start = async (t: Test, env: Record<string, string>): Promise<TestService> =>
  startTestService(t, {
    registry: await fixtureRegistry(),
    env: { INLINE_BYTES: "1000", WEBHOOK_ALLOW: "127.0.0.1", SWEEP_INTERVAL: "3600", ...env },
  });

/** Jobs of every kind, all of which have ended; their ids. */
async function runAll(service: TestService): Promise<string[]> {
  const { post, request, ended } = service;
  const hook = { "abacus-webhook": HOOK };
  const ids: string[] = [];
  const submit = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const { status, body: job } = await post(path, body, { ...hook, ...headers });
    t.equal(status, 202, path);
    ids.push(job.id);
    return job.id as string;
  };
  await submit("/v1/test/echo?label=some&priority=2", { value: 1 }, { "idempotency-key": service.dataDir });
  await submit("/v1/test/echo", { value: "x".repeat(70_000) }); // a body and a result that are files
  await submit("/v1/rnn/models", { iterations: 10 }); // a model without a name
  await submit("/v1/test/split?label=some", { value: 3 });
  await submit("/v1/test/fail", {});
  const form = new FormData();
  form.append("file", new Blob(["a,b\n1,2\n"]), "some.csv");
  const upload = await request("/v1/stats", { method: "POST", body: form, headers: hook });
  ids.push(((await upload.json()) as Json).id);
  const flag = join(service.dataDir, "flag");
  const flaky = await submit("/v1/test/flaky", { value: flag });
  await ended(flaky);
  writeFileSync(flag, "");
  await request(`/v1/jobs/${flaky}/retry`, { method: "POST" });
  const delayed = await submit("/v1/test/echo?delay=60&label=some", {});
  await request(`/v1/jobs/${delayed}/cancel`, { method: "POST" });
  const running = await submit("/v1/test/grind", {});
  await until("it runs", async () => {
    const job = (await (await request(`/v1/jobs/${running}`)).json()) as Json;
    return job.state === "active";
  });
  await request(`/v1/jobs/${running}/cancel`, { method: "POST" });
  for (const id of ids) await ended(id);
  return ids;
}

async function traces({ redis, dataDir }: TestService): Promise<{ keys: string[]; files: string[] }> {
  const connection = redis.connect();
  const all = await connection.keys("*");
  const keys: string[] = [];
  for (const key of all.filter((one) => !QUEUES.test(one) && !OTHERS.test(one)))
    if (!IDEMPOTENCY.test(key) || (await connection.ttl(key)) < 0) keys.push(key);
  const folders = FileStore.kinds.map((kind) => join(dataDir, kind)).filter(existsSync);
  const files = (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  return { keys: keys.sort(), files };
}

const NOTHING = { keys: [], files: [] };

t.test("when they have expired", async (t) => {
  const service = await start(t, { RETENTION: "4" });
  const files = await FileStore.open(service.dataDir, false);
  const logger = pino({ level: "silent" });
  const sweeper = startSweeper({ redis: service.redis.connect(), files, logger, interval: 3600 });
  t.teardown(() => sweeper.stop());
  const ids = await runAll(service);
  t.ok((await traces(service)).files.length >= 3, "there was something to forget");
  await sleep(4100);
  for (const id of ids) t.equal((await service.request(`/v1/jobs/${id}`)).status, 404);
  await until("nothing is left", async () => {
    await sweeper.sweep();
    const { keys, files } = await traces(service);
    return keys.length + files.length === 0;
  }).catch(async () => t.same(await traces(service), NOTHING));
});

t.test(
  "when they were deleted, whatever their state, with deliveries that wait for their next attempt",
  async (t) => {
    const service = await start(t, {});
    const ids = await runAll(service);
    await until(
      "deliveries wait",
      async () => (await service.redis.connect().zcard("{abacus}:webhooks:delayed")) > 0,
    );
    for (const path of ["/v1/test/grind", "/v1/test/grind", "/v1/test/echo?delay=60"])
      ids.push((await service.post(path, {})).body.id);
    for (const id of ids)
      t.equal((await service.request(`/v1/jobs/${id}`, { method: "DELETE" })).status, 204);
    await until("nothing is left", async () => {
      const { keys, files } = await traces(service);
      return keys.length + files.length === 0;
    }).catch(async () => t.same(await traces(service), NOTHING));
  },
);
