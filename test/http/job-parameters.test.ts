// priority, delay, ttl and label: what the query of any submission says of the job.
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, PASSWORD, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { registry: await fixtureRegistry(), env: { THREADS: "1" } });
const { post, request, ended } = service;
const redis = service.redis.connect();
await createAccounts(redis).add("ann", PASSWORD);
const ANN = { authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString("base64")}` };

const job = async (id: string): Promise<Json> => (await request(`/v1/jobs/${id}`)).json();
const list = async (query: string, headers = {}): Promise<Json> =>
  (await request(`/v1/jobs?${query}`, { headers })).json();
const cancel = (id: string) => request(`/v1/jobs/${id}/cancel`, { method: "POST" });

/** Keeps the only thread of the batch lane busy until the test ends. */
async function blockBatch(t: Test): Promise<void> {
  const { body } = await post("/v1/test/grind", {});
  await until("it runs", async () => (await job(body.id)).state === "active");
  t.teardown(() => cancel(body.id));
}

t.test("priority: an account's urgent jobs pass its others, with the position to show it", async (t) => {
  await blockBatch(t);
  const ids: string[] = [];
  for (const priority of [10, undefined, 1]) {
    const query = priority === undefined ? "" : `?priority=${priority}`;
    const { status, body } = await post(`/v1/test/split${query}`, { value: 2 });
    t.equal(status, 202);
    t.equal(body.position, (await job(body.id)).position, "the answer knows its position");
    ids.push(body.id);
  }
  const positions = await Promise.all(ids.map(async (id) => (await job(id)).position));
  t.same(positions, [3, 2, 1], "5 is the default");
  await Promise.all(ids.map(cancel));
});

t.test("delay: it waits for its time, is listed and counted meanwhile, and then runs", async (t) => {
  const { status, body } = await post("/v1/test/echo?delay=1.5", { value: 1 }, { prefer: "wait=1" });
  t.equal(status, 202, "a wait that is shorter");
  t.match(body, { state: "queued", position: null, startedAt: null });
  t.match(await list("state=queued"), { jobs: [{ id: body.id }] });
  const done = await ended(body.id);
  t.match(done, { state: "completed", result: 1, attempts: 1 });
  const waited = Date.parse(done.startedAt) - Date.parse(done.createdAt);
  t.ok(waited >= 1500, `begun after ${waited} ms`);
  t.equal(await redis.zcard("{abacus}:scheduled"), 0);
});

t.test("delay: canceled or deleted before its time, it never starts, and nothing is left", async (t) => {
  for (const method of ["cancel", "delete"]) {
    const { body } = await post("/v1/test/echo?delay=0.5", {});
    if (method === "cancel") t.match(await (await cancel(body.id)).json(), { state: "canceled" });
    else t.equal((await request(`/v1/jobs/${body.id}`, { method: "DELETE" })).status, 204);
    t.equal(await redis.zcard("{abacus}:scheduled"), 0);
    await new Promise((resolve) => setTimeout(resolve, 900));
    if (method === "cancel") t.match(await job(body.id), { state: "canceled", startedAt: null, attempts: 0 });
    else t.equal((await request(`/v1/jobs/${body.id}`)).status, 404);
  }
});

t.test("ttl: how long the outcome is kept", async (t) => {
  for (const [ttl, expected] of [
    ["?ttl=60", 60],
    ["?ttl=2592000", 2_592_000],
    ["", 86_400],
  ] as const) {
    const { body } = await post(`/v1/test/echo${ttl}`, {}, { prefer: "wait=30" });
    const kept = Date.parse(body.expiresAt) - Date.parse(body.finishedAt);
    t.equal(kept, expected * 1000);
    const left = await redis.pttl(`{abacus}:job:${body.id}`);
    t.ok(left > expected * 1000 - 30_000 && left <= expected * 1000, `Redis forgets it in ${left} ms`);
  }
});

t.test("label: lists are filtered by it, alone and with other filters", async (t) => {
  const label = "nightly run/ä";
  const query = `label=${encodeURIComponent(label)}`;
  const { body: one } = await post(`/v1/test/echo?${query}`, {}, { prefer: "wait=30" });
  const { body: two } = await post(`/v1/test/fail?${query}`, {}, { prefer: "wait=30" });
  const { body: other } = await post("/v1/test/echo?label=other", {}, { prefer: "wait=30" });
  t.match([one, two, other], [{ label }, { label }, { label: "other" }]);
  const ids = async (search: string) => (await list(search)).jobs.map(({ id }: Json) => id);
  t.same(await ids(query), [two.id, one.id]);
  t.same(await ids(`${query}&state=failed`), [two.id]);
  t.same(await ids(`${query}&type=test.echo`), [one.id]);
  t.same(await ids("label=unknown"), []);
});

t.test("label: many are canceled at once, those of the account alone", async (t) => {
  await blockBatch(t);
  const done = await post("/v1/test/echo?label=many", {}, { prefer: "wait=30" });
  const anns = await post("/v1/test/split?label=many", { value: 2 }, ANN);
  const ids: string[] = [];
  for (let i = 0; i < 205; i++)
    ids.push(
      (await post(`/v1/test/split?label=many${i % 5 === 0 ? "&delay=60" : ""}`, { value: 2 })).body.id,
    );
  const response = await request("/v1/jobs/cancel?label=many", { method: "POST" });
  t.equal(response.status, 202);
  t.same(await response.json(), { canceled: 205 });
  t.match(await job(ids[0]!), { state: "canceled" });
  t.match(await job(ids[204]!), { state: "canceled" });
  t.match(await job(done.body.id), { state: "completed" });
  t.match(await (await request(`/v1/jobs/${anns.body.id}`, { headers: ANN })).json(), { state: "queued" });
  t.same(await (await request("/v1/jobs/cancel?label=many", { method: "POST" })).json(), { canceled: 0 });
  t.same(await (await request("/v1/jobs/cancel?label=many&account=ann", { method: "POST" })).json(), {
    canceled: 1,
  });
  t.equal((await request("/v1/jobs/cancel", { method: "POST" })).status, 400, "which ones must be said");
});

t.test("any body takes them", async (t) => {
  const query = "?priority=1&label=body&ttl=600";
  const csv = "a,b\n1,2\n";
  const form = new FormData();
  form.append("file", new Blob([csv]), "some.csv");
  const bodies: [string, RequestInit][] = [
    ["a form", { body: form }],
    ["a raw file", { body: csv, headers: { "content-type": "text/csv" } }],
    ["JSON", { body: '{"columns":{"a":[1]}}', headers: { "content-type": "application/json" } }],
  ];
  for (const [what, init] of bodies) {
    const headers = { prefer: "wait=30", ...init.headers };
    const response = await request(`/v1/stats${query}`, { method: "POST", ...init, headers });
    t.match(await response.json(), { state: "completed", label: "body" }, what);
  }
  const raw = { method: "POST", body: csv, headers: { "content-type": "text/csv", prefer: "wait=30" } };
  const response = await request(`/v1/stats${query}&usecols=a`, raw);
  const { result } = (await response.json()) as Json;
  t.match(result.columns, [{ name: "a" }], "beside the options of a raw file");
  t.equal(result.columns.length, 1);
});

t.test("what cannot be is refused, before anything is accepted", async (t) => {
  const before = (await list("")).jobs.length;
  const refusals: [query: string, status: number, path: string][] = [
    ["priority=0", 422, "/priority"],
    ["priority=11", 422, "/priority"],
    ["priority=1.5", 422, "/priority"],
    ["priority=high", 400, "/priority"],
    ["priority=1&priority=2", 400, "/priority"],
    ["delay=-1", 422, "/delay"],
    ["delay=2592001", 422, "/delay"],
    ["delay=soon", 400, "/delay"],
    ["ttl=59", 422, "/ttl"],
    ["ttl=2592001", 422, "/ttl"],
    ["ttl=", 400, "/ttl"],
    ["label=", 422, "/label"],
    [`label=${"x".repeat(201)}`, 422, "/label"],
    ["labels=a", 400, "/labels"],
  ];
  for (const [query, status, path] of refusals) {
    const { status: got, body } = await post(`/v1/test/echo?${query}`, {});
    t.equal(got, status, query);
    t.match(body.errors, [{ path }], query);
  }
  t.equal((await list("")).jobs.length, before);
  t.equal((await post(`/v1/test/echo?label=${"x".repeat(200)}`, {})).status, 202);
});
