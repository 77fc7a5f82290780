// Failed sign-ins: counted per address, told later each time, and with too many of them none is looked at.
import t from "tap";
import { createFailedSignIns, TooManySignInsError } from "../../src/accounts/failed-sign-ins.js";
import { createRateLimit } from "../../src/accounts/rate-limit.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";

const LIMIT = 4;
const redis = await startRedis(t);
const connection = redis.connect();
const create = () => createFailedSignIns(createRateLimit(connection, "failed-sign-ins", LIMIT));
const wrong = async () => false;
const right = async () => true;

t.test("the limit is of failures, in all processes together", async (t) => {
  const [here, there] = [create(), create()];
  for (let i = 0; i < LIMIT - 1; i += 1)
    t.equal(await (i % 2 ? here : there).guard("192.0.2.1", wrong), false);
  for (let i = 0; i < 2 * LIMIT; i += 1) t.equal(await here.guard("192.0.2.1", right), true);
  t.equal(await here.guard("192.0.2.1", wrong), false, "the last that may fail");
  let checked = false;
  const check = async () => {
    checked = true;
    return true;
  };
  for (const processes of [here, there]) {
    const refusal = await processes.guard("192.0.2.1", check).catch((error) => error);
    t.type(refusal, TooManySignInsError);
    t.match(refusal.message, /SIGNIN_LIMIT is 4/);
    t.ok(refusal.retryAfter > 0 && refusal.retryAfter <= 60);
  }
  t.notOk(checked, "the password is not looked at");
  t.equal(await here.guard("192.0.2.2", right), true, "another address is not concerned");
});

t.test("guesses at the same instant do not slip through", async (t) => {
  const guard = create();
  let checks = 0;
  const guesses = Array.from({ length: 30 }, () =>
    guard.guard("192.0.2.3", async () => {
      checks += 1;
      return false;
    }),
  );
  const answers = await Promise.allSettled(guesses);
  t.equal(checks, LIMIT);
  t.equal(answers.filter(({ status }) => status === "rejected").length, 30 - LIMIT);
});

t.test("a network of IPv6 is one address", async (t) => {
  const guard = create();
  for (let i = 0; i < LIMIT; i += 1) await guard.guard(`2001:db8::${i}`, wrong);
  await t.rejects(guard.guard("2001:db8::ffff", right), { name: "TooManySignInsError" });
  t.equal(await guard.guard("2001:db8:0:1::1", right), true);
});

t.test("each failure is told later than the one before, and holds up nobody else", async (t) => {
  const guard = create();
  const times: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const start = performance.now();
    await guard.guard("192.0.2.4", wrong);
    times.push(performance.now() - start);
  }
  // 50, 100, 200 ms
  t.ok(times[0]! >= 49 && times[1]! >= 99 && times[2]! >= 199, String(times));
  let isTold = false;
  const failing = guard.guard("192.0.2.4", wrong).then(() => {
    isTold = true; // after 400 ms
  });
  await until(
    "it has failed",
    async () => (await connection.get("{abacus}:rate:failed-sign-ins:192.0.2.4")) === "4",
  );
  const refused = await guard.guard("192.0.2.4", right).catch((error) => error);
  t.type(refused, TooManySignInsError, "the next in line is answered");
  t.notOk(isTold, "before the failure is told");
  await failing;
});

t.test("the counts are gone after a minute", async (t) => {
  for (const key of await connection.keys("*")) {
    const left = await connection.ttl(key);
    t.ok(left > 0 && left <= 60, key);
  }
});

t.test("a Redis without memory lets those in who know their password", async (t) => {
  await connection.config("SET", "maxmemory", "1");
  t.teardown(() => connection.config("SET", "maxmemory", "0"));
  t.equal(await create().guard("192.0.2.6", right), true);
  await t.rejects(create().guard("192.0.2.6", wrong), { message: /^OOM / }, "and counts nobody");
});

t.test("without Redis nobody can be told right from wrong", async (t) => {
  const lonely = redis.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  await new Promise((ready) => lonely.once("ready", ready));
  const guard = createFailedSignIns(createRateLimit(lonely, "failed-sign-ins", LIMIT));
  lonely.disconnect();
  await t.rejects(guard.guard("192.0.2.5", right));
});
