// Models: a finished training is at once one that additions take, by id or by name, for its account alone.
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { FileStore } from "../../src/files/file-store.js";
import { startSweeper } from "../../src/jobs/sweeper.js";
import { createModels } from "../../src/models/models.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, startTestService, type TestService } from "../service.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { INLINE_BYTES: "1000" },
});
const wait = { prefer: "wait=30" };
const train = (input: object, headers: Record<string, string> = wait) =>
  service.post("/v1/rnn/models", input, headers);
const add = (input: object, headers: Record<string, string> = wait) =>
  service.post("/v1/rnn/additions", input, headers);

/** The ids of the first page of models. */
async function listed({ request }: TestService): Promise<string[]> {
  const { models } = (await (await request("/v1/rnn/models?limit=100")).json()) as Json;
  return models.map(({ id }: Json) => id);
}

t.test("by id and by name", async (t) => {
  const { body } = await train({ name: "mine", seed: 1 });
  t.equal(body.state, "completed");
  const detail = { iteration: 10_000, error: Number, accuracy: Number };
  t.match(body.progress, { stage: "training", done: 10_000, fraction: 1, detail }, "also of a short one");
  t.equal(body.result.model.id, body.id);
  for (const model of ["mine", body.id]) {
    const sum = await add({ a: 100, b: 27, model });
    t.match(sum.body, { state: "completed", result: { predicted: 127, correct: true, model: body.id } });
  }
});

t.test("a model of another account, or of nobody, does not exist", async (t) => {
  await createAccounts(service.redis.connect()).add("ann", "ann's own password");
  const authorization = `Basic ${Buffer.from("ann:ann's own password").toString("base64")}`;
  const { body } = await train({ name: "secret", iterations: 10 });
  for (const model of ["secret", body.id, "none"]) {
    const answer = await add({ a: 1, b: 1, model }, { ...wait, authorization });
    t.equal(answer.status, 404);
    t.equal(answer.body.type, "urn:abacus:problem:unknown-model");
    t.match(answer.body.detail, model);
  }
  t.equal(
    (await train({ name: "secret", iterations: 10 }, { ...wait, authorization })).status,
    200,
    "her own name",
  );
  const models = createModels(service.redis.connect(), await FileStore.open(service.dataDir, false));
  t.equal(await models.remove("ann", body.id), false);
  t.equal((await add({ a: 1, b: 1, model: body.id })).status, 200, "is not removed either");
});

t.test("a sum beyond the model is refused before anything is accepted", async (t) => {
  await train({ name: "small", binaryDim: 4, iterations: 10 });
  const { status, body } = await add({
    pairs: [
      [1, 2],
      [8, 8],
    ],
    model: "small",
  });
  t.equal(status, 422);
  t.equal(body.errors[0].path, "/pairs/1");
});

t.test("a name in use is 409; one whose training failed or was canceled is free again", async (t) => {
  const taken = await train({ name: "mine" });
  t.equal(taken.status, 409);
  t.equal(taken.body.type, "urn:abacus:problem:name-taken");

  const long = await train({ name: "later", iterations: 10_000_000 }, {});
  t.equal(long.status, 202);
  t.equal((await train({ name: "later" })).status, 409, "reserved at submission");
  t.equal((await service.request(long.body.links.cancel, { method: "POST" })).status, 202);
  t.equal((await train({ name: "later", iterations: 10 })).body.state, "completed");
});

t.test("a large body's model and name are resolved by the worker", async (t) => {
  const padding = " ".repeat(1001);
  const trained = await service.post("/v1/rnn/models", `{"name":"big","iterations":10000}${padding}`, wait);
  t.equal(trained.body.state, "completed");
  const sum = await service.post("/v1/rnn/additions", `{"a":5,"b":7,"model":"big"}${padding}`, wait);
  t.match(sum.body.result, { predicted: 12, model: trained.body.id });
  const twice = await service.post("/v1/rnn/models", `{"name":"big","iterations":10}${padding}`, wait);
  t.match(twice.body, { state: "failed", error: { status: 409, type: "urn:abacus:problem:name-taken" } });
  t.match(
    (await add({ a: 1, b: 1, model: "big" })).body.result,
    { model: trained.body.id },
    "the first keeps it",
  );
  const none = await service.post("/v1/rnn/additions", `{"a":5,"b":7,"model":"none"}${padding}`, wait);
  t.match(none.body, { state: "failed", error: { status: 404, type: "urn:abacus:problem:unknown-model" } });
});

t.test("a large body's pair beyond the model is the job's error, which names it", async (t) => {
  await train({ name: "narrow", binaryDim: 4, iterations: 10 });
  const pairs = Array.from({ length: 200 }, () => [1, 2]);
  pairs[150] = [8, 8];
  const { status, body } = await add({ pairs, model: "narrow" });
  t.equal(status, 200, "the status speaks of the request");
  t.match(body, {
    state: "failed",
    error: { status: 422, type: "urn:abacus:problem:impossible-value", errors: [{ path: "/pairs/150" }] },
  });
  t.match(body.error.errors[0].message, /adds up to 16: .* its sums are below 2\^4 = 16$/);
});

