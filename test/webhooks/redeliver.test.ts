// Sending again what was delivered, what was given up, and what still waits.
import { Queue } from "bullmq";
import t from "tap";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { keysOf, startDelivering } from "./delivering.js";
import { answer, startReceiver } from "./receiver.js";

const server = await startRedis(t);
t.beforeEach(() => server.connect().flushall());

t.test("what was delivered, and what was given up", async (t) => {
  const { deliveries, end, settled, redis } = await startDelivering(t, server, { delays: [20] });
  const answers = [answer(204), answer(500), answer(204), answer(410), answer(204)];
  const receiver = await startReceiver(t, answers);
  const id = await end({ webhook: receiver.url });
  await settled(id);
  t.match(await deliveries.redeliver(id, 1), { n: 1, state: "pending", attempts: [{ status: 204 }] });
  t.match(await settled(id), { state: "delivered", attempts: [{}, { status: 500 }, { status: 204 }] });
  await deliveries.redeliver(id, 1);
  t.match(await settled(id), { state: "failed" });
  await deliveries.redeliver(id, 1);
  t.match(await settled(id), { state: "delivered" });
  t.same(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])), new Set([`msg_${id}_1`]));
  t.equal(receiver.received.length, 5);
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
});

t.test("what waits is sent at once, with all its attempts before it", async (t) => {
  const { deliveries, end, delivery, settled, redis } = await startDelivering(t, server, {
    delays: [3_600_000],
  });
  const receiver = await startReceiver(t, [answer(500), answer(500), answer(204)]);
  const id = await end({ webhook: receiver.url, ttl: 86_400_000 });
  const failed = (times: number) =>
    until("it failed", async () => {
      const found = await delivery(id);
      return found?.attempts.length === times && found;
    });
  const first = await failed(1);
  t.ok(first.nextAttemptAt! > Date.now() + 2_000_000, "it would be sent in an hour");
  await until("it waits", async () => (await redis.zcard("{abacus}:webhooks:delayed")) === 1);
  await deliveries.redeliver(id, 1);
  t.match(await failed(2), { state: "pending", failures: 1, series: 1 });
  await until("it waits again, once", async () => (await redis.zcard("{abacus}:webhooks:delayed")) === 1);
  await deliveries.redeliver(id, 1);
  t.match(await settled(id), { state: "delivered", series: 2 });
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
});

t.test("what is just being sent is sent once more after that", async (t) => {
  const { deliveries, end, settled, redis } = await startDelivering(t, server, { delays: [] });
  let finish = () => {};
  const receiver = await startReceiver(t, [
    (response) => {
      finish = () => void response.writeHead(500).end();
    },
    answer(204),
  ]);
  const id = await end({ webhook: receiver.url });
  await receiver.count(1);
  t.match(await deliveries.redeliver(id, 1), { state: "pending", series: 1 });
  await receiver.count(2);
  t.match(await settled(id), { state: "delivered", attempts: [{ status: 204 }] });
  finish();
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
  t.match(
    await settled(id),
    { state: "delivered", attempts: [{ status: 204 }, { status: 500 }] },
    "the end of the series before changes nothing",
  );
});

t.test("a series that was taken from the queue before it could be removed sends nothing", async (t) => {
  const { deliveries, end, redis, settled, start } = await startDelivering(t, server, { deliver: false });
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url });
  await deliveries.redeliver(id, 1);
  const queue = new Queue("webhooks", { connection: redis, prefix: "{abacus}" });
  await queue.add(
    "webhooks",
    { id, n: 1, series: 0 },
    { jobId: `${id}-1`, lifo: true, removeOnComplete: true },
  );
  await start();
  t.match(await settled(id), { state: "delivered", series: 1, attempts: [{ status: 204 }] });
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
  t.equal(receiver.received.length, 1);
});

t.test("what there was not", async (t) => {
  const { deliveries, end, settled } = await startDelivering(t, server);
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url });
  await settled(id);
  t.equal(await deliveries.redeliver(id, 2), "unknown");
  t.equal(await deliveries.redeliver(id, 0), "unknown");
  t.equal(await deliveries.redeliver("unknown", 1), "gone");
});

t.test("a record keeps the latest attempts and deliveries, whatever is asked of it", async (t) => {
  const { deliveries, end, settled, redis } = await startDelivering(t, server, { delays: [] });
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url });
  for (let i = 0; i < 25; i++) {
    await settled(id);
    await deliveries.redeliver(id, 1);
  }
  t.equal((await settled(id)).attempts.length, 20);
  const fields = await redis.hlen(`{abacus}:job:${id}:deliveries`);
  for (let n = 2; n <= 60; n++) {
    await redis.hset(`{abacus}:job:${id}`, "deliveries", n);
    await deliveries.announce(id, n);
    await settled(id, n);
  }
  const kept = await deliveries.list(id);
  t.same([kept[0]?.n, kept.at(-1)?.n, kept.length], [11, 60, 50]);
  t.ok((await redis.hlen(`{abacus}:job:${id}:deliveries`)) <= 50 * fields);
  t.notOk((await redis.hkeys(`{abacus}:job:${id}:deliveries`)).some((field) => field.startsWith("1:")));
});
