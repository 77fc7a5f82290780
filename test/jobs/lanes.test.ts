// Lanes and priorities: which lane a job goes to, and whose job is next.
import type { Redis } from "ioredis";
import t from "tap";
import { laneOf } from "../../src/jobs/lanes.js";
import { type JobIdentity, transitions } from "../../src/jobs/transitions.js";
import { startRedis } from "../redis-server.js";

t.test("a job goes by its cost", async (t) => {
  t.equal(laneOf(262_144, 262_144), "interactive");
  t.equal(laneOf(262_145, 262_144), "batch");
  t.equal(laneOf(Number.POSITIVE_INFINITY, 262_144), "batch");
  t.equal(laneOf(Number.NaN, 262_144), "batch", "a cost that nobody knows");
});

t.test("the account's load raises the number, which makes a job less urgent", async (t) => {
  const redis = await startRedis(t);
  const steps = transitions(redis.connect() as Redis);
  let made = 0;
  const identity = (account: string, lane = "batch"): JobIdentity => ({
    id: `job${made++}`,
    account,
    type: "test",
    lane,
    label: null,
    createdAt: made,
    madeName: "",
  });
  const enter = (job: JobIdentity, priority: number) =>
    steps.enter(job, priority, { ttl: 1000, lane: job.lane });

  const first = identity("ann");
  t.equal(await enter(first, 5), 5, "(0 + 1) × 5");
  t.equal(await enter(identity("ann"), 5), 10, "(1 + 1) × 5: one of the same priority is ahead");
  t.equal(await enter(identity("ann"), 1), 1, "an urgent one overtakes the account's own others");
  t.equal(await enter(identity("ann"), 10), 40, "(3 + 1) × 10: all are at least as urgent");
  t.equal(await enter(identity("bob"), 5), 5, "another account's flood does not count");
  t.equal(await enter(identity("ann", "interactive"), 5), 5, "nor does the other lane");
  await steps.finish(first, { state: "canceled" }, Date.now());
  t.equal(await enter(identity("ann"), 5), 15, "(2 + 1) × 5: what has ended is no load");
});

t.test("the number has a bound", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect();
  const steps = transitions(connection);
  // BullMQ refuses priorities above 2,097,151 (2^21 − 1)
  await connection.eval(
    `for i = 1, 300000 do redis.call('ZADD', KEYS[1], 10, 'x' .. i) end`,
    1,
    "{abacus}:load:batch:ann",
  );
  const job = { id: "a", account: "ann", type: "t", lane: "batch", label: null, createdAt: 1, madeName: "" };
  t.equal(await steps.enter(job, 10, { ttl: 1 }), 2_097_151);
});
