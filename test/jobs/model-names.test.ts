// A model's name is one training's: of several that ask for it at once one gets it, and nothing of the others stays.
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { env: { ACCOUNT_JOBS: "20" } });
const other = await startTestService(t, {
  beside: service,
  roles: { http: true, work: false },
  env: { ACCOUNT_JOBS: "20" },
});
const redis = service.redis.connect();
const ROUNDS = 5;
const TAKEN = { status: 409, body: { type: "urn:abacus:problem:name-taken" } };
const NAMES = "{abacus}:model-names:admin";

type Answer = { status: number; body: Json };
/** A training that waits for a minute. */
const reserve = (name: string, front = service, headers: Record<string, string> = {}): Promise<Answer> =>
  front.post("/v1/rnn/models?delay=60", { name, iterations: 1 }, headers);
const call = (id: string, action: "cancel" | "retry"): Promise<Answer> =>
  service.post(`/v1/jobs/${id}/${action}`, {});
const remove = (id: string) => service.request(`/v1/jobs/${id}`, { method: "DELETE" });

/** Of these answers one is 202, and the others say that the name is taken. Returns the one. */
function oneOf(t: Test, answers: Answer[]): Json {
  const accepted = answers.filter(({ status }) => status === 202);
  t.equal(accepted.length, 1, answers.map(({ status }) => status).join(" "));
  for (const answer of answers) if (!accepted.includes(answer)) t.match(answer, TAKEN);
  return accepted[0]!.body;
}

/** Keys that belong to jobs and names. */
async function keys(): Promise<string[]> {
  const all = await redis.keys("*");
  return all.filter((key) => /:(jobs?|outstanding|scheduled|expiry|model-names):?/.test(key)).sort();
}

t.test("eight submissions at once, to two processes", async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `eight-${round}`;
    const fronts = Array.from({ length: 8 }, (_, at) => (at % 2 ? service : other));
    const { id } = oneOf(t, await Promise.all(fronts.map((front) => reserve(name, front))));
    t.equal(await redis.hget(NAMES, name), id);
    t.equal((await redis.keys("{abacus}:job:*")).length, 1, "no record of the others");
    t.same(await redis.zrange("{abacus}:outstanding", 0, "-1"), [id]);
    t.equal((await remove(id)).status, 204);
    t.same(await keys(), [], "nor anything else");
  }
});

t.test("a retry and a new training at once", async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `again-${round}`;
    const { body: first } = await reserve(name);
    t.equal((await call(first.id, "cancel")).status, 202);
    const answers = await Promise.all([reserve(name, other), call(first.id, "retry"), reserve(name)]);
    const { id } = oneOf(t, answers);
    t.equal(await redis.hget(NAMES, name), id);
    const state = await redis.hget(`{abacus}:job:${first.id}`, "state");
    t.equal(state === "canceled", id !== first.id, "one that is refused stays as it was");
    for (const one of new Set([id, first.id])) await remove(one);
  }
  await until("what ran is forgotten", async () => (await keys()).length === 0);
});

t.test("requests with one Idempotency-Key are one training", async (t) => {
  const key = { "idempotency-key": "one training" };
  const answers = await Promise.all([1, 2, 3].map((at) => reserve("once", at % 2 ? service : other, key)));
  const ids = new Set(answers.map(({ body }) => body.id));
  t.same(
    answers.map(({ status }) => status),
    [202, 202, 202],
  );
  t.equal(ids.size, 1);
  t.match(await reserve("once"), TAKEN);
  for (const id of ids) await remove(id);
});

t.test("a name is free when its training was canceled or deleted, before it runs or after", async (t) => {
  for (const query of ["?delay=60", ""])
    for (const end of [(id: string) => call(id, "cancel"), remove]) {
      const training = { name: "free", iterations: 10_000_000 };
      const { status, body } = await service.post(`/v1/rnn/models${query}`, training);
      t.equal(status, 202);
      const state = query ? "queued" : "active";
      await until(state, async () => (await redis.hget(`{abacus}:job:${body.id}`, "state")) === state);
      t.match(await reserve("free"), TAKEN);
      await end(body.id);
      t.equal(await redis.hexists(NAMES, "free"), 0);
    }
});

t.test("no room: the name stays free", async (t) => {
  await createAccounts(redis).add("full", "full's own password");
  const headers = {
    authorization: `Basic ${Buffer.from("full:full's own password").toString("base64")}`,
  };
  const ids: string[] = [];
  while (ids.length < 20) ids.push((await reserve(`full-${ids.length}`, service, headers)).body.id);
  const key = { ...headers, "idempotency-key": "no room" };
  for (const more of [headers, key]) t.equal((await reserve("mine", service, more)).status, 429);
  t.equal(await redis.hexists("{abacus}:model-names:full", "mine"), 0);
  await service.request(`/v1/jobs/${ids[0]}`, { method: "DELETE", headers });
  t.equal((await reserve("mine", service, headers)).status, 202);
});
