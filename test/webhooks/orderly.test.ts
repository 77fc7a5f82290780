// Deliveries among many, at a stop, without Redis for a while: none is lost, none holds up another account's.
import t from "tap";
import { Shares } from "../../src/webhooks/shares.js";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { startDelivering } from "./delivering.js";
import { answer, hang, startReceiver } from "./receiver.js";

t.test("an account whose receiver hangs does not hold up another's", async (t) => {
  const server = await startRedis(t);
  const options = { concurrency: 4, share: 2, timeout: 10_000, delays: [] };
  const { end, settled } = await startDelivering(t, server, options);
  const hanging = await startReceiver(t, [hang]);
  const receiver = await startReceiver(t);
  for (let i = 0; i < 20; i++) await end({ webhook: hanging.url, account: "ann" });
  await hanging.count(2);
  const began = Date.now();
  await settled(await end({ webhook: receiver.url, account: "ben" }));
  t.ok(Date.now() - began < 8000, "long before ann's receiver was given up");
  t.equal(hanging.received.length, 2, "no more of ann's at a time");
});

t.test("many of one account with a receiver that answers are all delivered soon", async (t) => {
  const server = await startRedis(t);
  const { end, settled } = await startDelivering(t, server, { concurrency: 4, share: 2 });
  const receiver = await startReceiver(t);
  const ids = await Promise.all(Array.from({ length: 100 }, () => end({ webhook: receiver.url })));
  for (const id of ids) t.equal((await settled(id)).state, "delivered");
  t.equal(receiver.received.length, 100);
});

t.test("how long what exceeds a share is put off", (t) => {
  const shares = new Shares(2);
  const first = shares.begin("ann", 0);
  t.type(first, "function");
  t.type(shares.begin("ann", 0), "function");
  t.type(shares.begin("ben", 0), "function", "another account has a share of its own");
  t.equal(shares.begin("ann", 1000), 500, "two at a time have taken a second each and go on");
  t.equal(shares.begin("ann", 1000), 1000, "the next goes behind that");
  t.equal(shares.begin("ann", 1000), 1500);
  for (let i = 0; i < 1000; i++) shares.begin("ann", 1000);
  t.equal(shares.begin("ann", 1000), 60_000, "a minute at most");
  if (typeof first === "function") first(2000);
  t.type(shares.begin("ann", 2000), "function", "one has ended");
  const quick = new Shares(1);
  const end = quick.begin("ann", 0);
  t.equal(quick.begin("ann", 1), 50, "a moment at least");
  if (typeof end === "function") end(2);
  t.type(quick.begin("ann", 2), "function");
  t.end();
});

t.test("what is under way at a stop ends, or is sent by another process", async (t) => {
  const server = await startRedis(t);
  const one = await startDelivering(t, server, { timeout: 20_000 });
  let finish = () => {};
  const slow = await startReceiver(t, [
    (response) => {
      finish = () => void response.writeHead(204).end();
    },
  ]);
  const patient = await one.end({ webhook: slow.url });
  await slow.count(1);
  const stopped = one.deliverer!.stop(20);
  finish();
  await stopped;
  t.match(await one.settled(patient), { state: "delivered", attempts: [{ status: 204 }] });

  const waiting = await one.end({ webhook: slow.url });
  const two = await startDelivering(t, server, { timeout: 20_000 });
  await slow.count(2);
  await two.deliverer!.stop(0);
  t.match(await two.delivery(waiting), { state: "pending", attempts: [] }, "an attempt cut short is none");
  const receiving = await startReceiver(t);
  await two.redis.hset(`{abacus}:job:${waiting}`, "webhook", receiving.url);
  const three = await startDelivering(t, server);
  t.match(await three.settled(waiting), { state: "delivered", attempts: [{ status: 204 }] });
});

t.test("a stop without Redis does not wait for what is not under way", async (t) => {
  const server = await startRedis(t);
  const env = { REDIS_URL: server.path, SHUTDOWN_GRACE: "600" };
  const worker = await startProcess(t, await makeWorkplace(t), "worker", { env });
  await server.stop("SIGKILL");
  t.same(await worker.end("SIGTERM"), { code: 0, signal: null });
});

t.test("Redis is away for a while", async (t) => {
  const server = await startRedis(t, { appendonly: true });
  const { end, settled, redis } = await startDelivering(t, server, { delays: [1000, 1000, 1000] });
  const receiver = await startReceiver(t, [answer(500), answer(204)]);
  const id = await end({ webhook: receiver.url });
  await receiver.count(1);
  await until("it waits", async () => (await redis.zcard("{abacus}:webhooks:delayed")) === 1);
  await server.stop("SIGKILL");
  await server.restart();
  t.match(await settled(id), { state: "delivered", attempts: [{ status: 500 }, { status: 204 }] });
});
