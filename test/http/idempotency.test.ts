// Idempotency-Key: of all requests with the same key one makes a job, whatever crashes in between.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { AUTHORIZATION, type Json, PASSWORD, startTestService } from "../service.js";
import { until } from "../until.js";
import { connectTo } from "./raw-connection.js";

const service = await startTestService(t, {
  registry: await fixtureRegistry(),
  env: { THREADS: "1", INLINE_BYTES: "1000", ACCOUNT_JOBS: "1000" },
});
const { post, request, ended } = service;
const redis = service.redis.connect();
await createAccounts(redis).add("ann", PASSWORD);
const ANN = { authorization: `Basic ${Buffer.from(`ann:${PASSWORD}`).toString("base64")}` };

let keys = 0;
const newKey = () => `key-${++keys}`;
const send = (key: string, body: unknown = { value: 1 }, more: Record<string, string> = {}) =>
  post("/v1/test/echo", body, { "idempotency-key": key, ...more });
const uploads = () => readdir(join(service.dataDir, "uploads"));

/** A form with a file, whose boundary is another one each time. */
function sendFile(key: string, content: string, fields: [string, string][] = [], name = "a.csv") {
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  form.append("file", new Blob([content]), name);
  const headers = { "idempotency-key": key };
  return request("/v1/stats", { method: "POST", body: form, headers });
}

async function refused(
  t: Test,
  { status, body }: { status: number; body: Json },
  kind: string,
  code: number,
) {
  t.equal(status, code);
  t.match(body, { type: `urn:abacus:problem:${kind}` });
}

t.test("a replay is answered with the job as it is now", async (t) => {
  const key = newKey();
  const init = { method: "POST", headers: { "content-type": "application/json", "idempotency-key": key } };
  const body = '{"value":{"a":1,"b":2}}';
  const first = await request("/v1/test/echo", { ...init, body });
  t.equal(first.status, 202);
  t.equal(first.headers.get("idempotency-replayed"), null);
  const { id } = (await first.json()) as Json;
  await ended(id);
  const again = await request("/v1/test/echo", { ...init, body: '{ "value": { "b": 2, "a": 1 } }' });
  t.equal(again.status, 202, "the request is the same, however it is written");
  t.equal(again.headers.get("idempotency-replayed"), "true");
  t.equal(again.headers.get("location"), `/v1/jobs/${id}`);
  t.match(await again.json(), { id, state: "completed", result: { a: 1, b: 2 } });
  const waited = await send(key, { value: { a: 1, b: 2 } }, { prefer: "wait=10" });
  t.equal(waited.status, 200);
  t.equal(waited.body.id, id);
  const quoted = await send(`"${key}"`, { value: { a: 1, b: 2 } });
  t.equal(quoted.body.id, id, "in quotes, as the draft writes it");
  const left = await redis.pttl((await redis.keys("{abacus}:idempotency:admin:*"))[0]!);
  t.ok(left > 86_000_000 && left <= 86_400_000, "for 24 hours");
});

t.test("it waits like any other", async (t) => {
  const { status, body } = await send(newKey(), { value: 7 }, { prefer: "wait=30" });
  t.equal(status, 200);
  t.match(body, { state: "completed", result: 7 });
});

t.test("another request with the key is refused, and another account's key is another", async (t) => {
  const key = newKey();
  const { body } = await send(key);
  await refused(t, await send(key, { value: 2 }), "key-reused", 422);
  const inQuery = await post("/v1/test/echo?label=x", { value: 1 }, { "idempotency-key": key });
  await refused(t, inQuery, "key-reused", 422);
  const elsewhere = await post("/v1/test/split", { value: 1 }, { "idempotency-key": key });
  await refused(t, elsewhere, "key-reused", 422);
  const anns = await send(key, { value: 2 }, ANN);
  t.equal(anns.status, 202);
  t.not(anns.body.id, body.id);
});

t.test("equal requests at the same instant make one job", async (t) => {
  for (let round = 0; round < 10; round++) {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(key, { value: round })));
    t.same([...new Set(answers.map(({ status }) => status))], [202]);
    const ids = new Set(answers.map(({ body }) => body.id));
    t.equal(ids.size, 1);
    t.match(await ended([...ids][0]), { state: "completed", result: round, attempts: 1 });
  }
  await until("nothing is left in the queue", async () => (await redis.zcard("{abacus}:outstanding")) === 0);
});

