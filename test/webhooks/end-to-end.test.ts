// Webhooks from the submission to the receiver: over HTTP, and with real processes that are killed on the way.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import t, { type Test } from "tap";
import { readRecord, SUMMARY_FIELDS } from "../../src/jobs/record.js";
import { transitions } from "../../src/jobs/transitions.js";
import { makeCertificate, NO_OPENSSL } from "../certificate.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { runToEnd, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { type Json, startTestService, type TestService } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { keysOf } from "./delivering.js";
import { answer, hang, startReceiver } from "./receiver.js";

const PROBLEM = "urn:abacus:problem:";

async function startWithWebhooks(t: Test) {
  const env = { WEBHOOK_ALLOW: "127.0.0.1" };
  return startTestService(t, { registry: await fixtureRegistry(), env });
}

async function submit(service: TestService, path: string, body: Json, webhook: string): Promise<string> {
  const answer = await service.post(path, body, { "abacus-webhook": webhook });
  if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

/** What there is at a path. */
async function get(service: TestService, path: string): Promise<Json> {
  return (await service.request(path)).json();
}

/** The deliveries of a job when none is pending. */
async function settled(service: TestService, id: string, count = 1): Promise<Json[]> {
  return until("the deliveries are settled", async () => {
    const { deliveries } = await get(service, `/v1/jobs/${id}/deliveries`);
    return (
      deliveries.length === count && deliveries.every((one: Json) => one.state !== "pending") && deliveries
    );
  });
}

t.test("completed, failed and canceled jobs call their webhooks once", async (t) => {
  const service = await startWithWebhooks(t);
  const receiver = await startReceiver(t);
  const redis = service.redis.connect();
  const ids = {
    "job.completed": await submit(service, "/v1/test/echo", { value: [1] }, receiver.url),
    "job.failed": await submit(service, "/v1/test/fail", { value: 1 }, receiver.url),
    "job.canceled": await submit(service, "/v1/test/spin", {}, receiver.url),
  };
  const canceled = ids["job.canceled"];
  await until("it runs", async () => (await get(service, `/v1/jobs/${canceled}`)).startedAt);
  const cancel = await service.request(`/v1/jobs/${canceled}/cancel`, { method: "POST" });
  t.equal(cancel.status, 202);
  const secret = async () => (await redis.get("{abacus}:webhook-secret:admin")) as string;
  for (const [event, id] of Object.entries(ids)) {
    const [delivery] = await settled(service, id);
    t.match(delivery, {
      ...{ n: 1, webhookId: `msg_${id}_1`, event, state: "delivered", nextAttemptAt: null },
      attempts: [{ status: 204, error: null }],
    });
    const sent = receiver.received.filter(({ headers }) => headers["webhook-id"] === `msg_${id}_1`);
    t.equal(sent.length, 1);
    const read = new Webhook(await secret()).verify(sent[0]!.body, sent[0]!.headers) as Json;
    const job = await get(service, `/v1/jobs/${id}`);
    t.same(read, { type: event, timestamp: job.finishedAt, data: { ...job, result: null } });
    t.notMatch(JSON.stringify(job), /of-its-own/, "the URL is not in the document");
  }
  t.equal(receiver.received.length, 3);
});

t.test("deliveries are seen and repeated by the account alone", async (t) => {
  const service = await startWithWebhooks(t);
  const receiver = await startReceiver(t);
  const id = await submit(service, "/v1/test/echo", {}, receiver.url);
  await settled(service, id);
  const redeliver = (n: string) =>
    service.request(`/v1/jobs/${id}/deliveries/${n}/redeliver`, { method: "POST" });
  const again = await redeliver("1");
  t.equal(again.status, 202);
  t.match(await again.json(), { n: 1, state: "pending", attempts: [{ status: 204 }] });
  await receiver.count(2);
  t.same(receiver.received[0]!.headers["webhook-id"], receiver.received[1]!.headers["webhook-id"]);
  const [delivery] = await settled(service, id);
  t.equal(delivery.attempts.length, 2);
  for (const n of ["2", "0", "01", "x", "99999999999"]) t.equal((await redeliver(n)).status, 404, n);

  const plain = (await service.post("/v1/test/echo", {}, { prefer: "wait=10" })).body.id;
  t.same(await get(service, `/v1/jobs/${plain}/deliveries`), { deliveries: [] });
  t.equal((await service.request("/v1/jobs/unknown/deliveries")).status, 404);

  const redis = service.redis.connect();
  await redis.hset(`{abacus}:job:${id}`, "account", "ben");
  t.equal((await service.request(`/v1/jobs/${id}/deliveries`)).status, 404, "of another account");
  t.equal((await redeliver("1")).status, 404);
  const seen = await get(service, `/v1/jobs/${id}/deliveries?account=ben`);
  t.match(seen, { deliveries: [{ n: 1, state: "delivered" }] }, "but by an admin who says whose it is");
  t.equal((await service.request(`/v1/jobs/${id}/deliveries?account=`)).status, 422);
});

t.test("a URL that would not be called is refused before anything is accepted", async (t) => {
  const service = await startWithWebhooks(t);
  const cases: [webhook: string, status: number, name: string][] = [
    ["http://example.com/", 400, "invalid-input"],
    ["https://ann:secret@127.0.0.1/", 400, "invalid-input"],
    ["", 400, "invalid-input"],
    ["https://10.0.0.1/", 422, "impossible-value"],
    ["https://169.254.169.254/latest/meta-data/", 422, "impossible-value"],
    ["https://[::ffff:10.0.0.1]/", 422, "impossible-value"],
    ["https://localhost/", 422, "impossible-value"],
  ];
  for (const [webhook, status, name] of cases) {
    const { status: answered, body } = await service.post("/v1/test/echo", {}, { "abacus-webhook": webhook });
    t.equal(answered, status, webhook);
    t.match(body, { type: PROBLEM + name, errors: [{ path: "/Abacus-Webhook" }] });
  }
  t.same((await get(service, "/v1/jobs")).jobs, []);
});

t.test("a retried job calls again, under its next number; a deleted one leaves nothing", async (t) => {
  const service = await startWithWebhooks(t);
  const receiver = await startReceiver(t, [answer(204), answer(500)]);
  const id = await submit(service, "/v1/test/fail", { value: 1 }, receiver.url);
  await settled(service, id);
  const retry = await service.request(`/v1/jobs/${id}/retry`, { method: "POST" });
  t.equal(retry.status, 202);
  await receiver.count(2);
  t.equal(receiver.received[1]!.headers["webhook-id"], `msg_${id}_2`);
  const list = async () => (await get(service, `/v1/jobs/${id}/deliveries`)).deliveries;
  const second = await until("it failed", async () => {
    const [, second] = await list();
    return second?.attempts.length === 1 && second;
  });
  t.match(second, { n: 2, event: "job.failed", state: "pending", attempts: [{ status: 500 }] });
  const wait = Date.parse(second.nextAttemptAt) - Date.parse(second.attempts[0].at);
  t.ok(wait >= 4000 && wait < 20_000, `${wait} ms`);
  const redis = service.redis.connect();
  await until("it waits", async () => (await redis.zcard("{abacus}:webhooks:delayed")) === 1);
  const stale = await service.request(`/v1/jobs/${id}/deliveries/1/redeliver`, { method: "POST" });
  t.equal(stale.status, 409);
  t.match(await stale.json(), { type: `${PROBLEM}superseded` });
  t.equal((await service.request(`/v1/jobs/${id}`, { method: "DELETE" })).status, 204);
  await until("BullMQ has forgotten it", async () => !(await keysOf(redis)).some((key) => key.includes(id)));
  t.equal(await redis.zcard("{abacus}:webhooks:delayed"), 0);
});

t.test("a worker that is killed while it delivers, and one that never got to it", async (t) => {
  const server = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: server.path, RECOVERY: "2", WEBHOOK_ALLOW: "127.0.0.1" };
  const start = (command: "api" | "worker") => startProcess(t, workplace, command, { env, fixtures: true });
  const [api, first] = await Promise.all([start("api"), start("worker")]);
  const receiver = await startReceiver(t, [hang, answer(204)]);
  const headers = { "abacus-webhook": receiver.url };
  const { body } = await api.post("/v1/test/echo", {}, headers);
  await receiver.count(1);
  await first.end("SIGKILL");

  // as a front leaves it that is killed between the outcome and all that follows from it
  const { id } = (await api.post("/v1/test/echo", {}, headers)).body;
  const steps = transitions(server.connect());
  const job = readRecord(id, SUMMARY_FIELDS, await steps.find(id, SUMMARY_FIELDS))!;
  await steps.finish(job, { state: "canceled" }, Date.now());

  await start("worker");
  const received = await receiver.count(3);
  const sent = received.map(({ headers, body }) => [headers["webhook-id"], JSON.parse(body).type]);
  t.same(sent[0], [`msg_${body.id}_1`, "job.completed"]);
  t.same(
    sent.slice(1).sort(),
    [
      [`msg_${body.id}_1`, "job.completed"],
      [`msg_${id}_1`, "job.canceled"],
    ].sort(),
  );
  for (const one of [body.id, id])
    await until("it is delivered", async () => {
      const { deliveries } = (await api.request(`/v1/jobs/${one}/deliveries`)).body;
      return deliveries[0]?.state === "delivered";
    });
});

