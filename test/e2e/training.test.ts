// A training in a real worker: what it shows while it runs, and that one which begins again gives the same model.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { openEvents } from "../http/event-source.js";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import type { Json } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const MODELS = "/v1/rnn/models";
const SETTINGS = { hiddenDim: 64, seed: 3, alpha: 0.05 };
/** How long the trainings take on this machine, about: long enough to be stopped in the middle. */
const SECONDS = 2;

const redis = await startRedis(t, { appendonly: true });
const workplace = await makeWorkplace(t);
const env = { REDIS_URL: redis.path, RECOVERY: "2" };
const [api, first] = await Promise.all([
  startProcess(t, workplace, "api", { env }),
  startProcess(t, workplace, "worker", { env }),
]);
const weightsOf = (id: string) => readFileSync(join(workplace.dataDir, "made", id));
/** The job once its training has come some way. */
const inTheMiddle = (id: string): Promise<Json> =>
  until("it trains", async () => {
    const job = await api.job(id);
    return job.state === "active" && job.progress?.detail.iteration > 0 && job;
  });

const trial = await api.ended(await api.submit(MODELS, { ...SETTINGS, iterations: 4000 }));
const iterations = Math.ceil((4000 / trial.result.seconds) * SECONDS);
const training = { ...SETTINGS, iterations };
const undisturbed = await api.ended(await api.submit(MODELS, training));

t.test(
  "it shows iteration, error and accuracy while it runs; canceled and retried, the same model",
  async (t) => {
    const id = await api.submit(MODELS, training);
    const source = await openEvents(t, api.url, `/v1/jobs/${id}/events`);
    const { progress } = await inTheMiddle(id);
    const { iteration } = progress.detail;
    t.match(progress, { stage: "training", done: iteration, total: iterations, unit: "iterations" });
    t.ok(progress.fraction > 0 && progress.fraction < 1, `${progress.fraction}`);
    await until("it is told again", () =>
      source.events.some(({ type, job }) => type === "progress" && job.progress.detail.iteration > iteration),
    );
    t.equal((await api.post(`/v1/jobs/${id}/cancel`)).status, 202);
    await source.ended;
    const details: Json[] = source.events
      .filter(({ type }) => type === "progress")
      .map(({ job }) => job.progress.detail);
    t.ok(details.length >= 2, `${details.length} times`);
    t.ok(
      details.every((detail, at) => detail.iteration > (details[at - 1]?.iteration ?? -1)),
      `it goes on: ${details.map((detail) => detail.iteration)}`,
    );
    for (const { iteration, error, accuracy } of details) {
      t.ok(Number.isInteger(iteration) && iteration <= iterations);
      // of 8 bits, each off by less than 1
      t.ok(error > 0 && error < 8, `error ${error}`);
      t.ok(accuracy >= 0 && accuracy <= 1, `accuracy ${accuracy}`);
    }

    t.equal((await api.post(`/v1/jobs/${id}/retry`)).status, 202);
    const again = await api.ended(id);
    t.match(again, { state: "completed", attempts: 2 });
    t.same(again.result.errors, undisturbed.result.errors);
    t.ok(weightsOf(id).equals(weightsOf(undisturbed.id)), "byte for byte");
  },
);

t.test("in the middle of it its worker is killed: the next one gives the same model", async (t) => {
  const id = await api.submit(MODELS, { ...training, name: "survivor" });
  await inTheMiddle(id);
  t.same(await first.end("SIGKILL"), { code: null, signal: "SIGKILL" });
  t.equal((await api.request(`${MODELS}/survivor`)).status, 404, "it is no model yet");
  await startProcess(t, workplace, "worker", { env });
  t.match(await api.ended(id), { state: "completed", attempts: 2 });
  t.ok(weightsOf(id).equals(weightsOf(undisturbed.id)), "byte for byte");
  const [one, other] = await Promise.all([
    api.request(`${MODELS}/survivor/weights`),
    api.request(`${MODELS}/${undisturbed.id}/weights`),
  ]);
  t.same(one.body, other.body);
});
