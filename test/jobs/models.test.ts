// Models: a finished training is at once one that additions take, by id or by name, for its account alone.
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { INLINE_BYTES: "1000" },
});
const wait = { prefer: "wait=30" };
const train = (input: object, headers: Record<string, string> = wait) =>
  service.post("/v1/rnn/models", input, headers);
const add = (input: object, headers: Record<string, string> = wait) =>
  service.post("/v1/rnn/additions", input, headers);

t.test("by id and by name", async (t) => {
  const { body } = await train({ name: "mine", seed: 1 });
  t.equal(body.state, "completed");
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

t.test("a named model outlives its job, an unnamed one goes with it", async (t) => {
  const named = await train({ name: "kept", iterations: 10 });
  const unnamed = await train({ iterations: 10 });
  for (const { body } of [named, unnamed])
    t.equal((await service.request(body.links.self, { method: "DELETE" })).status, 204);
  t.equal((await add({ a: 1, b: 1, model: "kept" })).body.state, "completed");
  t.equal((await add({ a: 1, b: 1, model: unnamed.body.id })).status, 404);
});
