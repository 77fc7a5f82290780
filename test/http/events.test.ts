// A job's events: what they tell, from where they go on, how they end, and many streams at once.
import t, { type Test } from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService, type TestService } from "../service.js";
import { until } from "../until.js";
import { type EventSource, openEvents } from "./event-source.js";
import { connectTo } from "./raw-connection.js";

const registry = await fixtureRegistry();
const service = await startTestService(t, { registry, env: { THREADS: "2" } });

const redis = service.redis.connect();

const eventsOf = (id: string) => `/v1/jobs/${id}/events`;

async function submit(path: string, input: object = {}): Promise<string> {
  const { status, body } = await service.post(path, input);
  if (status !== 202) throw new Error(`${path} was answered with ${status}`);
  return body.id;
}

function open(t: Test, id: string, headers: Record<string, string> = {}, of: TestService = service) {
  return openEvents(t, of.url, eventsOf(id), { headers });
}

/** Whether a process hears of the changes of a job. */
async function isListenedTo(id: string): Promise<boolean> {
  return ((await redis.pubsub("CHANNELS", `*${id}`)) as string[]).length > 0;
}

const remove = (id: string) => service.request(`/v1/jobs/${id}`, { method: "DELETE" });
const cancel = (id: string) => service.request(`/v1/jobs/${id}/cancel`, { method: "POST" });
const types = ({ events }: EventSource) => events.map(({ type }) => type);

function assertIdsGrow(t: Test, { events }: EventSource): void {
  t.ok(
    events.every(({ id }, at) => id > (events[at - 1]?.id ?? 0)),
    `ids grow: ${events.map(({ id }) => id)}`,
  );
}

/** Until an event of this type has come. */
const told = (source: EventSource, type: string) =>
  until(`${type} is told`, () => source.events.find((event) => event.type === type));

/** Nobody computes what it accepts, for now; a stream of it is open while the other tests run. */
const front = await startTestService(t, { registry, roles: { http: true, work: false } });
const { body: untaken } = await front.post("/v1/test/grind", { seconds: 0.8 });
const silent = await openEvents(t, front.url, eventsOf(untaken.id));

t.test("from the queue to the end", async (t) => {
  const blocking = [await submit("/v1/test/grind"), await submit("/v1/test/grind")];
  const id = await submit("/v1/test/grind", { seconds: 0.8, value: "x".repeat(1000) });
  const source = await open(t, id);
  t.equal(source.status, 200);
  t.match(source.headers, {
    "content-type": /^text\/event-stream/,
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-request-id": String,
    "x-content-type-options": "nosniff",
  });
  const first = await told(source, "state");
  t.match(first.job, { id, state: "queued", position: 1, links: { events: eventsOf(id) } });
  t.equal(first.id, 1);
  t.ok(source.retry !== undefined && source.retry >= 1000 && source.retry <= 3000);
  await Promise.all(blocking.map(remove));
  await source.ended;
  t.match(types(source), ["state", "state", /progress/]);
  t.equal(types(source).at(-1), "completed");
  t.match(source.events[1]?.job, { state: "active", attempts: 1, position: null });
  const progress = source.events.filter(({ type }) => type === "progress");
  t.ok(progress.length > 0);
  t.ok(progress.every(({ job }) => job.progress.stage === "spinning" && job.state === "active"));
  assertIdsGrow(t, source);
  t.ok(
    source.events.every(({ job }) => job.result === null && job.id === id),
    "never with the result",
  );
  t.match(source.events.at(-1)?.job, { state: "completed", finishedAt: String, links: { result: String } });
  const document = await (await service.request(`/v1/jobs/${id}`)).json();
  t.strictSame(
    source.events.at(-1)?.job,
    { ...(document as object), result: null },
    "else the document itself",
  );
});

