// Looking at a job: the document as it changes, ETag and If-None-Match, Retry-After while it runs.
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { RETENTION: "1000", THREADS: "1" },
});

const get = (path: string, headers: Record<string, string> = {}) => service.request(path, { headers });

/** The last of the polls until the job is as `expected`. */
async function poll(id: string, expected: (job: { state: string; progress: object | null }) => boolean) {
  let response = await get(`/v1/jobs/${id}`);
  await until("the job is as expected", async () => {
    response = await get(`/v1/jobs/${id}`);
    return expected((await response.clone().json()) as { state: string; progress: object | null });
  });
  return response;
}

const active = ({ state }: { state: string }) => state === "active";

t.test("the document in each state", async (t) => {
  const { body: running } = await service.post("/v1/test/grind", {});
  await poll(running.id, active);
  // the lane's only thread is taken
  const { body: waiting } = await service.post("/v1/test/grind", { seconds: 0, value: [1, 2] });
  const common = { type: "test.grind", label: null, input: {} };
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

  const queued = await (await get(`/v1/jobs/${waiting.id}`)).json();
  t.strictSame(Object.keys(queued as object), [
    ...["id", "type", "label", "state", "progress", "position", "attempts", "createdAt", "startedAt"],
    ...["finishedAt", "expiresAt", "input", "error", "links", "result"],
  ]);
  t.match(queued, {
    ...common,
    id: waiting.id,
    state: "queued",
    position: Number,
    attempts: 0,
    createdAt: time,
  });
  const nothing = {
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    error: null,
    result: null,
    progress: null,
  };
  t.match(queued, nothing);
  const self = `/v1/jobs/${waiting.id}`;
  t.strictSame((queued as { links: object }).links, {
    self,
    events: `${self}/events`,
    cancel: `${self}/cancel`,
  });

  const progressing = await (await poll(running.id, ({ progress }) => progress !== null)).json();
  // as the fixture tells it: 1 of 2 turns; remainingSeconds is then as long as it has taken
  const progress = {
    fraction: 0.5,
    stage: "spinning",
    done: 1,
    total: 2,
    unit: "turns",
    remainingSeconds: Number,
    detail: null,
  };
  t.match(progressing, { progress });
  t.match(progressing, {
    attempts: 1,
    startedAt: time,
    position: null,
    finishedAt: null,
    expiresAt: null,
    result: null,
  });

  await service.request(`/v1/jobs/${running.id}/cancel`, { method: "POST" });
  const completed = await service.ended(waiting.id);
  t.match(completed, {
    ...common,
    state: "completed",
    attempts: 1,
    result: [1, 2],
    error: null,
    finishedAt: time,
  });
  t.strictSame(completed.links, { self, result: `${self}/result`, events: `${self}/events` });
  t.equal(Date.parse(completed.expiresAt) - Date.parse(completed.finishedAt), 1_000_000, "RETENTION");

  const canceled = await service.ended(running.id);
  t.match(canceled, { state: "canceled", result: null, error: null, progress, finishedAt: time });
  t.strictSame(canceled.links, {
    self: `/v1/jobs/${running.id}`,
    events: `/v1/jobs/${running.id}/events`,
  });

  const { body: failed } = await service.post("/v1/test/fail", { value: 1 }, { prefer: "wait=30" });
  t.match(failed, { state: "failed", result: null });
  t.strictSame(failed.error, {
    type: "urn:abacus:problem:impossible-value",
    title: "The input holds an impossible value",
    status: 422,
    detail: "/value was refused by the task",
    errors: [{ path: "/value", message: "was refused by the task" }],
  });
});

t.test("what has not changed is not sent again", async (t) => {
  const { body: job } = await service.post("/v1/test/echo", { value: 1 }, { prefer: "wait=30" });
  const path = `/v1/jobs/${job.id}`;
  const etag = (await get(path)).headers.get("etag") ?? "";
  t.match(etag, /^"[^"]+"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `"other",W/${etag}`, "*"]) {
    const response = await get(path, { "if-none-match": known });
    t.equal(response.status, 304, known);
    t.equal(response.headers.get("etag"), etag);
    t.equal(await response.text(), "");
  }
  for (const unknown of ['"other"', `${etag}x`, "", etag.slice(1, -1)])
    t.equal((await get(path, { "if-none-match": unknown })).status, 200, unknown);
});

t.test("each change has another ETag; Retry-After as long as there may be a change", async (t) => {
  const { body: running } = await service.post("/v1/test/grind", {});
  await poll(running.id, active);
  const submitted = await service.request("/v1/test/grind", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"seconds": 0}',
  });
  const { id } = (await submitted.json()) as { id: string };
  const etags = [submitted.headers.get("etag")];
  t.equal(submitted.headers.get("retry-after"), "1");
  const unchanged = await get(`/v1/jobs/${id}`, { "if-none-match": etags[0] ?? "" });
  t.equal(unchanged.status, 304);
  t.equal(unchanged.headers.get("retry-after"), "1", "also when there is nothing new");

  await service.request(`/v1/jobs/${running.id}`, { method: "DELETE" });
  const ended = await get(`/v1/jobs/${id}`, { prefer: "wait=30" });
  etags.push(ended.headers.get("etag"));
  t.equal(new Set(etags).size, 2);
  t.equal(ended.headers.get("retry-after"), null);
  t.equal((await get(`/v1/jobs/${id}`, { "if-none-match": etags[0] ?? "" })).status, 200);
});

t.test("a wait that knows the document waits for the next one", async (t) => {
  const { body: job } = await service.post("/v1/test/spin", { seconds: 1, value: "done" });
  const etag = (await poll(job.id, active)).headers.get("etag") ?? "";
  const response = await get(`/v1/jobs/${job.id}`, { "if-none-match": etag, prefer: "wait=30" });
  t.equal(response.status, 200);
  t.match(await response.json(), { state: "completed", result: "done" });
});
