// Canceling and deleting jobs over HTTP, and that nothing of a deleted job stays behind.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { THREADS: "1", INLINE_BYTES: "1000" },
});
const redis = service.redis.connect();
const UNKNOWN = "/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa";

const call = (method: string, path: string) => service.request(path, { method });
const stateOf = async (id: string) =>
  ((await (await service.request(`/v1/jobs/${id}`)).json()) as { state: string }).state;

async function active(body: object = {}): Promise<string> {
  const { body: job } = await service.post("/v1/test/grind", body);
  await until("the job runs", async () => (await stateOf(job.id)) === "active");
  return job.id;
}

/** What is BullMQ's own and not of one job: counters, marks, its stream of events, its lists. */
const OWN =
  /^\{abacus\}:(interactive|batch|webhooks):(meta|marker|events|id|pc|stalled|stalled-check|limiter)$/;
/** What the service keeps for itself; what a sign-in or an earlier sweep leaves. */
const SERVICE = /^\{abacus\}:(store-id|sweep|turns:.*|accounts?(:.*)?|rate:.*|record.*)$/;

async function keys(): Promise<string[]> {
  const all = await redis.keys("*");
  return all.filter((key) => !OWN.test(key) && !SERVICE.test(key)).sort();
}

async function files(): Promise<string[]> {
  const kinds = ["uploads", "results", "made", "scratch"];
  const names = await Promise.all(kinds.map((kind) => readdir(join(service.dataDir, kind))));
  return names.flat();
}

t.test("cancel: a queued job and a running one", async (t) => {
  const running = await active();
  const { body: queued } = await service.post("/v1/test/grind", {});
  for (const id of [queued.id, running]) {
    const response = await call("POST", `/v1/jobs/${id}/cancel`);
    t.equal(response.status, 202);
    t.equal(response.headers.get("retry-after"), null, "it has ended");
    t.match(await response.json(), { id, state: "canceled", result: null, error: null });
    t.equal(await stateOf(id), "canceled");
  }
  const { body: next } = await service.post("/v1/test/split", { value: 3 }, { prefer: "wait=30" });
  t.match(next, { state: "completed", result: 14 }, "the lane goes on: 1 + 4 + 9");
});

t.test("cancel: with any body, of any type", async (t) => {
  for (const [type, body] of [
    ["application/json", ""],
    ["application/json", "{}"],
    ["application/x-www-form-urlencoded", ""],
    ["text/plain", "please"],
  ] as const) {
    const { body: job } = await service.post("/v1/test/grind", {});
    const response = await service.request(`/v1/jobs/${job.id}/cancel`, {
      ...{ method: "POST", body },
      headers: { "content-type": type },
    });
    t.equal(response.status, 202, `${type} ${body}`);
  }
});

t.test("cancel: one that has ended is 409, an unknown one 404", async (t) => {
  const { body: completed } = await service.post("/v1/test/echo", {}, { prefer: "wait=30" });
  const { body: failed } = await service.post("/v1/test/fail", {}, { prefer: "wait=30" });
  const { body: canceled } = await service.post("/v1/test/grind", {});
  await call("POST", `/v1/jobs/${canceled.id}/cancel`);
  for (const [id, state] of [
    [completed.id, "completed"],
    [failed.id, "failed"],
    [canceled.id, "canceled"],
  ]) {
    const response = await call("POST", `/v1/jobs/${id}/cancel`);
    t.equal(response.status, 409, state);
    t.match(await response.json(), {
      type: "urn:abacus:problem:already-ended",
      detail: `the job is ${state}`,
    });
    t.equal(await stateOf(id), state, "nothing changes");
  }
  for (const path of [UNKNOWN, "/v1/jobs/nonsense"]) {
    t.equal((await call("POST", `${path}/cancel`)).status, 404);
    t.equal((await call("DELETE", path)).status, 404);
  }
});