t.test("each ending has its own event, also for who comes after it; whoever had it gets 204", async (t) => {
  const failed = await submit("/v1/test/fail", { value: 1 });
  const canceled = await submit("/v1/test/grind");
  const completed = await submit("/v1/test/echo", { value: 1 });
  const whileRunning = await open(t, canceled);
  await told(whileRunning, "state");
  await cancel(canceled);
  await whileRunning.ended;
  t.equal(types(whileRunning).at(-1), "canceled");
  for (const [state, id] of Object.entries({ failed, canceled, completed })) {
    await service.ended(id);
    const source = await open(t, id);
    await source.ended;
    t.strictSame(types(source), [state]);
    t.match(source.events[0]?.job, { id, state });
    const { id: last = 0 } = source.events[0] ?? {};
    const again = await open(t, id, { "last-event-id": String(last) });
    await again.ended;
    t.equal(again.status, 204);
    t.strictSame(again.events, []);
    const described = await service.request(eventsOf(id), { headers: { "last-event-id": String(last) } });
    t.equal(described.status, 204);
    for (const other of [String(last - 1), "0", "x", `${last} `.repeat(2), ""]) {
      const source = await open(t, id, { "last-event-id": other });
      await source.ended;
      t.strictSame(types(source), [state], `after ${JSON.stringify(other)}`);
    }
  }
});

t.test("a broken line goes on where it was", async (t) => {
  const id = await submit("/v1/test/grind");
  const first = await open(t, id);
  const { id: last } = await told(first, "progress");
  first.close();
  const later = await open(t, id, { "last-event-id": "1" });
  const event = await until("an event", () => later.events[0]);
  t.equal(event.type, "state", "of what was missed, how the job stands");
  t.ok(event.id >= last);
  await until("the last one is known", () => later.events.at(-1)!.id > last);
  const known = later.events.at(-1)!.id;
  const resumed = await open(t, id, { "last-event-id": String(known) });
  await cancel(id);
  await resumed.ended;
  t.ok(resumed.events.every((event) => event.id > known || event.type !== "canceled"));
  t.equal(types(resumed).at(-1), "canceled");
  assertIdsGrow(t, resumed);
});

t.test("who knows how it stands is told nothing until that changes", async (t) => {
  const busy = [await submit("/v1/test/grind"), await submit("/v1/test/grind")];
  const id = await submit("/v1/test/grind");
  const source = await open(t, id, { "last-event-id": "1" });
  const other = await open(t, id);
  await told(other, "state");
  t.ok(source.retry, "its header and the first line are there");
  t.strictSame(source.events, []);
  await cancel(id);
  await source.ended;
  t.strictSame(types(source), ["canceled"]);
  await Promise.all(busy.map(remove));
});

t.test("a job that is deleted: its streams end", async (t) => {
  const id = await submit("/v1/test/grind");
  const sources = [await open(t, id), await open(t, id)];
  for (const source of sources) await told(source, "state");
  t.equal((await remove(id)).status, 204);
  for (const source of sources) {
    await source.ended;
    t.notOk(types(source).some((type) => !["state", "progress"].includes(type)));
  }
  t.equal((await service.request(eventsOf(id))).status, 404);
});

t.test("refusals", async (t) => {
  const { body: echo } = await service.post("/v1/test/echo", { value: 1 }, { prefer: "wait=30" });
  for (const id of ["01kf0e9r4b6m2x8c5v7n1q3w0t", "nothing"])
    t.equal((await service.request(eventsOf(id))).status, 404, id);
  const head = await openEvents(t, service.url, eventsOf(echo.id), { method: "HEAD" });
  t.equal(head.status, 200);
  t.match(head.headers["content-type"], /^text\/event-stream/);
  const running = await submit("/v1/test/grind");
  const started = Date.now();
  const runningHead = await service.request(eventsOf(running), { method: "HEAD" });
  t.equal(runningHead.status, 200, "HEAD waits for nothing");
  t.ok(Date.now() - started < 10_000);
  t.notOk(await isListenedTo(running), "nor does anybody wait for it");
  await remove(running);

  for (const accept of ["application/json", "text/event-stream;q=0", "*/*;q=1, text/event-stream;q=0"]) {
    const refused = await service.request(eventsOf(echo.id), { headers: { accept } });
    t.equal(refused.status, 406, accept);
    t.match(await refused.json(), { type: "urn:abacus:problem:not-acceptable", status: 406 });
  }
  for (const accept of ["*/*", "text/*", "text/event-stream", "text/html, text/event-stream;q=0.1"]) {
    const source = await open(t, echo.id, { accept });
    t.equal(source.status, 200, accept);
  }
});

