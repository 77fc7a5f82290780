// /metrics: what is counted and timed, by this process, by those without HTTP, and of what all share.
import { totalmem } from "node:os";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { PASSWORD, startTestService, type TestService } from "../service.js";
import { until } from "../until.js";

const registry = await fixtureRegistry();
const service = await startTestService(t, { registry, env: { THREADS: "2", INLINE_BYTES: "100" } });
await createAccounts(service.redis.connect()).add("ann", PASSWORD);

/** The samples by name and labels, as Prometheus reads them: no family twice, and each line well-formed. */
async function samplesOf({ request }: TestService): Promise<Map<string, number>> {
  const response = await request("/metrics");
  t.equal(response.status, 200);
  t.match(response.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
  const samples = new Map<string, number>();
  const families = new Set<string>();
  for (const line of (await response.text()).split("\n").filter((text) => text !== "")) {
    const family = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)?.[1];
    if (family !== undefined) {
      t.notOk(families.has(family), `${family} once`);
      families.add(family);
    } else if (!line.startsWith("# HELP ")) {
      const [, name, value] = /^([a-z_][a-z0-9_]*(?:\{(?:[a-z_]+="[^"]*",?)*\})?) (\S+)$/i.exec(line) ?? [];
      if (name === undefined) throw new Error(`no sample: ${line}`);
      samples.set(name, Number(value));
    }
  }
  return samples;
}

t.test("jobs by type and outcome, with the times that they waited and ran", async (t) => {
  const wait = { prefer: "wait=30" };
  await service.post("/v1/test/echo", {}, wait);
  await service.post("/v1/test/echo", {}, wait);
  await service.post("/v1/test/fail", {}, wait);
  const { body } = await service.post("/v1/test/echo?delay=60", {});
  await service.request(`/v1/jobs/${body.id}/cancel`, { method: "POST" });
  await service.post("/v1/test/spin", { seconds: 0.3 }, wait);
  const samples = await samplesOf(service);
  const ended = (type: string, outcome: string) =>
    samples.get(`abacus_jobs_ended_total{type="${type}",outcome="${outcome}"}`);
  t.equal(ended("test.echo", "completed"), 2);
  t.equal(ended("test.fail", "failed"), 1);
  t.equal(ended("test.echo", "canceled"), 1);
  t.equal(samples.get('abacus_job_wait_seconds_count{type="test.echo"}'), 2, "not of one that never began");
  const ran = samples.get('abacus_job_run_seconds_sum{type="test.spin"}') ?? 0;
  t.ok(ran >= 0.3 && ran < 20, `it ran ${ran} s`);
});

t.test("requests by route and status, and the bytes of uploads", async (t) => {
  const upload = "a,b\n1,2\n";
  const headers = { "content-type": "text/csv", prefer: "wait=30" };
  await service.request("/v1/stats", { method: "POST", body: upload, headers });
  const { body } = await service.post("/v1/test/echo", { value: "x".repeat(200) }, { prefer: "wait=30" });
  await service.request(`/v1/jobs/${body.id}`);
  await service.request("/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa");
  await fetch(`${service.url}/some/${body.id}`);
  const samples = await samplesOf(service);
  const requests = (method: string, route: string, status: number) => {
    const labels = `method="${method}",route="${route}",status="${status}"`;
    return samples.get(`abacus_http_request_duration_seconds_count{${labels}}`);
  };
  t.equal(requests("POST", "/v1/stats", 200), 1);
  t.equal(requests("GET", "/v1/jobs/:id", 200), 1);
  t.ok(requests("GET", "/v1/jobs/:id", 404));
  t.equal(requests("GET", "none", 404), 1, "what there is not is not named");
  t.equal(
    samples.get("abacus_upload_bytes_total"),
    upload.length + JSON.stringify({ value: "x".repeat(200) }).length,
  );
});

t.test("queues, threads, the event loop, Redis", async (t) => {
  const busy: string[] = [];
  for (let i = 0; i < 3; i++) busy.push((await service.post("/v1/test/grind", {})).body.id);
  busy.push((await service.post("/v1/test/grind?delay=60", {})).body.id);
  const samples = await until("two run", async () => {
    const now = await samplesOf(service);
    return now.get('abacus_threads{pool="batch",state="busy"}') === 2 && now;
  });
  t.equal(samples.get('abacus_threads{pool="batch",state="idle"}'), 0);
  t.equal(samples.get('abacus_threads{pool="interactive",state="idle"}'), 1);
  t.equal(samples.get('abacus_threads{pool="formats",state="idle"}'), 1);
  t.equal(samples.get('abacus_queue_jobs{lane="batch",state="waiting"}'), 1);
  t.equal(samples.get('abacus_queue_jobs{lane="batch",state="active"}'), 2);
  t.equal(samples.get('abacus_queue_jobs{lane="interactive",state="waiting"}'), 0);
  t.equal(samples.get('abacus_queue_next_wait_seconds{lane="interactive"}'), 0, "none waits");
  const waited = samples.get('abacus_queue_next_wait_seconds{lane="batch"}')!;
  t.ok(waited > 0 && waited < 20, `the next one waits for ${waited} s`);
  t.equal(samples.get("abacus_jobs_scheduled"), 1);
  t.equal(samples.get("abacus_jobs_outstanding"), 4);
  t.equal(samples.get("abacus_deliveries_pending"), 0);
  t.ok(samples.get("nodejs_eventloop_lag_p99_seconds")! >= 0);
  const memory = samples.get("abacus_memory_limit_bytes")!;
  t.ok(memory > samples.get("process_resident_memory_bytes")! && memory <= totalmem());
  const roundTrip = samples.get("abacus_redis_round_trip_seconds")!;
  t.ok(roundTrip > 0 && roundTrip < 10);
  for (const id of busy) await service.request(`/v1/jobs/${id}`, { method: "DELETE" });
});

t.test("jobs that no worker knows", async (t) => {
  const front = await startTestService(t, { registry, roles: { http: true, work: false } });
  await startTestService(t, { roles: { http: false, work: true }, beside: front });
  const unknown = 'abacus_queue_jobs{lane="interactive",state="unknown"}';
  t.equal((await samplesOf(front)).get(unknown), 0);
  await front.post("/v1/test/echo", {});
  await until("it is left", async () => (await samplesOf(front)).get(unknown) === 1);
});

t.test("for the scope admin alone, unless they are public", async (t) => {
  const ann = { authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString("base64")}` };
  t.equal((await service.request("/metrics", { headers: ann })).status, 403);
  t.equal((await fetch(`${service.url}/metrics`)).status, 401);
  const open = await startTestService(t, {
    env: { METRICS_PUBLIC: "true" },
    roles: { http: true, work: false },
    beside: service,
  });
  t.equal((await fetch(`${open.url}/metrics`)).status, 200);
});

t.test("while Redis is away, what needs no Redis", async (t) => {
  const lonely = await startTestService(t, {
    env: { METRICS_PUBLIC: "true" },
    roles: { http: true, work: false },
  });
  await lonely.redis.stop();
  const text = await until("Redis is missed", async () => {
    const response = await fetch(`${lonely.url}/metrics`);
    t.equal(response.status, 200);
    const found = await response.text();
    return !/^abacus_jobs_outstanding \d/m.test(found) && found;
  });
  t.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
});

t.test("of processes without HTTP, with their names", async (t) => {
  const front = await startTestService(t, { registry, roles: { http: true, work: false } });
  const worker = await startTestService(t, { registry, roles: { http: false, work: true }, beside: front });
  await front.post("/v1/test/echo", {}, { prefer: "wait=30" });
  const found = await until("they are left", async () => {
    const samples = await samplesOf(front);
    const name = [...samples.keys()].find((one) => one.startsWith("abacus_jobs_ended_total"));
    return name !== undefined && { name, samples };
  });
  t.match(
    found.name,
    /^abacus_jobs_ended_total\{type="test\.echo",outcome="completed",process="[^"]+:\d+"\}$/,
  );
  t.equal(found.samples.get(found.name), 1);
  t.ok(found.samples.has('abacus_threads{pool="formats",state="idle"}'), "beside its own");
  const starts = [...found.samples].filter(([name]) => name.startsWith("process_start_time_seconds"));
  t.equal(starts.length, 2, "since when each runs");
  for (const [name, start] of starts) t.ok(Math.abs(Date.now() / 1000 - start) < 600, name);
  await worker.service.stop(0);
  const after = await samplesOf(front);
  t.notOk(
    [...after.keys()].some((name) => name.includes("process=")),
    "gone with the process",
  );
});
