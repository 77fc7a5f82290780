// What Redis can do to a service: refuse writes, load for long, be restarted, be away for a minute. Submissions are
// refused quickly meanwhile, workers come back by themselves, and what was accepted is finished.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import t, { type Test } from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import type { TestRedis } from "../redis-server.js";
import { startTestService, type TestService } from "../service.js";
import { until } from "../until.js";

t.setTimeout(115_000);
const registry = await fixtureRegistry();
const MINUTE = 60_000;
/** A second, and another one for this process, which is client, service and test in one; milliseconds. */
const ANSWER_TIME = 2000;

const echo = (value: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ value }),
});

interface Accepted {
  id: string;
}

async function start(t: Test): Promise<TestService> {
  const service = await startTestService(t, { registry, env: { THREADS: "1" } });
  await until("ready", async () => (await fetch(`${service.url}/readyz`)).status === 200);
  return service;
}

/** Jobs of which one runs and the others wait. */
async function submitThree({ post, request }: TestService): Promise<string[]> {
  const ids: string[] = [];
  for (const value of [1, 2, 3]) {
    const { status, body } = await post("/v1/test/grind", { seconds: 1, value });
    if (status !== 202) throw new Error(`not accepted: ${status}`);
    ids.push((body as Accepted).id);
  }
  await until("one runs", async () => {
    const { jobs } = (await (await request("/v1/jobs?state=active")).json()) as { jobs: Accepted[] };
    return jobs.length > 0;
  });
  return ids;
}

/** A submission is refused quickly, as something to be tried again. */
async function refuses(t: Test, { request }: TestService): Promise<void> {
  const began = performance.now();
  const response = await request("/v1/test/echo", echo("refused"));
  const took = performance.now() - began;
  t.equal(response.status, 503);
  t.ok(took < ANSWER_TIME, `after ${Math.round(took)} ms`);
  t.match(response.headers.get("retry-after"), /^\d+$/);
  t.match(await response.json(), { type: "urn:abacus:problem:unavailable", status: 503 });
}

/** Submissions are accepted and computed again, and all those jobs end. */
async function recovers(t: Test, service: TestService, ids: string[]): Promise<void> {
  await until("submissions are accepted", async () => {
    return (await service.request("/v1/test/echo", echo("accepted"))).status === 202;
  });
  const { id } = (await (await service.request("/v1/test/echo", echo("back"))).json()) as Accepted;
  t.match(await service.ended(id), { state: "completed", result: "back" }, "workers take jobs again");
  for (const [i, accepted] of ids.entries())
    t.match(
      await service.ended(accepted),
      { state: "completed", result: i + 1 },
      `accepted before: ${i + 1}`,
    );
}

t.jobs = 2; // while nothing happens in the first

t.test("gone for a minute", async (t) => {
  const service = await start(t);
  const ids = await submitThree(service);
  await service.redis.stop("SIGKILL");
  await refuses(t, service);
  await sleep(MINUTE);
  await refuses(t, service);
  await service.redis.restart();
  await recovers(t, service, ids);
});

t.test("restarted between a submission and its first poll", async (t) => {
  const service = await start(t);
  const ids = await submitThree(service);
  await service.redis.stop("SIGKILL");
  await service.redis.restart();
  await recovers(t, service, ids);
});

t.test("loading", async (t) => {
  const service = await start(t);
  const connection = service.redis.connect({ enableReadyCheck: false }); // which would hide the loading
  const filling = connection.pipeline();
  for (let i = 0; i < 20_000; i += 1) filling.set(`filling:${i}`, i);
  await filling.exec();
  const ids = await submitThree(service);
  // a command of the file takes 200 µs to load: four seconds for all
  const restarted = service.redis.restart({ "key-load-delay": "200" });
  restarted.catch(() => {});
  await until("it loads", () =>
    connection.ping().then(
      () => false,
      ({ message }) => /^LOADING /.test(message),
    ),
  );
  await refuses(t, service);
  t.equal((await service.request("/v1/jobs")).status, 503, "what was stored is not known yet");
  await restarted;
  await recovers(t, service, ids);
});

type Work = (connection: Redis, redis: TestRedis) => Promise<unknown>;
const set =
  (name: string, value: string): Work =>
  (connection) =>
    connection.config("SET", name, value);

/** What makes Redis refuse writes, and what ends it. */
const refusals: [name: string, begin: Work, end: Work][] = [
  ["out of memory", set("maxmemory", "1"), set("maxmemory", "0")],
  [
    "read-only",
    (connection) => connection.replicaof("127.0.0.1", "1"),
    (connection) => connection.replicaof("NO", "ONE"),
  ],
  [
    "without the replicas that it should have",
    set("min-replicas-to-write", "1"),
    set("min-replicas-to-write", "0"),
  ],
  ["unable to save", failToSave, set("save", "")],
];

/** MISCONF: where the snapshot would be there is a folder. */
async function failToSave(connection: Redis, { dir }: TestRedis): Promise<void> {
  await mkdir(join(dir, "dump.rdb"));
  await connection.config("SET", "save", "3600 1");
  await connection.bgsave();
  await until("it has failed", async () =>
    /rdb_last_bgsave_status:err/.test(await connection.info("persistence")),
  );
}

for (const [name, begin, end] of refusals)
  t.test(name, async (t) => {
    const service = await start(t);
    const connection = service.redis.connect();
    const ids = await submitThree(service);
    await begin(connection, service.redis);
    await refuses(t, service);
    const poll = await service.request(`/v1/jobs/${ids[2]}`);
    t.equal(poll.status, 200, "what it knows can be read");
    await sleep(1500); // the job that runs ends meanwhile
    await refuses(t, service);
    await end(connection, service.redis);
    await recovers(t, service, ids);
  });