t.test("a model that is deleted before its additions begin", async (t) => {
  const later = { name: "later-gone", iterations: 10 };
  const { body: training } = await train(later);
  const waiting: string[] = [];
  for (const body of [
    '{"a":1,"b":1,"model":"later-gone"}',
    `{"a":1,"b":1,"model":"later-gone"}${" ".repeat(1001)}`, // resolved by the worker alone
    `{"a":1,"b":1,"model":"${training.id}"}`,
  ]) {
    const { status, body: job } = await service.post("/v1/rnn/additions?delay=1", body);
    t.equal(status, 202);
    waiting.push(job.id);
  }
  t.equal((await service.request("/v1/rnn/models/later-gone", { method: "DELETE" })).status, 204);
  const { body: next } = await train(later);
  const [byName, stored, byId] = await Promise.all(waiting.map((id) => service.ended(id)));
  for (const job of [byName, byId]) {
    t.match(job, { state: "failed", error: { status: 404, type: "urn:abacus:problem:unknown-model" } });
    t.match(job.error.detail, training.id, "the model that was there when they were accepted");
  }
  t.match(stored, { state: "completed", result: { model: next.id } });

  // between the look at its record and the reading of its weights
  const { body: unread } = await train({ name: "unread", iterations: 10 });
  await rm(join(service.dataDir, "made", unread.id));
  t.match((await add({ a: 1, b: 1, model: "unread" })).body.error, {
    status: 404,
    type: "urn:abacus:problem:unknown-model",
    detail: `the model ${unread.id} was deleted in the meantime`,
  });
});

t.test("a named model outlives its job, an unnamed one goes with it", async (t) => {
  const named = await train({ name: "kept", iterations: 10 });
  const unnamed = await train({ iterations: 10 });
  for (const { body } of [named, unnamed])
    t.equal((await service.request(body.links.self, { method: "DELETE" })).status, 204);
  t.equal((await add({ a: 1, b: 1, model: "kept" })).body.state, "completed");
  t.equal((await add({ a: 1, b: 1, model: unnamed.body.id })).status, 404);
  const ids = await listed(service);
  t.ok(ids.includes(named.body.id));
  t.notOk(ids.includes(unnamed.body.id));
  t.equal((await train({ name: "kept" })).status, 409, "and keeps its name");
  t.equal((await service.request("/v1/rnn/models/kept", { method: "DELETE" })).status, 204);
  t.notOk(existsSync(join(service.dataDir, "made", named.body.id)));
  t.notOk((await listed(service)).includes(named.body.id));
  t.equal((await train({ name: "kept", iterations: 10 })).body.state, "completed");
});

t.test("when the job has expired", async (t) => {
  const brief = await startTestService(t, { env: { RETENTION: "2", SWEEP_INTERVAL: "3600" } });
  const redis = brief.redis.connect();
  const files = await FileStore.open(brief.dataDir, false);
  const sweeper = startSweeper({ redis, files, logger: pino({ level: "silent" }), interval: 3600 });
  t.teardown(() => sweeper.stop());
  const post = async (input: object) => (await brief.post("/v1/rnn/models", input, wait)).body;
  const named = await post({ name: "kept", iterations: 10 });
  const unnamed = await post({ iterations: 10 });
  // a round of a sweeper whose clock is ahead of Redis's: more than it looks at together
  for (const entry of await redis.zrange("{abacus}:expiry", 0, "-1")) {
    const others = Array.from({ length: 150 }, (_, at) => ["1", entry.replace("rnn.train", `type ${at}`)]);
    await redis.zadd("{abacus}:expiry", "1", entry, ...others.flat());
  }
  await sweeper.sweep();
  t.same(await listed(brief), [unnamed.id, named.id, "default"]);
  await sleep(Date.parse(unnamed.expiresAt) - Date.now() + 5);
  const ids = await listed(brief);
  const { status } = await brief.request(`/v1/rnn/models/${unnamed.id}`);
  t.same([ids, status], [[named.id, "default"], 404], "invisible before it is swept");

  await sweeper.sweep();
  t.equal((await brief.request(named.links.self)).status, 404);
  t.same(await readdir(join(brief.dataDir, "made")), [named.id]);
  t.same(await redis.zrange("{abacus}:models:admin", 0, "-1"), [named.id]);
  for (const reference of ["kept", named.id]) {
    t.match(await (await brief.request(`/v1/rnn/models/${reference}`)).json(), { id: named.id });
    t.equal((await brief.request(`/v1/rnn/models/${reference}/weights`)).status, 200);
  }
  t.equal((await brief.request("/v1/rnn/models/kept", { method: "DELETE" })).status, 204);
  t.same(await readdir(join(brief.dataDir, "made")), []);
  t.same(await redis.keys("{abacus}:model*"), []);
  t.same(await redis.keys("{abacus}:jobs:*"), [], "nor of the jobs");
  t.equal(await redis.exists("{abacus}:expiry"), 0);
});
