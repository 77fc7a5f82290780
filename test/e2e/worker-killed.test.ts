// kill -9 of workers: what was accepted is finished, unless it costs too many workers their lives.
import t from "tap";
import { makeWorkplace, startProcess, until } from "../processes.js";
import { startRedis } from "../redis-server.js";

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

t.test("a job that its worker does not survive more than LOST_RETRIES times fails, and says so", async (t) => {
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
});
