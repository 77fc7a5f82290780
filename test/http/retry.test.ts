// Retry: a failed or canceled job runs again, under its id and with all that it was sent.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { THREADS: "1", INLINE_BYTES: "500", ACCOUNT_JOBS: "20" },
});
const { post, request, ended } = service;
const redis = service.redis.connect();

const call = (method: string, path: string) => request(path, { method });
const retry = (id: string) => call("POST", `/v1/jobs/${id}/retry`);
const job = async (id: string): Promise<Json> => (await request(`/v1/jobs/${id}`)).json();

t.test("a failed job", async (t) => {
  const file = join(service.dataDir, "flag");
  const { body } = await post("/v1/test/flaky?label=again&ttl=600", { value: file }, { prefer: "wait=30" });
  t.match(body, { state: "failed", attempts: 1, error: { status: 422 } });
  writeFileSync(file, "");
  const response = await retry(body.id);
  t.equal(response.status, 202);
  t.equal(response.headers.get("location"), `/v1/jobs/${body.id}`);
  t.ok(response.headers.get("retry-after"));
  const again: Json = await response.json();
  t.match(again, { id: body.id, state: "queued", error: null, finishedAt: null, expiresAt: null });
  t.equal(again.createdAt, body.createdAt);
  const done = await ended(body.id);
  t.match(done, { state: "completed", result: "there", attempts: 2, error: null, label: "again" });
  t.equal(Date.parse(done.expiresAt) - Date.parse(done.finishedAt), 600_000, "its ttl stays");
  t.equal(await redis.zcard("{abacus}:expiry"), 1, "it expires once");
  t.equal(await redis.zcard("{abacus}:scheduled"), 0);
  t.equal(
    await redis.hexists(`{abacus}:job:${body.id}`, "data"),
    0,
    "its data is kept no longer than needed",
  );
  const states = await redis.keys("{abacus}:jobs:*:state:*");
  t.same(states, ["{abacus}:jobs:admin:state:completed"], "it is in one index");
});

t.test("a job that fails again", async (t) => {
  const { body } = await post("/v1/test/fail", { value: 1 }, { prefer: "wait=30" });
  for (let attempts = 2; attempts <= 3; attempts++) {
    t.equal((await retry(body.id)).status, 202);
    t.match(await ended(body.id), { state: "failed", attempts });
  }
});

t.test("a canceled job: one that waited, and one that runs still", async (t) => {
  const { body: running } = await post("/v1/test/grind", { seconds: 2, value: "ran" });
  await until("it runs", async () => (await job(running.id)).state === "active");
  const { body: queued } = await post("/v1/test/split", { value: 3 });
  await call("POST", `/v1/jobs/${queued.id}/cancel`);
  await call("POST", `/v1/jobs/${running.id}/cancel`);
  for (const { id } of [queued, running]) t.equal((await retry(id)).status, 202);
  t.match(await ended(queued.id), { state: "completed", result: 14, attempts: 1 });
  t.match(await ended(running.id), { state: "completed", result: "ran" });
  t.equal(await redis.zcard("{abacus}:scheduled"), 0);
});

t.test("with its upload, and with a body that was stored", async (t) => {
  const form = new FormData();
  form.append("file", new Blob(["a,b\n1,2\n3,4\n"]), "some.csv");
  const posted = await request("/v1/stats?delay=60", { method: "POST", body: form });
  const { id: upload } = (await posted.json()) as Json;
  const pairs = Array.from({ length: 100 }, (_, i) => [i, 1]);
  const { body: stored } = await post("/v1/rnn/additions?delay=60", { pairs });
  for (const id of [upload, stored.id]) {
    t.equal((await call("POST", `/v1/jobs/${id}/cancel`)).status, 202);
    t.equal((await retry(id)).status, 202);
  }
  t.match(await ended(upload), { state: "completed", result: { rows: 2 } });
  t.match((await ended(stored.id)).state, "completed");
});

t.test("a training's name is reserved again, or taken meanwhile", async (t) => {
  const train = (name: string, query = "") => post(`/v1/rnn/models${query}`, { name, iterations: 10 });
  const { body: first } = await train("mine", "?delay=60");
  await call("POST", `/v1/jobs/${first.id}/cancel`);
  t.equal((await retry(first.id)).status, 202);
  t.equal((await train("mine")).status, 409);
  t.match(await ended(first.id), { state: "completed", result: { model: { name: "mine" } } });
  const { body: second } = await train("ours", "?delay=60");
  await call("POST", `/v1/jobs/${second.id}/cancel`);
  await train("ours");
  const response = await retry(second.id);
  t.equal(response.status, 409);
  t.match(await response.json(), { type: "urn:abacus:problem:name-taken" });
  t.match(await job(second.id), { state: "canceled" });
});

t.test("refused: what has not failed, what there is not, and without room", async (t) => {
  const { body: completed } = await post("/v1/test/echo", {}, { prefer: "wait=30" });
  const { body: queued } = await post("/v1/test/echo?delay=60", {});
  for (const { id, state } of [completed, { ...queued, state: "queued" }]) {
    const response = await retry(id);
    t.equal(response.status, 409);
    t.match(await response.json(), {
      type: "urn:abacus:problem:not-retryable",
      detail: `the job is ${state}: only a failed or canceled one can run again`,
    });
  }
  t.equal((await retry("01aaaaaaaaaaaaaaaaaaaaaaaa")).status, 404);
  const { body: failed } = await post("/v1/test/fail", {}, { prefer: "wait=30" });
  const waiting: string[] = [queued.id];
  while (waiting.length < 20) waiting.push((await post("/v1/test/echo?delay=60", {})).body.id);
  const full = await retry(failed.id);
  t.equal(full.status, 429);
  t.match(await full.json(), { type: "urn:abacus:problem:too-many-jobs" });
  t.match(await job(failed.id), { state: "failed" }, "it is as it was");
  for (const id of waiting) await call("DELETE", `/v1/jobs/${id}`);
  t.equal((await retry(failed.id)).status, 202);
  await ended(failed.id);
});
