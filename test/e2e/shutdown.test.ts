// SIGTERM: an orderly stop. What runs is finished within SHUTDOWN_GRACE or put back, and the exit code is 0.
import { connect } from "node:net";
import t, { type Test } from "tap";
import { type StartOptions, spawnMain, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION } from "../service.js";
import { until } from "../until.js";
import { isAlive, makeWorkplace } from "../workplace.js";

const ORDERLY = { code: 0, signal: null };

/** An `api` and a way to start workers beside it, on one Redis. */
async function startShared(t: Test, env: Record<string, string> = {}) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const options: StartOptions = { env: { REDIS_URL: redis.path, ...env }, fixtures: true };
  const api = await startProcess(t, workplace, "api", options);
  return { redis, workplace, api, startWorker: () => startProcess(t, workplace, "worker", options) };
}

t.test("a job that ends within the grace is finished, no further one is begun", async (t) => {
  const { api, startWorker } = await startShared(t, { SHUTDOWN_GRACE: "20" });
  const worker = await startWorker();
  const running = await api.submit("/v1/test/grind", { seconds: 1.5, value: "finished" });
  await until("it runs", async () => (await api.job(running)).state === "active");
  const waiting = await api.submit("/v1/test/grind", { seconds: 0 });
  t.same(await worker.end("SIGTERM"), ORDERLY);
  t.match(await api.job(running), { state: "completed", result: "finished", attempts: 1 });
  t.match(await api.job(waiting), { state: "queued", attempts: 0, position: 1 });
  t.same(await api.end("SIGTERM"), ORDERLY);
});

t.test("a job that takes longer is put back, and the next worker finishes it", async (t) => {
  const { api, startWorker } = await startShared(t, { SHUTDOWN_GRACE: "1" });
  const worker = await startWorker();
  const ids = [
    await api.submit("/v1/test/grind", { seconds: 3, value: "batch" }),
    await api.submit("/v1/test/spin", { seconds: 3, value: "interactive" }),
    await api.submit("/v1/test/echo", { value: "at hand behind the other" }),
  ];
  await until("they run", async () => (await Promise.all(ids.map(api.job))).every((job) => job.startedAt));
  t.same(await worker.end("SIGTERM"), ORDERLY);
  for (const job of await Promise.all(ids.map(api.job)))
    t.match(job, { state: "queued", error: null, startedAt: null, progress: null });
  await startWorker();
  t.same(
    (await Promise.all(ids.map((id) => api.ended(id)))).map(({ state, result }) => [state, result]),
    [
      ["completed", "batch"],
      ["completed", "interactive"],
      ["completed", "at hand behind the other"],
    ],
  );
});

t.test("serve puts back and stops its Redis last; the next serve finishes the job", async (t) => {
  const workplace = await makeWorkplace(t);
  const start = () => startProcess(t, workplace, "serve", { env: { SHUTDOWN_GRACE: "1" }, fixtures: true });
  const first = await start();
  const id = await first.submit("/v1/test/grind", { seconds: 2, value: "later" });
  await until("it runs", async () => (await first.job(id)).state === "active");
  const redis = (await workplace.redisPid()) as number;
  t.same(await first.end("SIGTERM"), ORDERLY);
  t.notOk(isAlive(redis), "Redis is stopped");
  const second = await start();
  t.match(await second.ended(id), { state: "completed", result: "later", attempts: 2 });
});

t.test("while it stops it is not ready, and clients that wait are answered", async (t) => {
  const { api } = await startShared(t);
  const submitted = api.post("/v1/test/echo", { value: 1 }, { prefer: "wait=60" });
  const [queued] = await until("it is queued", async () => {
    const { jobs } = (await api.request("/v1/jobs")).body;
    return jobs.length > 0 && jobs;
  });
  const looked = api.request(`/v1/jobs/${queued.id}`, { headers: { prefer: "wait=60" } });
  const probe = await beginRequest(t, api.url, "/readyz");
  await api.request("/healthz"); // by now the others have reached the process
  const ended = api.end("SIGTERM");
  const { status, headers, body } = await submitted;
  t.equal(status, 202);
  t.ok(headers.get("retry-after"));
  t.match(body, { id: queued.id, state: "queued" });
  t.match(await looked, { status: 200, body: { id: queued.id, state: "queued" } });
  t.match(await probe.finish(), /^HTTP\/1.1 503 [\s\S]*"running":false/);
  t.same(await ended, ORDERLY);
});

/** A request whose last line is still to come: its connection is not idle, so a stop waits for it. */
async function beginRequest(t: Test, url: string, path: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  await new Promise<void>((resolve) =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${AUTHORIZATION}\r\n`, () =>
      resolve(),
    ),
  );
  return {
    async finish(): Promise<string> {
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.write("\r\n");
      await closed;
      return answer;
    },
  };
}

t.test("it stops also while Redis is away", async (t) => {
  const { redis, api, startWorker } = await startShared(t, { SHUTDOWN_GRACE: "1" });
  const worker = await startWorker();
  const id = await api.submit("/v1/test/grind", { seconds: 30 });
  await until("it runs", async () => (await api.job(id)).state === "active");
  await redis.stop();
  t.same(await Promise.all([api.end("SIGTERM"), worker.end("SIGTERM")]), [ORDERLY, ORDERLY]);
});

t.test("it stops also while it waits for Redis to start", async (t) => {
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: `${workplace.folder}/nobody.sock` };
  for (const command of ["api", "worker"]) {
    const started = spawnMain(t, workplace, [command], env);
    await until("it has tried", () => started.stderr().includes("Redis is away"));
    t.same(await started.end("SIGTERM"), ORDERLY);
  }
});
