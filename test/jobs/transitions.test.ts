// The transitions of a job's record: the first ending stands, and nothing is left of what is gone.
import t from "tap";
import { documentOf, summaryOf } from "../../src/http/job-document.js";
import { newId } from "../../src/jobs/id.js";
import { FIELDS, type JobIdentity, readRecord } from "../../src/jobs/record.js";
import { type Ending, transitions } from "../../src/jobs/transitions.js";
import { startRedis } from "../redis-server.js";

const redis = await startRedis(t);
const connection = redis.connect();
const steps = transitions(connection);

function identity(more: Partial<JobIdentity> = {}): JobIdentity {
  const base = { account: "ann", type: "test.echo", lane: "interactive", label: null, madeName: "" };
  return { ...base, id: newId(), createdAt: Date.now(), ...more };
}

async function entered(more: Partial<JobIdentity> = {}, ttl = 60_000): Promise<JobIdentity> {
  const job = identity(more);
  const { account, type, lane, createdAt, label, madeName } = job;
  const fields = {
    account,
    type,
    lane,
    createdAt,
    madeName,
    ttl,
    input: "{}",
    ...(label !== null && { label }),
  };
  await steps.enter(job, 5, fields);
  return job;
}

const nameHolder = (name: string) => connection.hget("{abacus}:model-names:ann", name);

const read = async (id: string) => readRecord(id, FIELDS, await steps.find(id, FIELDS));

t.test("of many endings at once exactly one stands, and all others are told which", async (t) => {
  const endings: Ending[] = [
    { state: "completed", result: "1", resultBytes: 1 },
    { state: "failed", error: "{}" },
    { state: "canceled" },
  ];
  for (let round = 0; round < 50; round++) {
    const job = await entered();
    await steps.start(job, { startedAt: Date.now(), turn: 1, crashes: 0 });
    const answers = await Promise.all(
      [...endings, ...endings].map((ending) => steps.finish(job, ending, Date.now())),
    );
    t.equal(answers.filter(({ stands }) => stands === "finished").length, 1);
    const record = await read(job.id);
    for (const { stands } of answers) if (stands !== "finished") t.equal(stands, record?.state);
  }
});

t.test("a job that has ended does not start again, and one that is unknown never", async (t) => {
  const job = await entered();
  t.equal(await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 }), "started");
  t.equal(
    await steps.start(job, { startedAt: 2, turn: 1, crashes: 0 }),
    "started",
    "its worker was lost: it starts again",
  );
  t.equal((await read(job.id))?.attempts, 2);
  await steps.finish(job, { state: "canceled" }, Date.now());
  t.equal(await steps.start(job, { startedAt: 3, turn: 1, crashes: 0 }), "canceled");
  t.equal(await steps.report(job.id, '{"fraction":1}', ["too late"]), 0);
  t.equal(await steps.start(identity(), { startedAt: 4, turn: 1, crashes: 0 }), "missing");
});

t.test("a job that was put back waits again", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  await steps.report(job.id, '{"fraction":0.5}', []);
  t.equal(await steps.putBack(job), 1);
  t.match(await read(job.id), { state: "queued", startedAt: null, progress: "null", attempts: 1 });
  await steps.finish(job, { state: "canceled" }, Date.now());
  t.equal(await steps.putBack(job), 0, "not when it has ended");
});

t.test("every change takes a number and a time, and progress and sentences are in the record", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  await steps.report(job.id, '{"fraction":0.25}', ["read 10 rows", "read 20 rows"]);
  const record = await read(job.id);
  t.match(record, { number: 5, progress: '{"fraction":0.25}', state: "active" });
  const entries = await connection.xrange(`{abacus}:job:${job.id}:entries`, "-", "+");
  const untimed = entries.map(([number, [kind, value]]) => [number, [kind, value?.replace(/^\d{13} /, "")]]);
  t.ok(
    entries.every(([, [, value]]) => Math.abs(Number.parseInt(value as string, 10) - Date.now()) < 60_000),
  );
  t.same(untimed, [
    ["2-0", ["state", "active"]],
    ["4-0", ["log", "read 10 rows"]],
    ["5-0", ["log", "read 20 rows"]],
  ]);
});