t.test("over TLS, with the secret that the command line tells", { skip: NO_OPENSSL }, async (t) => {
  const server = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const [cert, key] = [join(workplace.folder, "hook.pem"), join(workplace.folder, "hook.key")];
  makeCertificate(cert, key);
  const receiver = await startReceiver(t, [answer(204)], {
    cert: readFileSync(cert),
    key: readFileSync(key),
  });
  const env = {
    ...{ REDIS_URL: server.path, LOG_LEVEL: "debug" },
    ...{ WEBHOOK_ALLOW: "localhost", NODE_EXTRA_CA_CERTS: cert },
  };
  const serve = await startProcess(t, workplace, "serve", { env });
  const before = await runToEnd(t, workplace, ["account", "secret", "admin"], { env });
  t.match(before, { code: 0, stdout: /^whsec_\S+\n$/ });
  const { stdout, code } = await runToEnd(t, workplace, ["account", "secret", "admin", "--rotate"], { env });
  t.equal(code, 0);
  const webhook = `https://localhost:${receiver.port}/hook?key=of-its-own`;
  await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { "abacus-webhook": webhook });
  const [sent] = await receiver.count(1);
  t.match(new Webhook(stdout.trim()).verify(sent!.body, sent!.headers), { type: "job.completed" });
  t.throws(
    () => new Webhook(before.stdout.trim()).verify(sent!.body, sent!.headers),
    "the one before is void",
  );
  await until("it is logged", () => serve.stderr().includes("webhook called"));
  t.notMatch(serve.stderr(), /of-its-own|whsec_/);
  const redis = server.connect();
  for (const key of await redis.keys("{abacus}:*:*")) {
    if ((await redis.type(key)) !== "hash") continue;
    const fields = Object.entries(await redis.hgetall(key)).filter(([, value]) =>
      value.includes("of-its-own"),
    );
    const names = fields.map(([name]) => name);
    t.same(names, names.length > 0 && /^\{abacus\}:job:\w+$/.test(key) ? ["webhook"] : [], key);
  }
});
