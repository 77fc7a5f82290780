// What a job did, in sentences: its own and those of its states, a page after the other, and only what is kept.
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { type Json, startTestService, type TestService } from "../service.js";
import { until } from "../until.js";
import { openEvents } from "./event-source.js";

const registry = await fixtureRegistry();
const service = await startTestService(t, { registry, env: { THREADS: "1" } });
const redis = service.redis.connect();

async function logOf(id: string, after?: number | string, of: TestService = service): Promise<Json> {
  const response = await of.request(`/v1/jobs/${id}/logs${after === undefined ? "" : `?after=${after}`}`);
  t.equal(response.status, 200);
  return response.json();
}

const messages = ({ logs }: Json): string[] => logs.map(({ message }: Json) => message);

async function submit(path: string, input: object, of: TestService = service): Promise<string> {
  return (await of.post(path, input)).body.id;
}

const isActive = async (id: string, of: TestService = service) =>
  until("the job runs", async () => {
    const { state } = (await (await of.request(`/v1/jobs/${id}`)).json()) as Json;
    return state === "active";
  });

t.test("a job's sentences, and what came after one of them", async (t) => {
  const began = Date.now();
  const id = await submit("/v1/test/grind", { seconds: 1.2 });
  await isActive(id);
  const { logs } = await until("it has said something", async () => {
    const log = await logOf(id);
    return log.logs.length === 3 && log;
  });
  t.strictSame(messages({ logs }), ["Accepted into the batch lane.", "Begun.", "spinning"]);
  t.strictSame(Object.keys(logs[0]), ["number", "time", "message"]);
  t.ok(logs.every(({ time }: Json) => Math.abs(Date.parse(time) - began) < 60_000));
  t.ok(logs.every(({ time }: Json) => time === new Date(time).toISOString()));
  await service.ended(id);
  const whole = await logOf(id);
  t.match(messages(whole), [/./, /./, "spinning", /^Completed after \d+\.\d s\.$/]);
  t.equal(whole.dropped, 0);
  const numbers = whole.logs.map(({ number }: Json) => number);
  t.strictSame(
    numbers,
    numbers.toSorted((a: number, b: number) => a - b),
  );
  for (const [at, number] of numbers.entries())
    t.strictSame(await logOf(id, number), { logs: whole.logs.slice(at + 1), dropped: 0 }, `after ${number}`);
  t.strictSame(await logOf(id, 0), whole);
  t.strictSame(await logOf(id, Number.MAX_SAFE_INTEGER), { logs: [], dropped: 0 });
});

t.test("what is said right before the end is not lost", async (t) => {
  const ids = await Promise.all(Array.from({ length: 100 }, () => submit("/v1/test/grind", { seconds: 0 })));
  for (const id of ids) await service.ended(id, 60);
  const logs = await Promise.all(ids.map((id) => logOf(id)));
  const silent = logs.filter((log) => !messages(log).includes("spinning"));
  t.equal(silent.length, 0);
});

t.test("how it ended", async (t) => {
  const { body: refused } = await service.post("/v1/test/fail", { value: 1 }, { prefer: "wait=30" });
  t.match(messages(await logOf(refused.id)), [
    "Accepted into the interactive lane.",
    "Begun.",
    /^Failed after \d+ ms: \/value was refused by the task\.$/,
  ]);
  const running = await submit("/v1/test/grind", {});
  const waiting = await submit("/v1/test/grind", {});
  await isActive(running);
  for (const id of [waiting, running]) await service.request(`/v1/jobs/${id}/cancel`, { method: "POST" });
  t.equal(messages(await logOf(waiting)).at(-1), "Canceled before it was begun.");
  t.match(messages(await logOf(running)).at(-1), /^Canceled after .*s\.$/);
});

t.test("a job that is tried once more: log and events go on", async (t) => {
  const { body } = await service.post("/v1/test/flaky", { value: "/nowhere" }, { prefer: "wait=30" });
  t.equal(body.state, "failed");
  const { logs } = await logOf(body.id);
  const retried = await service.request(`/v1/jobs/${body.id}/retry`, { method: "POST" });
  t.equal(retried.status, 202);
  await until("it has failed again", async () => ((await service.ended(body.id)) as Json).attempts === 2);
  const after = await logOf(body.id, logs.at(-1).number);
  t.match(messages(after), [
    "Queued again, to be tried once more.",
    "Begun again (attempt 2).",
    /^Failed after \d+ ms: \/value is not there yet\.$/,
  ]);
  t.equal(messages(await logOf(body.id)).filter((message) => message === "Failed.").length, 1);
  const known = { "last-event-id": String(logs.at(-1).number) };
  const events = await openEvents(t, service.url, `/v1/jobs/${body.id}/events`, { headers: known });
  await events.ended;
  t.match(events.events, [{ type: "failed", id: after.logs.at(-1).number }]);
});

