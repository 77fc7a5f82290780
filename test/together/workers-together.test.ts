// Several workers on one Redis: they share the jobs, and each leaves to the others what it does not know.
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import type { Lane } from "../../src/jobs/lanes.js";
import { bullKey } from "../../src/redis/keys.js";
import { type StartOptions, startProcess, type TestProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const WITH_NEWER_ECHO = fileURLToPath(new URL("./process-with-newer-echo.js", import.meta.url));

/** Starts processes on one Redis: an `api` that knows the tests' job types, and workers. */
async function startShared(t: Test) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const start = (command: "api" | "worker", fixtures: NonNullable<StartOptions["fixtures"]>) =>
    startProcess(t, workplace, command, { env: { REDIS_URL: redis.path }, fixtures });
  const connection = redis.connect();
  return {
    api: await start("api", true),
    /** Until a worker has taken a lane's job and found that it does not know it. */
    leftToOthers: (lane: Lane) =>
      until(
        `a job of ${lane} is left to others`,
        async () => (await connection.zcard(bullKey(lane, "delayed"))) === 1,
      ),
    startWorker: (fixtures: NonNullable<StartOptions["fixtures"]> = true) => start("worker", fixtures),
  };
}

/** Which jobs a worker has computed, as its log says. */
function computedBy(worker: TestProcess): string[] {
  const lines = worker.stderr().split("\n").slice(0, -1);
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ msg, state }) => msg === "job ended" && state === "completed")
    .map(({ job }) => job);
}

t.test("jobs spread over the workers, each is computed once", async (t) => {
  const { api, startWorker } = await startShared(t);
  const workers = await Promise.all([startWorker(), startWorker()]);
  const ids = await Promise.all(
    Array.from({ length: 8 }, (_, value) => api.submit("/v1/test/grind", { seconds: 0.2, value })),
  );
  const jobs = await Promise.all(ids.map((id) => api.ended(id)));
  t.same(
    jobs.map(({ result, attempts }) => [result, attempts]),
    ids.map((_, i) => [i, 1]),
  );
  const computed = () => workers.map(computedBy);
  await until("their logs are written", () => computed().flat().length >= ids.length);
  t.same(computed().flat().sort(), ids.sort());
  for (const share of computed()) t.ok(share.length > 0, `a worker computed ${share.length} of them`);
});

t.test("a worker that does not know a job's type leaves it to one that does", async (t) => {
  const { api, startWorker, leftToOthers } = await startShared(t);
  const plain = await startWorker(false);
  const ids = await Promise.all(
    ["/v1/test/echo", "/v1/test/grind"].map((path) => api.submit(path, { seconds: 0, value: "known" })),
  );
  await leftToOthers("interactive");
  await leftToOthers("batch");
  const sum = await api.submit("/v1/rnn/additions", { a: 5, b: 7 });
  t.match(await api.ended(sum), { result: { sum: 12 } });
  for (const id of ids) t.match(await api.job(id), { state: "queued", attempts: 0, error: null });
  const knowing = await startWorker();
  for (const id of ids) t.match(await api.ended(id), { state: "completed", result: "known", attempts: 1 });
  await until("the logs are written", () => computedBy(knowing).length >= 2);
  t.same(computedBy(knowing).sort(), ids.sort());
  t.same(computedBy(plain), [sum]);
});

t.test("a worker that does not know a job's version leaves it to one that does", async (t) => {
  const { api, startWorker, leftToOthers } = await startShared(t);
  const newer = await startWorker(WITH_NEWER_ECHO);
  const id = await api.submit("/v1/test/echo", { value: "as it always was" });
  await leftToOthers("interactive");
  const spin = await api.submit("/v1/test/spin", { seconds: 0 });
  t.match(await api.ended(spin), { state: "completed" });
  t.match(await api.job(id), { state: "queued", attempts: 0 });
  await startWorker();
  t.match(await api.ended(id), { state: "completed", result: "as it always was", attempts: 1 });
  t.same(computedBy(newer), [spin]);
});
