// Deliveries: what is sent, how often, and what ends them.

import { Webhook } from "standardwebhooks";
import t from "tap";
import { deliveriesKey, jobKey, webhookSecretKey } from "../../src/redis/keys.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { keysOf, startDelivering } from "./delivering.js";
import { answer, hang, startReceiver } from "./receiver.js";

const server = await startRedis(t);
t.beforeEach(() => server.connect().flushall());

t.test("the job's document, signed as Standard Webhooks says", async (t) => {
  const { redis, end, settled, outcomes, log } = await startDelivering(t, server);
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url, input: '{"units":3}' });
  const [sent] = await receiver.count(1);
  t.equal(sent!.path, "/hook?key=of-its-own");
  t.match(sent!.headers, {
    "content-type": "application/json",
    "user-agent": "Abacus/test",
    "webhook-id": `msg_${id}_1`,
    "webhook-timestamp": /^\d{10}$/,
    "webhook-signature": /^v1,/,
    host: `127.0.0.1:${receiver.port}`,
    "content-length": String(Buffer.byteLength(sent!.body)),
  });
  const secret = (await redis.get(webhookSecretKey("ann"))) as string;
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const read = new Webhook(secret).verify(sent!.body, sent!.headers);
  t.match(read, {
    type: "job.completed",
    timestamp: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    data: { id, type: "test.echo", state: "completed", input: { units: 3 }, result: null, error: null },
  });
  t.throws(() => new Webhook(`whsec_${"A".repeat(43)}=`).verify(sent!.body, sent!.headers));
  t.throws(() => new Webhook(secret).verify(`${sent!.body} `, sent!.headers));

  const delivery = await settled(id);
  t.match(delivery, { n: 1, state: "delivered", event: "job.completed", nextAttemptAt: null });
  t.match(delivery.attempts, [{ status: 204, error: null, seconds: Number }]);
  t.equal(delivery.attempts.length, 1);
  t.same(outcomes, ["delivered"]);
  t.notMatch(log(), /of-its-own|whsec_/, "neither the URL nor the secret is logged");
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
  t.same(await keysOf(redis), [jobKey(id), deliveriesKey(id)]);
  const [record, deliveries] = [await redis.pttl(jobKey(id)), await redis.pttl(deliveriesKey(id))];
  t.ok(deliveries > 0 && Math.abs(record - deliveries) < 1000, "they expire together");
});

t.test("what fails is sent again: the same bytes, the same id, and no redirect is followed", async (t) => {
  const { end, settled, outcomes } = await startDelivering(t, server, { delays: [20, 20, 20, 20] });
  const elsewhere = await startReceiver(t);
  const receiver = await startReceiver(t, [
    answer(500),
    answer(302, { location: elsewhere.url }),
    answer(404),
    (response) => response.destroy(),
    answer(200),
  ]);
  const id = await end({ webhook: receiver.url, state: "failed", error: '{"status":500}' });
  const delivery = await settled(id);
  t.match(delivery, { state: "delivered", event: "job.failed" });
  t.match(
    delivery.attempts.map(({ status, error }) => [status, error]),
    [
      [500, "the answer was 500"],
      [302, "the answer was 302"],
      [404, "the answer was 404"],
      [null, "the connection was closed without an answer"],
      [200, null],
    ],
  );
  t.same(outcomes, ["failed", "failed", "failed", "failed", "delivered"]);
  t.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
  t.same([...new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))], [`msg_${id}_1`]);
  t.equal(elsewhere.received.length, 0);
});

t.test("after its last attempt a delivery has failed; one that is answered 410 at once", async (t) => {
  const { end, settled, outcomes, redis } = await startDelivering(t, server, { delays: [20, 20] });
  const broken = await startReceiver(t, [answer(500)]);
  const delivery = await settled(await end({ webhook: broken.url }));
  t.match(delivery, { state: "failed", nextAttemptAt: null });
  t.equal(delivery.attempts.length, 3);
  t.same(outcomes, ["failed", "failed", "given-up"]);

  const gone = await startReceiver(t, [answer(410)]);
  const refused = await settled(await end({ webhook: gone.url }));
  t.match(refused, { state: "failed", attempts: [{ status: 410 }] });
  await until("the queue is empty", async () => (await keysOf(redis)).length === 4);
  t.equal(broken.received.length, 3);
  t.equal(gone.received.length, 1);
});

t.test("Retry-After is waited for, also beyond the delay of the series", async (t) => {
  const { end, settled } = await startDelivering(t, server);
  const receiver = await startReceiver(t, [answer(429, { "retry-after": "1" }), answer(200)]);
  await settled(await end({ webhook: receiver.url }));
  const [first, second] = receiver.received;
  t.ok(second!.at - first!.at >= 1000, `${second!.at - first!.at} ms`);
});

t.test("a receiver that does not answer in time, and one that is not there", async (t) => {
  const { end, settled } = await startDelivering(t, server, { timeout: 200, delays: [] });
  const receiver = await startReceiver(t, [hang]);
  const late = await settled(await end({ webhook: receiver.url }));
  t.match(late.attempts, [{ status: null, error: "there was no answer in time" }]);
  t.ok(late.attempts[0]!.seconds >= 0.2);
  await until("the connection is closed", () => receiver.open() === 0);
  const missing = await settled(await end({ webhook: "http://127.0.0.1:1/" }));
  t.match(missing.attempts, [{ status: null, error: "the connection was refused" }]);
});