t.test("what a file was found to be, and a training", async (t) => {
  const csv = {
    method: "POST",
    headers: { "content-type": "text/csv", prefer: "wait=30" },
    body: "a;b\n1;2\n",
  };
  const described = (await (await service.request("/v1/stats", csv)).json()) as Json;
  t.match(messages(await logOf(described.id)), [
    "Accepted into the interactive lane.",
    "Begun.",
    'Found 8 bytes: utf-8, delimiter ";", line ends "\\n", 2 columns.',
    "Read 1 row in 1 part.",
    /^Completed after /,
  ]);
  const { body } = await service.post("/v1/rnn/models", { iterations: 3 }, { prefer: "wait=30" });
  t.match(messages(await logOf(body.id)), [
    "Accepted into the batch lane.",
    "Begun.",
    /^Training 16 hidden units /,
    /^Trained in /,
    "Of 16384 sums 0.2% are right.",
    /^Completed after /,
  ]);
});

t.test("a worker that stops puts it back; one that was lost is made up for", async (t) => {
  const front = await startTestService(t, { registry, roles: { http: true, work: false } });
  const work = () =>
    startTestService(t, {
      registry,
      beside: front,
      roles: { http: false, work: true },
      env: { THREADS: "1" },
    });
  const first = await work();
  const id = await submit("/v1/test/grind", {}, front);
  await isActive(id, front);
  await first.service.stop(0);
  const putBack = await logOf(id, undefined, front);
  t.equal(messages(putBack).at(-1), "Put back into its lane: its worker stops.");
  await work();
  await isActive(id, front);
  const after = putBack.logs.at(-1).number;
  t.equal(messages(await logOf(id, after, front))[0], "Begun again (attempt 2).");

  // as the record is left by a worker that crashed: begun, and then begun by another
  const other = front.redis.connect();
  await other.hset(`{abacus}:job:${id}`, { attempts: 3, number: 50 });
  await other.xadd(`{abacus}:job:${id}:entries`, "50-0", "state", `${Date.now()} active`);
  const lost = "Begun again (attempt 3): its worker was lost.";
  t.equal(messages(await logOf(id, undefined, front)).at(-1), lost);
  t.strictSame(messages(await logOf(id, 49, front)), [lost], "also when what it followed is known");
  t.ok(messages(await logOf(id, undefined, front)).includes("Begun."));
  t.ok(messages(await logOf(id, undefined, front)).includes("Begun again (attempt 2)."));
  await front.request(`/v1/jobs/${id}`, { method: "DELETE" });
});

t.test("the oldest go, and it is said how many", async (t) => {
  const { body } = await service.post("/v1/test/echo", { value: 1 }, { prefer: "wait=30" });
  const key = `{abacus}:job:${body.id}:entries`;
  await redis.hset(`{abacus}:job:${body.id}`, "number", 1051);
  const entries = redis.pipeline().del(key);
  for (let number = 2; number <= 1050; number++)
    entries.xadd(key, "MAXLEN", 1000, `${number}-0`, "log", `${Date.now()} sentence ${number}`);
  await entries.exec();
  const log = await logOf(body.id);
  t.match(messages(log), ["Accepted into the interactive lane.", "sentence 51", "sentence 52"]);
  t.match(messages(log).slice(-2), ["sentence 1050", /^Completed /]);
  t.equal(log.logs.length, 1002, "what the record says itself never goes");
  const isTold = /redis_version:([7-9]|\d\d)/.test(await redis.info("server"));
  t.equal(log.dropped, isTold ? 49 : 0);
  t.match(messages(await logOf(body.id, 1049)), ["sentence 1050", /^Completed /]);
});

t.test("refusals", async (t) => {
  const { body } = await service.post("/v1/test/echo", { value: 1 }, { prefer: "wait=30" });
  const path = `/v1/jobs/${body.id}/logs`;
  for (const [query, status] of [
    ["?after=x", 400],
    ["?after=-1", 422],
    ["?after=1.5", 422],
    ["?after=9007199254740992", 422],
    ["?before=1", 400],
  ] as const)
    t.equal((await service.request(path + query)).status, status, query);
  t.equal((await service.request(path, { method: "HEAD" })).status, 200);
  for (const id of ["01kf0e9r4b6m2x8c5v7n1q3w0t", "nothing"])
    t.equal((await service.request(`/v1/jobs/${id}/logs`)).status, 404, id);
  await service.request(`/v1/jobs/${body.id}`, { method: "DELETE" });
  t.equal((await service.request(path)).status, 404, "after it was deleted");
});
