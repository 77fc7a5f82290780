// Health and readiness, and what a client is told while Redis is away or the disk is full.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { AUTHORIZATION, startTestService } from "../service.js";
import { until } from "../until.js";
import { connectTo } from "./raw-connection.js";

const service = await startTestService(t);
const json = { "content-type": "application/json" };
const untilReady = () => until("ready", async () => (await fetch(`${service.url}/readyz`)).status === 200);
const addition = { method: "POST", headers: json, body: '{"a": 5, "b": 7}' };

t.test("in order", async (t) => {
  const health = await fetch(`${service.url}/healthz`);
  t.equal(health.status, 200);
  t.strictSame(await health.json(), { status: "ok" });
  await untilReady();
  const ready = await fetch(`${service.url}/readyz`);
  t.equal(ready.headers.get("cache-control"), "no-store");
  t.strictSame(await ready.json(), {
    status: "ready",
    checks: { running: true, redis: true, threads: true, disk: true },
  });
});

/** Everything that needs Redis is refused within a second, as something to be tried again. */
async function refusesAll(t: Test): Promise<void> {
  const requests: [string, RequestInit][] = [
    ["/v1/rnn/additions", addition],
    ["/v1/rnn/additions", { ...addition, headers: { ...json, prefer: "wait=60" } }],
    ["/v1/stats", { method: "POST", headers: { "content-type": "text/csv" }, body: "x\n1\n" }],
    ["/v1/jobs", {}],
    ["/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa", {}],
    ["/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa", { headers: { prefer: "wait=60" } }],
    ["/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa", { method: "DELETE" }],
  ];
  const began = Date.now();
  await Promise.all(
    requests.map(async ([path, init]) => {
      const response = await service.request(path, init);
      t.equal(response.status, 503, path);
      t.match(response.headers.get("retry-after"), /^\d+$/);
      t.match(await response.json(), { type: "urn:abacus:problem:unavailable", status: 503 });
    }),
  );
  t.ok(Date.now() - began < 2000, "within a second, and another one for this process to be slow in");
  const ready = await fetch(`${service.url}/readyz`);
  t.equal(ready.status, 503);
  t.match(ready.headers.get("retry-after"), /^\d+$/);
  t.match(await ready.json(), { status: "not ready", checks: { redis: false, disk: true } });
  t.equal((await fetch(`${service.url}/healthz`)).status, 200, "the process lives");
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
}

t.test("Redis is stopped, and comes back", async (t) => {
  const { body: job } = await service.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
  await service.redis.stop();
  await refusesAll(t);
  const wrong = `Basic ${Buffer.from("admin:wrong password").toString("base64")}`;
  const response = await service.request("/v1/jobs", { headers: { authorization: wrong } });
  t.equal(response.status, 503, "whether a password is right is not known either");
  await service.redis.restart();
  await untilReady();
  t.match(await service.ended(job.id), { state: "completed", result: { sum: 12 } });
  t.match(await service.post("/v1/rnn/additions", { a: 1, b: 2 }, { prefer: "wait=30" }), {
    body: { result: { sum: 3 } },
  });
});

t.test("Redis hangs, and goes on", async (t) => {
  await untilReady();
  t.equal((await service.request("/v1/jobs")).status, 200);
  service.redis.pause();
  t.teardown(() => service.redis.resume());
  await refusesAll(t);
  service.redis.resume();
  await untilReady();
  const { body } = await service.post("/v1/rnn/additions", { a: 1, b: 2 }, { prefer: "wait=30" });
  t.match(body, { result: { sum: 3 } });
});

t.test("Redis goes away during a wait", async (t) => {
  const { body: job } = await service.post("/v1/rnn/models", { iterations: 10_000_000 });
  const wait = service.request(`/v1/jobs/${job.id}`, { headers: { prefer: "wait=3" } });
  await service.redis.stop();
  const response = await wait;
  t.equal(response.status, 503);
  t.match(response.headers.get("retry-after"), /^\d+$/);
  await service.redis.restart();
  await untilReady();
  t.equal((await service.request(`/v1/jobs/${job.id}`, { method: "DELETE" })).status, 204);
});

t.test("Redis goes away between the sign-in and the job", async (t) => {
  await untilReady();
  for (const type of ["application/json", "text/csv"]) {
    const path = type === "text/csv" ? "/v1/stats" : "/v1/rnn/additions";
    const body = type === "text/csv" ? "a\n1\n" : '{"a": 5, "b": 7}';
    const raw = await connectTo(t, service.url);
    raw.send(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\nexpect: 100-continue\r\n` +
        `content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    t.equal((await raw.response()).status, 100, "signed in");
    service.redis.pause();
    raw.send(body);
    const response = await raw.response();
    service.redis.resume();
    t.equal(response.status, 503, type);
    t.match(response.headers.get("retry-after"), /^\d+$/);
    t.match(JSON.parse(response.body).detail, /may have been accepted.*Location.*before sending it again/);
    t.match(response.headers.get("location"), /^\/v1\/jobs\/[0-9a-z]{26}$/, "where to look for it");
  }
});

t.test("Redis goes away after the job was accepted", async (t) => {
  await untilReady();
  const submission = service.request("/v1/rnn/models", {
    method: "POST",
    headers: { ...json, prefer: "wait=3" },
    body: '{"iterations": 10000000}',
  });
  let jobs: { id: string }[] = [];
  await until("the job runs", async () => {
    ({ jobs } = (await (await service.request("/v1/jobs?state=active")).json()) as {
      jobs: { id: string }[];
    });
    return jobs.length > 0;
  });
  await service.redis.stop();
  const response = await submission;
  await service.redis.restart();
  t.equal(response.status, 503);
  t.match(((await response.json()) as { detail: string }).detail, /^the job is accepted/);
  t.equal(response.headers.get("location"), `/v1/jobs/${jobs[0]?.id}`);
  await untilReady();
  t.equal((await service.request(`/v1/jobs/${jobs[0]?.id}`, { method: "DELETE" })).status, 204);
});

t.test("the disk has less room than DISK_RESERVE", async (t) => {
  const service = await startTestService(t, {
    env: { DISK_RESERVE: String(Number.MAX_SAFE_INTEGER), INLINE_BYTES: "1000" },
  });
  const ready = await fetch(`${service.url}/readyz`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { checks: { redis: true, disk: false } });
  const form = new FormData();
  form.append("file", new Blob(["x\n1\n"]));
  const uploads: RequestInit[] = [
    { method: "POST", body: form },
    { method: "POST", headers: { "content-type": "text/csv" }, body: "x\n1\n" },
    { method: "POST", headers: json, body: '{"columns": {"x": [1]}}'.padEnd(2000) },
  ];
  for (const upload of uploads) {
    const response = await service.request("/v1/stats", upload);
    t.equal(response.status, 507);
    t.match(response.headers.get("retry-after"), /^\d+$/);
    t.match(await response.json(), { type: "urn:abacus:problem:disk-full", detail: /DISK_RESERVE/ });
  }
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
  const { status, body } = await service.post("/v1/rnn/additions", { a: 1, b: 2 }, { prefer: "wait=30" });
  t.equal(status, 200, "what needs no disk goes on");
  t.match(body, { result: { sum: 3 } });
});