t.test("one that would speak another protocol has not answered well, and holds nothing up", async (t) => {
  const { end, settled } = await startDelivering(t, server);
  const upgrade = { connection: "upgrade", upgrade: "websocket" };
  const receiver = await startReceiver(t, [
    (response) => void response.writeHead(101, upgrade).end(),
    (response) => void response.writeHead(101, upgrade).end(),
    answer(204),
  ]);
  const id = await end({ webhook: receiver.url });
  const { attempts, state } = await settled(id);
  t.equal(state, "delivered");
  t.same(
    attempts.map(({ status }) => status),
    [101, 101, 204],
  );
});

t.test("an answer without an end counts by its status, and is not read on", async (t) => {
  const { end, settled } = await startDelivering(t, server);
  let sent = 0;
  const receiver = await startReceiver(t, [
    (response) => {
      const write = () => {
        while (!response.destroyed && response.write("x".repeat(4096))) sent += 4096;
      };
      response.on("drain", write).on("error", () => {});
      write();
    },
  ]);
  const delivery = await settled(await end({ webhook: receiver.url }));
  t.match(delivery, { state: "delivered", attempts: [{ status: 200 }] });
  await until("the connection is closed", () => receiver.open() === 0);
  t.ok(sent < 32 * 1024 * 1024, `${sent} bytes`);
});

t.test("announcing is repeated harmlessly", async (t) => {
  const { deliveries, end, settled, redis } = await startDelivering(t, server);
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url });
  await Promise.all(Array.from({ length: 20 }, () => deliveries.announce(id, 1)));
  await settled(id);
  await deliveries.announce(id, 1);
  await until("the queue is empty", async () => (await keysOf(redis)).length === 2);
  t.equal(receiver.received.length, 1);
  for (const [id, n] of [
    ["unknown", 1],
    [await end({ webhook: receiver.url, deliveries: 3 }), 2],
  ] as const) {
    await deliveries.announce(id, n);
    t.notOk(
      (await deliveries.list(id)).some((delivery) => delivery.n === n),
      "nothing is told of no end",
    );
  }
});

t.test("a job that is gone gets no further delivery, and nothing is left of it", async (t) => {
  const { deliveries, end, delivery, redis } = await startDelivering(t, server, { delays: [1000] });
  const receiver = await startReceiver(t, [answer(500)]);
  const failedOnce = async (id: string) => (await delivery(id))?.failures === 1;

  const removed = await end({ webhook: receiver.url });
  await until("it failed once", () => failedOnce(removed));
  await until("it waits", async () => (await keysOf(redis)).includes("{abacus}:webhooks:delayed"));
  await deliveries.forget(removed);
  await redis.del(jobKey(removed), deliveriesKey(removed));
  t.same(await keysOf(redis), [], "what was forgotten does not even wait");

  const unforgotten = await end({ webhook: receiver.url });
  await until("it failed once", () => failedOnce(unforgotten));
  await redis.del(jobKey(unforgotten), deliveriesKey(unforgotten));
  await until("it ends by itself", async () => (await keysOf(redis)).length === 0);
  t.equal(receiver.received.length, 2);
});

t.test("no attempt is planned for when the job will have expired", async (t) => {
  const { end, settled, redis } = await startDelivering(t, server, { delays: [60_000] });
  const receiver = await startReceiver(t, [answer(500)]);
  const id = await end({ webhook: receiver.url, ttl: 2000 });
  t.match(await settled(id), { state: "failed", attempts: [{ status: 500 }] });
  await until("it has expired", async () => (await keysOf(redis)).length === 0);
});

t.test("a job that is removed while it is told of", async (t) => {
  const { deliveries, end, redis } = await startDelivering(t, server, { timeout: 300 });
  const receiver = await startReceiver(t, [hang]);
  const id = await end({ webhook: receiver.url });
  await receiver.count(1);
  await deliveries.forget(id);
  await redis.del(jobKey(id), deliveriesKey(id));
  await until("nothing is left", async () => (await keysOf(redis)).length === 0);
  t.equal(receiver.received.length, 1);
});

t.test("a job that was retried before it could be told how it ended", async (t) => {
  const { deliveries, delivery, end, settled, redis } = await startDelivering(t, server, { delays: [1000] });
  const receiver = await startReceiver(t, [answer(500), answer(200)]);
  const id = await end({ webhook: receiver.url, state: "failed" });
  await until("it failed once", async () => (await delivery(id))?.failures === 1);
  await redis.hset(jobKey(id), { state: "queued" });
  await redis.hdel(jobKey(id), "finishedAt", "expiresAt");
  t.equal(await deliveries.redeliver(id, 1), "superseded");
  t.match(await settled(id), {
    state: "failed",
    event: "job.failed",
    attempts: [
      { status: 500 },
      { status: null, error: "the job was retried before this could be delivered" },
    ],
  });
  await redis.hset(jobKey(id), {
    state: "completed",
    finishedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
  });
  await redis.hincrby(jobKey(id), "deliveries", 1);
  await deliveries.announce(id, 2);
  t.match(await settled(id, 2), { n: 2, state: "delivered", event: "job.completed" });
  t.equal(receiver.received[1]!.headers["webhook-id"], `msg_${id}_2`);
  t.same(
    (await deliveries.list(id)).map(({ n }) => n),
    [1, 2],
  );
});

t.test("a job that was retried, and has ended again, tells of its last end alone", async (t) => {
  const { deliveries, end, settled, redis, start } = await startDelivering(t, server, { deliver: false });
  const receiver = await startReceiver(t);
  const id = await end({ webhook: receiver.url, state: "failed" });
  await redis.hset(jobKey(id), { state: "completed", deliveries: 2 });
  await deliveries.announce(id, 2);
  await start();
  t.match(await settled(id, 1), { state: "failed", event: "job.failed", attempts: [{ status: null }] });
  t.match(await settled(id, 2), { state: "delivered", event: "job.completed" });
  t.same(
    receiver.received.map(({ headers }) => headers["webhook-id"]),
    [`msg_${id}_2`],
  );
});