t.test("the record of a job that talks without end is bounded", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  const sentences = Array.from({ length: 1500 }, (_, i) => `sentence ${i}`);
  await steps.report(job.id, undefined, sentences);
  t.equal(await connection.xlen(`{abacus}:job:${job.id}:entries`), 1000);
});

t.test("an outcome expires to the millisecond, with its entries", async (t) => {
  const job = await entered({}, 500);
  await steps.finish(job, { state: "canceled" }, Date.now());
  t.equal((await read(job.id))?.state, "canceled");
  await new Promise((resolve) => setTimeout(resolve, 530));
  t.equal(await read(job.id), undefined);
  t.equal(await connection.exists(`{abacus}:job:${job.id}:entries`), 0);
});

t.test("an outcome of a failed or canceled job keeps what a retry needs", async (t) => {
  const job = await entered();
  await connection.hset(`{abacus}:interactive:${job.id}`, "data", '{"input":1}');
  await steps.finish(job, { state: "failed", error: "{}" }, Date.now());
  t.equal(await connection.hget(`{abacus}:job:${job.id}`, "data"), '{"input":1}');
});

t.test("a removed job leaves nothing; one that ran leaves a mark that says only that", async (t) => {
  await connection.flushall();
  const queued = await entered({ label: "x", madeName: "m" });
  t.equal(await nameHolder("m"), queued.id);
  await steps.finish(queued, { state: "failed", error: "{}" }, Date.now());
  t.equal(await steps.remove(queued), "failed");
  t.same(await connection.keys("*"), ["{abacus}:turns:interactive"], "but what belongs to the lane");

  const active = await entered();
  await steps.start(active, { startedAt: 1, turn: 1, crashes: 0 });
  t.equal(await steps.remove(active), "active");
  t.equal(await read(active.id), undefined, "to an observer it does not exist");
  t.same(await connection.hgetall(`{abacus}:job:${active.id}`), { state: "deleted" });
  t.ok((await connection.pttl(`{abacus}:job:${active.id}`)) > 0, "the mark goes by itself");
  t.equal((await steps.finish(active, { state: "completed" }, Date.now())).stands, "deleted");
  t.equal(await steps.remove(active), "missing");
});

t.test("a named model keeps its name and its document when its job is removed", async (t) => {
  const job = await entered({ madeName: "mine" });
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  await steps.finish(job, { state: "completed", made: '{"binaryDim":8}' }, Date.now());
  t.equal(await connection.pttl(`{abacus}:model:${job.id}`), -1, "it has no expiry");
  await steps.remove(job);
  t.equal(await nameHolder("mine"), job.id);
  t.equal(await connection.hget(`{abacus}:model:${job.id}`, "document"), '{"binaryDim":8}');
});

t.test("a name is entered with its job: whoever is refused has written nothing", async (t) => {
  const taken = { name: "InputError", problem: { status: 409, name: "name-taken" } };
  const first = await entered({ madeName: "one" });
  const keys = async () => (await connection.keys("*")).sort();
  const outstanding = () => connection.zcard("{abacus}:outstanding");
  const before = [await keys(), await outstanding()];
  await t.rejects(entered({ madeName: "one" }), taken);
  t.same([await keys(), await outstanding()], before);
  t.match(await steps.enter(first, 5, { lane: first.lane }), { turn: Number }, "its own name is not taken");
  await entered({ madeName: "one", account: "bob" });

  await steps.start(first, { startedAt: 1, turn: 1, crashes: 0 });
  await t.rejects(entered({ madeName: "one" }), taken, "while it runs");
  await connection.hset(`{abacus}:job:${first.id}`, "data", "{}");
  await steps.finish(first, { state: "failed", error: "{}" }, Date.now());
  t.equal(await nameHolder("one"), null, "one that has failed needs no name");
  const second = await entered({ madeName: "one" });
  const capacity = { QUEUE_DEPTH: 100_000, ACCOUNT_JOBS: 100_000 };
  const stood = await connection.hgetall(`{abacus}:job:${first.id}`);
  await t.rejects(steps.retry(first, Date.now(), capacity), taken);
  t.same(await connection.hgetall(`{abacus}:job:${first.id}`), stood);
  t.equal(await connection.zscore("{abacus}:outstanding", first.id), null);
  t.equal(await steps.forget(second, "cut off"), true);
  await t.rejects(steps.retry(first, Date.now(), { ...capacity, ACCOUNT_JOBS: 0 }), {
    name: "CapacityReached",
  });
  t.equal(await nameHolder("one"), null, "nor one that finds no room");
  t.equal(await steps.retry(first, Date.now(), capacity), "queued");
  t.equal(await nameHolder("one"), first.id);
});

