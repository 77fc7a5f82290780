// Lanes and turns: which lane a job goes to, and whose job is next in it.
import type { Redis } from "ioredis";
import t from "tap";
import { laneOf, openQueues } from "../../src/jobs/lanes.js";
import type { JobIdentity } from "../../src/jobs/record.js";
import { type Place, transitions } from "../../src/jobs/transitions.js";
import { startRedis } from "../redis-server.js";

t.test("a job goes by its cost", async (t) => {
  t.equal(laneOf(262_144, 262_144), "interactive");
  t.equal(laneOf(262_145, 262_144), "batch");
  t.equal(laneOf(Number.POSITIVE_INFINITY, 262_144), "batch");
  t.equal(laneOf(Number.NaN, 262_144), "batch", "a cost that nobody knows");
});

/** A batch lane whose jobs are taken by hand. */
async function openLane(t: Parameters<typeof startRedis>[0]) {
  const redis = await startRedis(t);
  const connection: Redis = redis.connect({ maxRetriesPerRequest: null });
  const steps = transitions(connection);
  const queue = openQueues(connection).batch;
  await queue.waitUntilReady();

  async function submit(account: string, id: string, priority = 5): Promise<void> {
    const job: JobIdentity = {
      id,
      account,
      type: "t",
      lane: "batch",
      label: null,
      createdAt: 1,
      madeName: "",
    };
    const place = (await steps.enter(job, priority, { ttl: 1000, lane: "batch", account })) as Place;
    await queue.add("t", { account } as never, { jobId: id, priority: place.turn });
  }
  /** The ids of the next jobs, in the order in which they are taken and started. */
  async function take(count: number): Promise<string[]> {
    const taken: string[] = [];
    for (let i = 0; i < count; i++) {
      const [id, score] = await connection.zpopmin("{abacus}:batch:prioritized");
      if (id === undefined) break;
      taken.push(id);
      const account = id.replace(/\d+$/, "");
      const job = { id, account, type: "t", lane: "batch", label: null, createdAt: 1, madeName: "" };
      await steps.start(job, { startedAt: 1, turn: Math.floor(Number(score) / 2 ** 32), crashes: 0 });
    }
    return taken;
  }
  return { submit, take, connection };
}

t.test("an account's own jobs are taken in their order", async (t) => {
  const { submit, take } = await openLane(t);
  for (let i = 1; i <= 5; i++) await submit("ann", `ann${i}`);
  t.same(await take(5), ["ann1", "ann2", "ann3", "ann4", "ann5"]);
});

t.test("a single job passes another account's flood", async (t) => {
  const { submit, take } = await openLane(t);
  for (let i = 1; i <= 500; i++) await submit("ann", `ann${i}`);
  await take(10);
  await submit("bob", "bob1");
  t.same(await take(1), ["bob1"]);
});

t.test("accounts take turns, and a flood is never passed for ever", async (t) => {
  const { submit, take } = await openLane(t);
  for (let i = 1; i <= 20; i++) await submit("ann", `ann${i}`);
  let anns = 0;
  for (let round = 1; round <= 20; round++) {
    await submit("bob", `bob${round}`);
    await submit("cid", `cid${round}`);
    for (const id of await take(3)) if (id.startsWith("ann")) anns++;
  }
  t.ok(anns >= 18, `a third of the turns are ann's: ${anns} of 60`);
});

t.test("a steady stream of one account keeps its order when its load falls and rises", async (t) => {
  const { submit, take } = await openLane(t);
  const taken: string[] = [];
  let next = 1;
  for (const [add, remove] of [
    [50, 1],
    [0, 45],
    [30, 2],
    [1, 20],
    [40, 30],
  ] as const) {
    for (let i = 0; i < add; i++) await submit("ann", `ann${next++}`);
    taken.push(...(await take(remove)));
  }
  t.same(
    taken,
    taken.map((_, i) => `ann${i + 1}`),
  );
});

t.test("an urgent job overtakes its account's others, and urgent ones come more often", async (t) => {
  const { submit, take } = await openLane(t);
  for (let i = 1; i <= 10; i++) await submit("ann", `ann${i}`, 5);
  await submit("ann", "ann99", 1);
  t.same(await take(2), ["ann99", "ann1"]);
  await submit("ann", "ann98", 10);
  t.same((await take(100)).at(-1), "ann98", "the least urgent is last");
});

t.test("numbers are lowered before they reach BullMQ's bound, and the order stays", async (t) => {
  const { submit, take, connection } = await openLane(t);
  await submit("ann", "ann1");
  // as if two million turns had been taken since something last waited: BullMQ refuses numbers above 2^21 - 1
  await connection.hset("{abacus}:turns:batch", { now: "2097100", "5:ann": "2097120" });
  for (let i = 2; i <= 9; i++) await submit("ann", `ann${i}`);
  await submit("bob", "bob1");
  const scores = await connection.zrange("{abacus}:batch:prioritized", "0", "-1", "WITHSCORES");
  for (let i = 1; i < scores.length; i += 2) t.ok(Number(scores[i]) / 2 ** 32 < 1000);
  t.equal(Number(await connection.hget("{abacus}:batch:ann2", "priority")) < 1000, true);
  t.same(await take(10), ["ann1", "bob1", "ann2", "ann3", "ann4", "ann5", "ann6", "ann7", "ann8", "ann9"]);
});