t.test("another account's job does not exist", async (t) => {
  const id = await submit("/v1/test/echo", { value: 1 });
  await service.ended(id);
  // its record says whose it is; there is no second account in this service
  await redis.hset(`{abacus}:job:${id}`, "account", "somebody-else");
  for (const path of [eventsOf(id), `/v1/jobs/${id}/logs`])
    t.equal((await service.request(path)).status, 404, path);
});

t.test("1,000 streams of 50 jobs on one process", async (t) => {
  const running = 48;
  const most = await submit("/v1/test/grind"); // half of the streams
  const second = await submit("/v1/test/grind", { seconds: 1_000_000 });
  const waiting: string[] = [];
  for (let i = 0; i < running; i++) waiting.push(await submit("/v1/test/grind", { seconds: 0, value: i }));
  const ids = [most, second, ...waiting];
  t.equal(ids.length, 50);
  const before = process.memoryUsage();
  const sources: { id: string; source: EventSource }[] = [];
  for (let group = 0; group < 20; group++)
    sources.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          const id = at % 2 === 0 ? most : (ids[at] as string);
          return { id, source: await open(t, id) };
        }),
      )),
    );
  t.equal(sources.length, 1000);
  await until("each has its first event", () => sources.every(({ source }) => source.events.length > 0));
  const grown = process.memoryUsage().heapUsed - before.heapUsed;
  t.ok(grown < 200_000_000, `${Math.round(grown / 1e6)} MB for both ends, garbage included`);

  const asked = Date.now();
  t.equal((await service.request("/healthz")).status, 200);
  t.ok(Date.now() - asked < 5000, `/healthz took ${Date.now() - asked} ms`);

  await cancel(most);
  await cancel(second);
  await Promise.all(sources.map(({ source }) => source.ended));
  const wrong = sources.filter(({ id, source }) => {
    const last = source.events.at(-1);
    const type = id === most || id === second ? "canceled" : "completed";
    return last?.type !== type || last.job.id !== id;
  });
  t.equal(wrong.length, 0, "each got its own job's end");
});

t.test("a client that goes away is nobody's concern", async (t) => {
  const id = await submit("/v1/test/grind");
  const raw = await connectTo(t, service.url);
  raw.send(`GET ${eventsOf(id)} HTTP/1.1\r\nhost: x\r\n\r\n`);
  t.equal((await raw.response()).status, 401);
  const sources = await Promise.all(Array.from({ length: 20 }, () => open(t, id)));
  for (const source of sources) source.close();
  await until("nobody listens to its changes", async () => !(await isListenedTo(id)));
  await remove(id);
});

t.test("a comment every 15 seconds, also with nothing else to say", async (t) => {
  const { at } = await told(silent, "state");
  const first = await until("a comment", () => silent.comments[0], 30);
  t.ok(first - at < 25_000);
  t.strictSame(types(silent), ["state"]);
});

t.test("a job that another process runs", async (t) => {
  await startTestService(t, { registry, beside: front, roles: { http: false, work: true } });
  await silent.ended;
  t.strictSame(types(silent).slice(0, 2), ["state", "state"]);
  t.ok(types(silent).includes("progress"));
  t.equal(types(silent).at(-1), "completed");
  assertIdsGrow(t, silent);
});

t.test("streams end when the service stops, and it stops at once", async (t) => {
  const one = await startTestService(t, { registry, env: { THREADS: "1" } });
  const { body } = await one.post("/v1/test/grind", {});
  const source = await open(t, body.id, {}, one);
  await told(source, "progress");
  const asked = Date.now();
  await one.service.stop(0);
  await source.ended;
  t.ok(Date.now() - asked < 10_000);
  t.notOk(types(source).some((type) => ["completed", "failed", "canceled"].includes(type)));
});
