// Completion against cancellation and deletion at the same instant: each job ends in one way, for everyone.
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { LANES } from "../../src/jobs/lanes.js";
import { bullKey, jobsKey, outstandingKey } from "../../src/redis/keys.js";
import { type ServiceProcess, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const JOBS = 1000;
/** At a time. */
const RACES = 25;
/** Every so many jobs one is deleted instead of canceled. */
const DELETED = 5;

/** What somebody saw of a job at the end: its state, or `gone`. */
type Seen = string;

interface Race {
  id: string;
  /** What the answer to the cancellation or deletion means. */
  decided: Seen | undefined;
  /** What a client saw that waited for the end in the other process. */
  waited: Seen;
}

/**
 * When to strike, so that about half of the jobs are finished by then: each that was finished lets the
 * following be struck earlier, each that was not, later. Milliseconds.
 */
class Aim {
  private delay = 5;

  next(): number {
    return this.delay * 2 * Math.random();
  }

  struck(finished: boolean): void {
    this.delay = Math.min(500, Math.max(0.1, this.delay * (finished ? 0.9 : 1.1)));
  }
}

async function look(
  service: ServiceProcess,
  id: string,
  headers: Record<string, string> = {},
): Promise<Seen> {
  const { status, body } = await service.request(`/v1/jobs/${id}`, { headers });
  return status === 404 ? "gone" : body.state;
}

async function race(front: ServiceProcess, other: ServiceProcess, number: number, aim: Aim): Promise<Race> {
  const id = await front.submit("/v1/test/spin", { seconds: Math.random() * 0.004, value: number });
  const waiting = look(other, id, { prefer: "wait=30" });
  await sleep(aim.next());
  const path = `/v1/jobs/${id}`;
  if (number % DELETED === 0) {
    const { status } = await front.request(path, { method: "DELETE" });
    return { id, decided: status === 204 ? "gone" : undefined, waited: await waiting };
  }
  const { status, body } = await front.post(`${path}/cancel`);
  aim.struck(status === 409);
  if (status === 202 && body.state !== "canceled") throw new Error(`202, but ${JSON.stringify(body)}`);
  const decided = { 202: "canceled", 409: "completed" }[status];
  return { id, decided, waited: await waiting };
}

/** All ids that the pages of a list hold. */
async function list(service: ServiceProcess, state: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ""; ; ) {
    const { body } = await service.request(`/v1/jobs?state=${state}&limit=100${cursor}`);
    ids.push(...body.jobs.map((job: { id: string }) => job.id));
    if (body.nextCursor === null) return ids;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

t.test("a thousand jobs, each struck around its end", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const options = { env: { REDIS_URL: redis.path, THREADS: "2", LOG_LEVEL: "warn" }, fixtures: true };
  const [one, two, worker] = await Promise.all([
    startProcess(t, workplace, "api", options),
    startProcess(t, workplace, "api", options),
    startProcess(t, workplace, "worker", options),
  ]);

  const races: Race[] = [];
  const aim = new Aim();
  let started = 0;
  await Promise.all(
    Array.from({ length: RACES }, async () => {
      while (started < JOBS) {
        const number = started++;
        const [front, other] = number % 2 ? [one, two] : [two, one];
        races.push(await race(front, other, number, aim));
      }
    }),
  );

  const count = (seen: Seen) => races.filter(({ decided }) => decided === seen).length;
  t.same(
    races.filter(({ decided }) => decided === undefined),
    [],
    "each strike has an answer",
  );
  t.comment(`completed ${count("completed")}, canceled ${count("canceled")}, deleted ${count("gone")}`);
  t.equal(count("gone"), JOBS / DELETED);
  for (const state of ["completed", "canceled"])
    t.ok(count(state) > JOBS / 10, `both are tried: ${count(state)} ${state}`);
  // one that was deleted may have been seen as completed before
  t.same(
    races.filter(
      ({ decided, waited }) => waited !== decided && !(decided === "gone" && waited === "completed"),
    ),
    [],
    "who waited in the other process saw the same",
  );

  for (const service of [one, two]) {
    const polled = await Promise.all(races.map(async ({ id }) => look(service, id)));
    t.same(
      races.filter(({ decided }, i) => polled[i] !== decided),
      [],
      "every poll sees it",
    );
    for (const state of ["queued", "active", "completed", "failed", "canceled"]) {
      const expected = races.filter(({ decided }) => decided === state).map(({ id }) => id);
      t.same(await list(service, state), expected.sort().reverse(), `the list of what is ${state}`);
    }
  }

  const connection = redis.connect();
  const leftovers = async () => {
    const lists = ["wait", "active", "prioritized", "delayed", "completed", "failed", "paused", "stalled"];
    const keys = LANES.flatMap((lane) => lists.map((name) => bullKey(lane, name)));
    keys.push(outstandingKey, jobsKey("admin", "state", "queued"), jobsKey("admin", "state", "active"));
    const exist = await Promise.all(keys.map(async (key) => (await connection.exists(key)) > 0));
    const jobs = await connection.exists(
      ...races.flatMap(({ id }) => LANES.map((lane) => bullKey(lane, id))),
    );
    return [...keys.filter((_, i) => exist[i]), ...(jobs > 0 ? [`${jobs} of BullMQ's jobs`] : [])];
  };
  await until("nothing is left in the queues", async () => (await leftovers()).length === 0).catch(() => {});
  t.same(await leftovers(), [], "nothing is left in the queues");
  t.equal(await connection.zcard(jobsKey("admin")), JOBS - JOBS / DELETED);
  t.equal(worker.stderr(), "", "the worker has nothing to complain of");
});