t.test("an unnamed model goes with its job", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  await steps.finish(job, { state: "completed", made: "{}" }, Date.now());
  t.ok((await connection.pttl(`{abacus}:model:${job.id}`)) > 0, "it expires as the job does");
  await steps.remove(job);
  t.equal(await connection.exists(`{abacus}:model:${job.id}`), 0);
});

t.test("the result's bytes are in the document as they were written", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  const result = '{"a" : 1.50,"__proto__":[1e2]}';
  await steps.finish(job, { state: "completed", result, resultBytes: result.length }, Date.now());
  const record = (await read(job.id))!;
  const document = documentOf(record).toString();
  t.ok(document.endsWith(`"result":${result}}`));
  t.equal(JSON.parse(document).state, "completed");
  t.equal(JSON.parse(summaryOf(record)).result, null);
});

t.test("a submission that is sent again while its job waits changes nothing of the record", async (t) => {
  const job = await entered();
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  await steps.putBack(job);
  const before = await connection.hgetall(`{abacus}:job:${job.id}`);
  const place = await steps.enter({ ...job, createdAt: 1 }, 5, { createdAt: 1, ttl: 1, lane: job.lane });
  t.match(place, { turn: Number, position: 1 });
  t.same(await connection.hgetall(`{abacus}:job:${job.id}`), before);
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  t.equal(await steps.enter(job, 5, {}), "active", "one that was begun is told so");
});

t.test("what is cut off is forgotten, and what is in a queue is not", async (t) => {
  const job = await entered();
  const bull = `{abacus}:interactive:${job.id}`;
  await connection.hset(bull, "data", "{}");
  t.equal(await steps.forget(job, "cut off"), false, "in its lane");
  await connection.del(bull);
  await connection.zadd("{abacus}:scheduled", 1, job.id);
  t.equal(await steps.forget(job, "cut off"), false, "in the schedule");
  await connection.zrem("{abacus}:scheduled", job.id);
  await steps.start(job, { startedAt: 1, turn: 1, crashes: 0 });
  t.equal(await steps.forget(job, "cut off"), false, "begun");
  await steps.putBack(job);
  t.equal(await steps.forget(job, "expired"), false, "its record is there");
  t.equal(await steps.forget(job, "cut off"), true);
  t.equal(await read(job.id), undefined);
});

t.test("a job that came into the schedule again stays there", async (t) => {
  const score = (id: string) => connection.zscore("{abacus}:scheduled", id);
  await connection.zadd("{abacus}:scheduled", 2000, "one");
  await steps.unschedule("one", "1000");
  t.equal(await score("one"), "2000");
  await steps.unschedule("one", "2000");
  t.equal(await score("one"), null);
  await steps.unschedule("one", "2000");
});

t.test("a job that was canceled before its queue had it keeps what a retry needs", async (t) => {
  const capacity = { QUEUE_DEPTH: 100_000, ACCOUNT_JOBS: 100_000 };
  const job = await entered();
  await steps.finish(job, { state: "canceled" }, Date.now());
  t.equal(await steps.retry(job, Date.now(), capacity), "missing");
  await steps.keepData(job.id, '{"input":1}');
  await steps.keepData(job.id, '{"input":2}');
  t.equal(await connection.hget(`{abacus}:job:${job.id}`, "data"), '{"input":1}');
  t.equal(await steps.retry(job, Date.now(), capacity), "queued");
  const completed = await entered();
  await steps.finish(completed, { state: "completed" }, Date.now());
  await steps.keepData(completed.id, "{}");
  t.equal(await connection.hexists(`{abacus}:job:${completed.id}`, "data"), 0, "of no other");
});
