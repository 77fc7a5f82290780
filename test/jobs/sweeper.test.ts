// The sweeper: what expiry, a crash between two steps, and a killed thread leave is gone after one round.
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { FileStore } from "../../src/files/file-store.js";
import { newId } from "../../src/jobs/id.js";
import { startSweeper } from "../../src/jobs/sweeper.js";
import { transitions } from "../../src/jobs/transitions.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { env: { RETENTION: "1", INLINE_BYTES: "10" } });
const redis = service.redis.connect();
const files = await FileStore.open(service.dataDir, false);
const sweeper = startSweeper({ redis, files, logger: pino({ level: "silent" }), interval: 3600 });
t.teardown(() => sweeper.stop());

const jobKeys = async () =>
  (await redis.keys("{abacus}:*")).filter((key) => /:(job|jobs|expiry|model|load)/.test(key));
const allFiles = async () =>
  (await Promise.all(FileStore.kinds.map((kind) => readdir(join(service.dataDir, kind))))).flat();

t.test("after expiry nothing is left in Redis or on the disk", async (t) => {
  const wait = { prefer: "wait=60" };
  // over INLINE_BYTES: their bodies are files; the training also leaves its weights
  const added = await service.post("/v1/rnn/additions", { a: 1, b: 2 }, wait);
  const trained = await service.post("/v1/rnn/models", { iterations: 10 }, wait);
  t.equal(added.body.state, "completed");
  t.equal(trained.body.state, "completed");
  t.equal((await allFiles()).length, 3);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal((await service.request(added.body.links.self)).status, 404, "invisible before it is swept");
  await sweeper.sweep();
  t.same(await jobKeys(), []);
  t.same(await allFiles(), []);
});

t.test("a submission that was cut off before it was queued is removed", async (t) => {
  const long = Date.now() - 120_000;
  const job = {
    id: newId(long),
    account: "admin",
    type: "rnn.add",
    lane: "batch",
    label: null,
    madeName: "",
    createdAt: long,
  };
  const { lane, account, type, madeName, createdAt } = job;
  await transitions(redis).enter(job, 5, {
    lane,
    account,
    type,
    madeName,
    createdAt,
    ttl: 1000,
    input: "{}",
  });
  const path = files.path("uploads", job.id);
  await writeFile(path, "body");
  t.equal((await service.request(`/v1/jobs/${job.id}`)).status, 200);
  await sweeper.sweep();
  t.equal((await service.request(`/v1/jobs/${job.id}`)).status, 404);
  t.same(await jobKeys(), []);
  t.same(await allFiles(), []);
});

t.test("files that nobody knows go when nobody has written to them for a while", async (t) => {
  const old = new Date(Date.now() - 600_000);
  for (const [kind, name] of [
    ["uploads", `${newId()}.part`],
    ["results", `${newId()}.1-abc.part`],
    ["made", newId()],
    ["scratch", "some-format"],
  ] as const) {
    const path = files.path(kind, name);
    await writeFile(path, "x");
    await utimes(path, old, old);
  }
  const fresh = files.path("uploads", `${newId()}.part`);
  await writeFile(fresh, "x");
  await sweeper.sweep();
  t.same(await allFiles(), [fresh.split("/").at(-1)], "an upload that is under way stays");
});

t.test(
  "a job is there for RETENTION and no longer; a service tidies after it every SWEEP_INTERVAL",
  async (t) => {
    const env = { RETENTION: "3", SWEEP_INTERVAL: "0.2" };
    const service = await startTestService(t, { env });
    const uploads = () => readdir(join(service.dataDir, "uploads"));
    const headers = { "content-type": "text/csv", prefer: "wait=60" };
    const response = await service.request("/v1/stats", { method: "POST", body: "a\n1\n", headers });
    const body = (await response.json()) as Json;
    const expires = Date.parse(body.expiresAt);
    t.equal(expires - Date.parse(body.finishedAt), 3000);
    t.same(await uploads(), [body.id]);
    await until("it is expired", async () => {
      const before = Date.now();
      const { status } = await service.request(body.links.self);
      if (status === 200) t.ok(before <= expires, `it is there ${expires - before} ms before its end`);
      return status === 404;
    });
    t.ok(Date.now() >= expires, "not before");
    // less than the default interval, which would not do
    await until("its file is gone", async () => (await uploads()).length === 0, 20);
  },
);
