// Tasks that loop for ever, exhaust their memory, throw or take too long: each harms its own job alone.
import t, { type Test } from "tap";
import { type ServiceProcess, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

/** A running job is promised to stop within this; milliseconds. */
const STOP_TIME = 1000;
/** Then a new thread has to start, which takes longer for one that is niced, if the machine has other work. */
const THREAD_START = { "/v1/test/spin": 1000, "/v1/test/grind": 5000 };

/** Requests go to `api`, threads are in `worker`. */
async function startShared(t: Test, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const options = { env: { REDIS_URL: redis.path, ...env }, fixtures: true };
  const [api] = await Promise.all([
    startProcess(t, workplace, "api", options),
    startProcess(t, workplace, "worker", options),
  ]);
  return api;
}

const isSpinning = (api: ServiceProcess, id: string) =>
  until("its thread is busy", async () => (await api.job(id)).progress?.stage === "spinning");

t.test("an endless task is canceled within a second, its thread replaced, the lane goes on", async (t) => {
  const api = await startShared(t);
  for (const path of ["/v1/test/spin", "/v1/test/grind", "/v1/test/spin", "/v1/test/grind"] as const) {
    const endless = await api.submit(path, {});
    await isSpinning(api, endless);
    const next = await api.submit(path, { seconds: 0, value: "next" });
    const waiting = api.ended(endless);
    const { status, body } = await api.post(`/v1/jobs/${endless}/cancel`);
    t.equal(status, 202);
    t.match(body, { state: "canceled", result: null, error: null });
    t.match(await waiting, { state: "canceled" });
    const after = await api.ended(next);
    t.match(after, { state: "completed", result: "next", attempts: 1 });
    const took = Date.parse(after.finishedAt) - Date.parse(body.finishedAt);
    t.ok(took < STOP_TIME + THREAD_START[path], `the only thread of the lane is free again (${took} ms)`);
    t.equal((await api.post(`/v1/jobs/${endless}/cancel`)).status, 409);
  }
});

t.test("an endless task is deleted as quickly, and nobody sees it any more", async (t) => {
  const api = await startShared(t);
  const endless = await api.submit("/v1/test/grind", {});
  await isSpinning(api, endless);
  const next = await api.submit("/v1/test/grind", { seconds: 0, value: "next" });
  const path = `/v1/jobs/${endless}`;
  const waiting = api.request(path, { headers: { prefer: "wait=30" } });
  t.equal((await api.request(path, { method: "DELETE" })).status, 204);
  t.equal((await waiting).status, 404);
  t.match(await api.ended(next), { state: "completed", result: "next" });
  t.equal((await api.request(path)).status, 404);
  t.equal((await api.request(path, { method: "DELETE" })).status, 404);
});

t.test("running out of memory and throwing fail the job alone", async (t) => {
  const api = await startShared(t, { THREADS: "4", THREAD_MEMORY: String(32 * 1024 * 1024) });
  const neighbour = await api.submit("/v1/test/spin", { seconds: 3, value: "undisturbed" });
  await isSpinning(api, neighbour);
  const hoard = await api.submit("/v1/test/hoard", {});
  t.match(await api.ended(hoard), {
    state: "failed",
    attempts: 1,
    error: {
      type: "urn:abacus:problem:out-of-memory",
      title: "The job needs more memory than a thread has",
      status: 500,
      detail: "a thread reached its limit of memory (THREAD_MEMORY)",
    },
  });
  const defect = await api.submit("/v1/test/fail", {});
  t.match(await api.ended(defect), {
    state: "failed",
    attempts: 1,
    error: { type: "urn:abacus:problem:internal-error", status: 500, detail: "a defect of the task" },
  });
  const mistake = await api.submit("/v1/test/fail", { value: 1 });
  t.match(await api.ended(mistake), {
    state: "failed",
    attempts: 1,
    error: { status: 422, errors: [{ path: "/value", message: "was refused by the task" }] },
  });
  t.match(await api.ended(neighbour), { state: "completed", result: "undisturbed", attempts: 1 });
  const after = await api.submit("/v1/test/echo", { value: "after" });
  t.match(await api.ended(after), { state: "completed", result: "after" });
});

t.test("a job that runs longer than JOB_TIMEOUT fails, those behind it do not", async (t) => {
  const api = await startShared(t, { JOB_TIMEOUT: "1" });
  const endless = await api.submit("/v1/test/spin", {});
  await isSpinning(api, endless);
  const behind = await api.submit("/v1/test/echo", { value: "behind" });
  t.match(await api.ended(endless), {
    state: "failed",
    attempts: 1,
    error: {
      type: "urn:abacus:problem:timed-out",
      status: 500,
      detail: "it ran for more than 1 s (JOB_TIMEOUT)",
    },
  });
  t.match(await api.ended(behind), { state: "completed", result: "behind", attempts: 1 });
  // that one came later; these wait for the thread as long as the endless one has it
  const endlessToo = await api.submit("/v1/test/spin", {});
  const waiting = await Promise.all(["a", "b"].map((value) => api.submit("/v1/test/echo", { value })));
  t.match(await api.ended(endlessToo), { state: "failed" });
  for (const id of waiting) t.match(await api.ended(id), { state: "completed" });
});