t.test("an upload is the same by its content, its fields in any order", async (t) => {
  const key = newKey();
  const content = "a,b\n1,2\n";
  const fields: [string, string][] = [
    ["delimiter", ","],
    ["usecols", "a"],
  ];
  const first: Json = await (await sendFile(key, content, fields)).json();
  t.equal(first.state, "queued");
  const again = await sendFile(key, content, fields.toReversed());
  t.equal(again.status, 202);
  t.equal(((await again.json()) as Json).id, first.id);
  t.same(await uploads(), [first.id], "what was sent again is gone");
  for (const [content, ...more] of [
    ["a,b\n1,3\n", fields],
    ["a,b\n1,2\n", fields.slice(1)],
    ["a,b\n1,2\n", fields, "b.csv"],
  ] as [string, [string, string][], string?][]) {
    const response = await sendFile(key, content, ...more);
    await refused(t, { status: response.status, body: await response.json() }, "key-reused", 422);
  }
  t.same(await uploads(), [first.id]);
  t.match(await ended(first.id), { state: "completed", result: { rows: 1 } });
});

t.test("a large body that is stored, too", async (t) => {
  const key = newKey();
  const value = "x".repeat(2000);
  const first = await send(key, { value });
  const again = await send(key, { value });
  t.equal(again.body.id, first.body.id);
  await refused(t, await send(key, { value: `${value}x` }), "key-reused", 422);
  t.match(await ended(first.body.id), { state: "completed", result: value });
});

t.test("409 while the first upload is still arriving, and not any more when it was cut off", async (t) => {
  const key = newKey();
  const head = (length: number) =>
    `POST /v1/stats HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Type: text/csv\r\n` +
    `Idempotency-Key: ${key}\r\nContent-Length: ${length}\r\n\r\n`;
  const slow = await connectTo(t, service.url);
  slow.send(head(8), "a,b\n");
  await until("it arrives", async () => (await uploads()).some((name) => name.endsWith(".part")));
  const headers = { "content-type": "text/csv", "idempotency-key": key };
  const during = await request("/v1/stats", { method: "POST", body: "a,b\n1,2\n", headers });
  t.ok(during.headers.get("retry-after"));
  await refused(t, { status: during.status, body: await during.json() }, "key-arriving", 409);
  slow.socket.destroy();
  const after = await until("the key is free", async () => {
    const response = await request("/v1/stats", { method: "POST", body: "a,b\n1,2\n", headers });
    return response.status === 202 && response;
  });
  const { id } = (await after.json()) as Json;
  t.match(await ended(id), { state: "completed" });
});

t.test("a crash between the key and the queue is repaired by the next replay", async (t) => {
  for (const point of ["before the record", "before the queue", "after the queue"]) {
    for (const kind of ["JSON", "upload"]) {
      const key = newKey();
      const again = async () =>
        kind === "JSON"
          ? (await send(key)).body
          : ((await (await sendFile(key, "a,b\n1,2\n")).json()) as Json);
      const before = new Set(await redis.keys("{abacus}:idempotency:*"));
      const first = await again();
      await ended(first.id);
      const record = (await redis.keys("{abacus}:idempotency:*")).find((one) => !before.has(one))!;
      // as it is after a crash at that point
      await redis.hdel(record, "accepted");
      const entered = ["lane", "account", "type", "madeName", "createdAt", "priority", "ttl", "input"];
      const values = await redis.hmget(`{abacus}:job:${first.id}`, ...entered);
      if (point !== "after the queue") await request(`/v1/jobs/${first.id}`, { method: "DELETE" });
      if (point === "before the queue") {
        const fields = entered.flatMap((name, at) => [name, values[at] as string]);
        await redis.hset(`{abacus}:job:${first.id}`, "state", "queued", "number", 1, ...fields);
      }
      const replay = await again();
      t.equal(replay.id, first.id, `${point}, ${kind}`);
      t.match(await ended(first.id), { state: "completed" }, `${point}, ${kind}`);
      t.equal(await redis.hget(record, "accepted"), "1");
      t.equal((await again()).id, first.id);
    }
  }
});

t.test("a request that was refused leaves its key free", async (t) => {
  const key = newKey();
  t.equal((await send(key, { unknown: 1 })).status, 400);
  t.equal((await send(key, "{")).status, 400);
  t.equal((await send(key, { value: 3 })).status, 202);
  const other = newKey();
  t.equal((await sendFile(other, "a\n1\n", [["delimiter", "too long"]])).status, 422);
  t.equal((await sendFile(other, "a\n1\n")).status, 202);
});

t.test("of a job that was deleted a replay says so", async (t) => {
  const key = newKey();
  const { body } = await send(key);
  await ended(body.id);
  await request(`/v1/jobs/${body.id}`, { method: "DELETE" });
  t.equal((await send(key)).status, 404);
});

t.test("what no key can be", async (t) => {
  for (const key of ["x".repeat(256), '""', "tab\there", "ümlaut"]) {
    const { status, body } = await send(key);
    t.equal(status, 400, key);
    t.match(body.detail, "Idempotency-Key must be 1 to 255 visible ASCII characters");
  }
  t.equal((await send("x".repeat(255))).status, 202);
});
