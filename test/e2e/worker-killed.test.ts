// Workers that are killed or stopped dead: what was accepted is finished, unless it costs too many workers their lives.
import t from "tap";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

t.test("a job survives three killed workers", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path, RECOVERY: "2" };
  const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
  const api = await start("api");
  const id = await api.submit("/v1/test/grind", { seconds: 2, value: "survived" });
  for (let attempt = 1; attempt <= 3; attempt++) {
    const worker = await start("worker");
    await until(`attempt ${attempt} runs`, async () => (await api.job(id)).attempts === attempt);
    t.match(await api.job(id), { state: "active", attempts: attempt });
    t.same(await worker.end("SIGKILL"), { code: null, signal: "SIGKILL" });
  }
  await start("worker");
  t.match(await api.ended(id), { state: "completed", result: "survived", attempts: 4, error: null });
});

t.test(
  "a job that its worker does not survive more than LOST_RETRIES times fails, and says so",
  async (t) => {
    const redis = await startRedis(t, { appendonly: true });
    const workplace = await makeWorkplace(t);
    const env = { REDIS_URL: redis.path, RECOVERY: "2", LOST_RETRIES: "1" };
    const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
    const api = await start("api");
    const id = await api.submit("/v1/test/grind", { value: "never" });
    for (let attempt = 1; attempt <= 2; attempt++) {
      const worker = await start("worker");
      await until(`attempt ${attempt} runs`, async () => (await api.job(id)).attempts === attempt);
      await worker.end("SIGKILL");
    }
    await start("worker");
    t.match(await api.ended(id), {
      state: "failed",
      attempts: 2,
      error: {
        type: "urn:abacus:problem:worker-lost",
        status: 500,
        detail: "the worker that ran it crashed 2 times; LOST_RETRIES is 1",
      },
    });
    // the lane goes on
    const next = await api.submit("/v1/test/grind", { seconds: 0, value: "next" });
    t.match(await api.ended(next), { state: "completed", result: "next" });
  },
);

t.test("a job of a killed worker runs again in another one within RECOVERY", async (t) => {
  const recovery = 4;
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path, RECOVERY: String(recovery) };
  const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
  const [api, first] = await Promise.all([start("api"), start("worker")]);
  const id = await api.submit("/v1/test/grind", { seconds: 6, value: "again" });
  await until("it runs", async () => (await api.job(id)).state === "active");
  await start("worker");
  const killed = Date.now();
  await first.end("SIGKILL");
  const { attempts, startedAt, result } = await api.ended(id);
  t.same({ attempts, result }, { attempts: 2, result: "again" });
  const took = Date.parse(startedAt) - killed;
  t.ok(took < recovery * 1000, `it runs again after ${took} ms`);
});

t.test(
  "a worker that stands still loses its job to another, and is of use again when it goes on",
  async (t) => {
    const redis = await startRedis(t, { appendonly: true });
    const workplace = await makeWorkplace(t);
    const env = { REDIS_URL: redis.path, RECOVERY: "2" };
    const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
    const [api, first] = await Promise.all([start("api"), start("worker")]);
    const id = await api.submit("/v1/test/grind", { seconds: 1.5, value: "once" });
    await until("it runs", async () => (await api.job(id)).state === "active");
    first.signal("SIGSTOP");
    const second = await start("worker");
    const ended = await api.ended(id);
    t.match(ended, { state: "completed", result: "once", attempts: 2 });
    await second.end("SIGTERM");
    first.signal("SIGCONT");
    const next = await api.submit("/v1/test/grind", { seconds: 0, value: "next" });
    t.match(await api.ended(next), { state: "completed", result: "next", attempts: 1 });
    t.same(await api.job(id), ended, "what it had computed itself changes nothing");
  },
);
