// Redis stops and comes back under load: submissions are refused quickly meanwhile, and what was accepted is finished.
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { type Answer, type ServiceProcess, startProcess, untilReady } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

/** A submission is answered within this, whatever Redis does; milliseconds. */
const ANSWER_TIME = 1000;
const CLIENTS = 4;

interface Submission extends Answer {
  /** Milliseconds until the answer. */
  took: number;
}

/** Clients that submit without pause, until `stop`. */
function startLoad(api: ServiceProcess) {
  const submissions: Submission[] = [];
  let over = false;
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    while (!over) {
      const path = client === 0 ? "/v1/test/grind" : "/v1/test/echo";
      const start = performance.now();
      const answer = await api.post(path, { seconds: 0.05, value: submissions.length });
      submissions.push({ ...answer, took: performance.now() - start });
      await sleep(20);
    }
  });
  return {
    submissions,
    accepted: () => submissions.filter(({ status }) => status === 202).length,
    refused: () => submissions.filter(({ status }) => status === 503).length,
    async stop() {
      over = true;
      await Promise.all(clients);
    },
  };
}

t.test("Redis is stopped, hangs, and is killed, one worker with it", async (t) => {
  const redis = await startRedis(t, { appendonly: true, port: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.url, LOG_LEVEL: "error" };
  const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
  const [api, first] = await Promise.all([start("api"), start("worker"), start("worker")]);
  const load = startLoad(api);

  async function outage(begin: () => unknown, end: () => unknown): Promise<void> {
    const before = load.accepted();
    await until("jobs are accepted", () => load.accepted() > before + 20);
    const refused = load.refused();
    await begin();
    await until("submissions are refused", () => load.refused() > refused + 10);
    t.match(await api.request("/healthz"), { status: 200, body: { status: "ok" } });
    t.match(await api.request("/readyz"), { status: 503, body: { checks: { running: true, redis: false } } });
    t.equal((await api.request("/v1/jobs")).status, 503);
    await sleep(1000); // longer than workers' connections need to notice
    await end();
    await untilReady(api);
  }

  await outage(
    async () => {
      await first.end("SIGKILL");
      await redis.stop();
    },
    () => redis.restart(),
  );
  await outage(
    () => redis.pause(),
    () => redis.resume(),
  );
  await outage(
    () => redis.stop("SIGKILL"),
    () => redis.restart(),
  );
  const before = load.accepted();
  await until("jobs are accepted again", () => load.accepted() > before + 20);
  await load.stop();

  const { submissions } = load;
  const refusals = submissions.filter(({ status }) => status === 503);
  t.same(
    submissions.filter(({ status }) => status !== 202 && status !== 503),
    [],
    "each submission is accepted or refused",
  );
  for (const { headers, body } of refusals)
    if (!headers.get("retry-after") || body.type !== "urn:abacus:problem:unavailable")
      t.fail("a refusal says when to come back", { body });
  const longest = Math.max(...submissions.map(({ took }) => took));
  t.ok(longest < ANSWER_TIME, `the slowest of ${submissions.length} answers took ${Math.round(longest)} ms`);

  const accepted = submissions.filter(({ status }) => status === 202);
  const jobs = await Promise.all(accepted.map(({ body }) => api.ended(body.id)));
  t.same(
    jobs.filter(({ state }) => state !== "completed").map(({ id, state, error }) => ({ id, state, error })),
    [],
    `each of ${accepted.length} accepted jobs completes, ${refusals.length} were refused`,
  );
});
