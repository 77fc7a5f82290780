// Observers of a job: one reading for all of them, nothing missed when messages are, and nothing left behind.
import t from "tap";
import { Notices } from "../../src/jobs/notices.js";
import { Observers } from "../../src/jobs/observers.js";
import { readRecord, SUMMARY_FIELDS } from "../../src/jobs/record.js";
import { transitions } from "../../src/jobs/transitions.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";

const server = await startRedis(t);
const redis = server.connect();
const steps = transitions(redis);
const subscriber = server.connect();
const notices = new Notices(subscriber);
await notices.start();

let made = 0;
async function enter() {
  const id = `job${made++}`;
  const job = { id, lane: "batch", account: "ann", type: "test", label: null, createdAt: 1, madeName: "" };
  await steps.enter(job, 5, { lane: "batch", account: "ann", type: "test", createdAt: 1, ttl: 60_000 });
  return job;
}

/** Observers whose readings are counted; each may be made to fail. */
function observing(fails: () => boolean = () => false) {
  const counted = { readings: 0 };
  const observers = new Observers(notices, async (id) => {
    counted.readings++;
    if (fails()) throw new Error("Redis is away");
    return readRecord(id, SUMMARY_FIELDS, await steps.find(id, SUMMARY_FIELDS));
  });
  return { observers, counted };
}

/** What an observer is told, and what stops it. */
function observe(observers: Observers, id: string) {
  const told: string[] = [];
  const stop = observers.observe(id, (job) => told.push(job ? `${job.state} ${job.number}` : "gone"));
  return { told, stop };
}

const channels = () => redis.pubsub("CHANNELS", "{abacus}:changes:*");

t.test("many observers, one reading for each change", async (t) => {
  const job = await enter();
  const { observers, counted } = observing();
  const all = Array.from({ length: 100 }, () => observe(observers, job.id));
  await until("all are told", () => all.every(({ told }) => told.length > 0));
  t.equal(counted.readings, 1);
  await steps.start(job, { startedAt: 2, turn: 1, crashes: 0 });
  await until("all are told", () => all.every(({ told }) => told.at(-1) === "active 2"));
  t.equal(counted.readings, 2);
  const late = observe(observers, job.id);
  t.strictSame(late.told, ["active 2"], "whoever comes later is told at once");
  for (let i = 0; i < 50; i++) void steps.report(job.id, `{"fraction":${i / 50}}`, []);
  await until("the last is told", () => late.told.at(-1) === "active 52");
  t.ok(counted.readings <= 52);
  await steps.finish(job, { state: "completed" }, Date.now());
  await until("all are told", () => all.every(({ told }) => told.at(-1) === "completed 53"));
  t.equal((await channels()).length, 1);
  for (const { stop } of [...all, late]) stop();
  t.equal(observers.size, 0);
  await until("nobody listens", async () => (await channels()).length === 0);
});

t.test("what changes during a reading is read once more, whatever it was", async (t) => {
  const job = await enter();
  let go: () => void = () => {};
  let readings = 0;
  const observers = new Observers(notices, async (id) => {
    readings++;
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    return readRecord(id, SUMMARY_FIELDS, await steps.find(id, SUMMARY_FIELDS));
  });
  const { told, stop } = observe(observers, job.id);
  await until("it is being read", () => readings === 1);
  let heard = 0;
  const stopListening = await notices.watch(job.id, () => heard++);
  await steps.start(job, { startedAt: 2, turn: 1, crashes: 0 });
  for (let i = 0; i < 20; i++) await steps.report(job.id, `{"fraction":${i / 20}}`, []);
  await until("all is heard", () => heard === 21);
  t.equal(readings, 1);
  go();
  await until("it is being read again", () => readings === 2);
  go();
  await until("it is told", () => told.at(-1) === "active 22");
  t.equal(readings, 2);
  await stopListening();
  stop();
});

t.test("a job that goes, and one that never was", async (t) => {
  const job = await enter();
  const { observers } = observing();
  const [there, never] = [observe(observers, job.id), observe(observers, "none")];
  await until("both are told", () => there.told.length > 0 && never.told.length > 0);
  t.strictSame(never.told, ["gone"]);
  await steps.remove(job);
  await until("it is told", () => there.told.at(-1) === "gone");
  there.stop();
  never.stop();
});

t.test("an observer that stops is told nothing, and the others are", async (t) => {
  const job = await enter();
  const { observers } = observing();
  const [one, other] = [observe(observers, job.id), observe(observers, job.id)];
  await until("both are told", () => one.told.length > 0 && other.told.length > 0);
  one.stop();
  one.stop();
  await steps.start(job, { startedAt: 2, turn: 1, crashes: 0 });
  await until("the other is told", () => other.told.at(-1) === "active 2");
  t.strictSame(one.told, ["queued 1"]);
  other.stop();
  const again = observe(observers, job.id);
  await until("who comes again is told", () => again.told.at(-1) === "active 2");
  await steps.report(job.id, "{}", []);
  await until("and hears of changes", () => again.told.at(-1) === "active 3");
  again.stop();
});

t.test("what was said while the line was broken is read afterwards", async (t) => {
  const job = await enter();
  const { observers } = observing();
  const { told, stop } = observe(observers, job.id);
  await until("it is told", () => told.length > 0);
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await steps.start(job, { startedAt: 2, turn: 1, crashes: 0 });
  t.strictSame(told, ["queued 1"], "the message finds no listener");
  await until("it is told", () => told.at(-1) === "active 2");
  stop();
});

t.test("a record that cannot be read now is read later", async (t) => {
  const job = await enter();
  let isAway = true;
  const { observers, counted } = observing(() => isAway);
  const { told, stop } = observe(observers, job.id);
  await until("it was tried twice", () => counted.readings >= 2);
  t.strictSame(told, []);
  isAway = false;
  await until("it is told", () => told.length > 0);
  t.strictSame(told, ["queued 1"]);
  stop();
});
