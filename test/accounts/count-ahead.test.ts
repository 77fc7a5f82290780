// Counting ahead: Redis is asked seldom while much is left, and what is told is what a count one by one would tell.
import t from "tap";
import { countAhead } from "../../src/accounts/count-ahead.js";
import { createRateLimit, type RateLimit } from "../../src/accounts/rate-limit.js";
import { startRedis } from "../redis-server.js";

const redis = await startRedis(t);
const connection = redis.connect();

/** A limit, and how often Redis was asked to count. */
function limitOf(limit: number) {
  const counted = createRateLimit(connection, "submissions", limit);
  const asked = { times: 0 };
  const spied: RateLimit = {
    ...counted,
    count(...args) {
      asked.times++;
      return counted.count(...args);
    },
  };
  return { asked, process: (now?: () => number) => countAhead(spied, now) };
}

t.test("what is left falls by one each time, and Redis is asked seldom", async (t) => {
  const { asked, process } = limitOf(1000);
  const limit = process();
  for (let k = 1; k <= 500; k++) {
    const { count, remaining, exceeded, reset } = await limit.count("ann");
    t.strictSame([count, remaining, exceeded], [k, 1000 - k, false]);
    t.ok(reset > 0 && reset <= 61);
  }
  t.ok(asked.times < 120, `${asked.times} questions`);
  t.equal((await limit.count("ben")).count, 1, "each is counted apart");
});

t.test(
  "with less than 200 left every one is counted by itself: what is refused is exact, in all processes",
  async (t) => {
    const { asked, process } = limitOf(150);
    const [here, there] = [process(), process()];
    let passed = 0;
    for (let k = 0; k < 200; k++) if (!(await (k % 2 ? here : there).count("cleo")).exceeded) passed++;
    t.equal(passed, 150);
    t.equal(asked.times, 200);
  },
);

t.test("of a large limit, processes lose a hundredth at most to each other", async (t) => {
  const { process } = limitOf(2000);
  const [here, there, idle] = [process(), process(), process()];
  for (let k = 0; k < 10; k++) await idle.count("dora");
  let passed = 10;
  for (let k = 0; k < 2500; k++) if (!(await (k % 2 ? here : there).count("dora")).exceeded) passed++;
  t.ok(passed <= 2000, `${passed} passed`);
  t.ok(passed >= 1960, `${passed} passed`);
});

t.test("at the same time: none is counted twice or lost", async (t) => {
  const { process } = limitOf(1000);
  const limit = process();
  for (let round = 0; round < 10; round++)
    await Promise.all(Array.from({ length: 50 }, () => limit.count("emil")));
  const { count } = await limit.count("emil");
  t.equal(count, 501);
});

t.test("what is counted ahead ends with its window", async (t) => {
  const { asked, process } = limitOf(1000);
  let clock = 0;
  const limit = process(() => clock);
  for (let k = 0; k < 5; k++) await limit.count("fred");
  const before = asked.times;
  await limit.count("fred");
  t.equal(asked.times, before, "some are counted ahead");
  clock = 60_000;
  await connection.flushall(); // as Redis does by itself a minute later
  t.equal((await limit.count("fred")).count, 1);
});