t.test("delete: gone in every state, with all that belonged to it", async (t) => {
  const { jobs } = (await (await service.request("/v1/jobs?limit=100")).json()) as { jobs: { id: string }[] };
  for (const { id } of jobs) await call("DELETE", `/v1/jobs/${id}`);
  // the marks of those that ran stay until their worker has heard of it
  await until("no key is left", async () => (await keys()).length === 0);
  t.strictSame(await files(), []);

  const wait = { prefer: "wait=30" };
  const pad = (text: string) => text.padEnd(2000);
  const submit = async (path: string, body: unknown, headers = {}) =>
    (await service.post(path, body, headers)).body.id;
  const running = await active();
  const form = new FormData();
  form.append("file", new Blob(["x\n1\n"]));
  const uploaded = await service.request("/v1/stats", { method: "POST", body: form, headers: wait });
  const canceled = await submit("/v1/test/grind", {});
  await call("POST", `/v1/jobs/${canceled}/cancel`);
  const states: [string, string][] = [
    ["queued", await submit("/v1/test/grind", {})],
    ["queued", await submit("/v1/test/grind", pad("{}"))],
    ["canceled", canceled],
    ["completed", await submit("/v1/test/echo", { value: 1 }, wait)],
    ["completed", await submit("/v1/test/echo", { value: "x".repeat(500) }, wait)],
    ["completed", ((await uploaded.json()) as { id: string }).id],
    ["failed", await submit("/v1/test/fail", {}, wait)],
    ["active", running],
  ];
  for (const [state, id] of states) {
    t.equal(await stateOf(id), state);
    const response = await call("DELETE", `/v1/jobs/${id}`);
    t.equal(response.status, 204, state);
    t.equal(await response.text(), "");
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/result"],
      ["POST", "/cancel"],
      ["DELETE", ""],
    ] as const)
      t.equal(
        (await call(method, `/v1/jobs/${id}${path}`)).status,
        404,
        `${method} ${path} of one that was ${state}`,
      );
  }
  t.match(await (await service.request("/v1/jobs")).json(), { jobs: { length: 0 } });
  t.strictSame(await files(), []);
  // the mark of the one that ran stays until its worker has heard of it
  await until("no key is left", async () => (await keys()).length === 0);
});

t.test("delete: batch jobs that ended, with results on the disk and models", async (t) => {
  const wait = { prefer: "wait=30" };
  const { body: large } = await service.post(
    "/v1/test/echo",
    JSON.stringify({ value: "x".repeat(100_000) }),
    wait,
  );
  const { body: unnamed } = await service.post("/v1/rnn/models", { iterations: 1, hiddenDim: 1 }, wait);
  t.strictSame((await files()).sort(), [large.id, large.id, unnamed.id].sort(), "upload, result, weights");
  const addition = { a: 1, b: 2, model: unnamed.id };
  t.equal((await service.post("/v1/rnn/additions", addition)).status, 202);
  for (const id of [large.id, unnamed.id]) t.equal((await call("DELETE", `/v1/jobs/${id}`)).status, 204);
  t.match(
    await service.post("/v1/rnn/additions", addition),
    { status: 404 },
    "an unnamed model goes with its job",
  );
  t.strictSame(await files(), []);

  const { body: named } = await service.post(
    "/v1/rnn/models",
    { name: "kept", iterations: 1, hiddenDim: 1 },
    wait,
  );
  t.equal((await call("DELETE", `/v1/jobs/${named.id}`)).status, 204);
  const { body: sum } = await service.post("/v1/rnn/additions", { a: 1, b: 2, model: "kept" }, wait);
  t.match(sum, { state: "completed", result: { model: named.id } }, "a named one stays");
});

t.test("delete: a training that has not ended gives its name back", async (t) => {
  const training = { name: "freed", iterations: 10_000_000, hiddenDim: 16 };
  for (const body of [JSON.stringify(training), JSON.stringify(training).padEnd(2000)]) {
    const { body: job } = await service.post("/v1/rnn/models", body);
    await until("the job runs", async () => (await stateOf(job.id)) === "active");
    t.equal((await call("DELETE", `/v1/jobs/${job.id}`)).status, 204);
    const again = await service.post("/v1/rnn/models", { ...training, iterations: 1 });
    t.equal(again.status, 202);
    t.equal((await call("DELETE", `/v1/jobs/${again.body.id}`)).status, 204);
  }
});
