// The list of jobs: newest first, a page at a time, filtered, while jobs come and go.
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { registry: await fixtureRegistry(), env: { THREADS: "1" } });

interface Page {
  jobs: { id: string; type: string; state: string; createdAt: string; result: unknown }[];
  nextCursor: string | null;
}

async function list(query = ""): Promise<Page> {
  const response = await service.request(`/v1/jobs${query}`);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as Page;
}

const submit = async (path: string, body: object = {}) =>
  (await service.post(path, body, { prefer: "wait=30" })).body.id as string;

const none = await list();
const echoed: string[] = [];
for (let i = 0; i < 25; i++) echoed.push(await submit("/v1/test/echo", { value: i }));
const failed = [await submit("/v1/test/fail"), await submit("/v1/test/fail")];
const all = [...echoed, ...failed];
const newest = [...all].reverse();

t.test("newest first, 20 unless said otherwise", async (t) => {
  t.strictSame(none, { jobs: [], nextCursor: null }, "before there were any");
  const { jobs, nextCursor } = await list();
  t.strictSame(
    jobs.map(({ id }) => id),
    newest.slice(0, 20),
  );
  t.equal(nextCursor, newest[19]);
  t.match(jobs[2], { type: "test.echo", state: "completed", result: null, links: { self: String } });
  t.strictSame((await list("?limit=27")).nextCursor, null, "the last page says that it is");
  t.equal((await list("?limit=100")).jobs.length, 27);
});

t.test("page by page, without doubles or gaps, while jobs are added", async (t) => {
  const seen: string[] = [];
  const added: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Page = await list(`?limit=4${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.jobs.map(({ id }) => id));
    cursor = page.nextCursor;
    added.push(await submit("/v1/test/echo"));
  }
  t.strictSame(seen, newest);
  for (const id of added) await service.request(`/v1/jobs/${id}`, { method: "DELETE" });
});

t.test("page by page, while the job of the cursor is deleted", async (t) => {
  const extra = await submit("/v1/test/echo");
  const { nextCursor } = await list("?limit=1");
  t.equal(nextCursor, extra);
  await service.request(`/v1/jobs/${extra}`, { method: "DELETE" });
  const { jobs } = await list(`?limit=2&cursor=${nextCursor}`);
  t.strictSame(
    jobs.map(({ id }) => id),
    newest.slice(0, 2),
  );
});

t.test("by state and by type", async (t) => {
  const { body: running } = await service.post("/v1/test/grind", {});
  const { body: waiting } = await service.post("/v1/test/split", { value: 3 });
  await until("a job runs", async () => (await list("?state=active")).jobs.length > 0);
  const cases: [string, string[]][] = [
    ["?state=active", [running.id]],
    ["?state=queued", [waiting.id]],
    ["?state=failed", [...failed].reverse()],
    ["?state=canceled", []],
    ["?type=test.fail", [...failed].reverse()],
    ["?type=test.grind", [running.id]],
    ["?type=nothing", []],
    ["?state=completed&type=test.fail", []],
    ["?state=queued&type=test.split", [waiting.id]],
    ["?state=failed&limit=1", failed.slice(-1)],
    [`?state=failed&cursor=${failed[1]}`, failed.slice(0, 1)],
  ];
  for (const [query, ids] of cases)
    t.strictSame(
      (await list(query)).jobs.map(({ id }) => id),
      ids,
      query,
    );
  await service.request(`/v1/jobs/${running.id}/cancel`, { method: "POST" });
  await service.ended(waiting.id);
  t.strictSame((await list("?state=active")).jobs, [], "a job is under one state at a time");
  t.match((await list("?state=canceled")).jobs, [{ id: running.id }]);
  t.equal((await list("?state=completed&limit=100")).jobs.length, 26);
});

t.test("a filter that few jobs pass is followed over pages", async (t) => {
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Page = await list(`?state=failed&type=test.fail&limit=1${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.jobs.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  t.strictSame(seen, [...failed].reverse());
});

t.test("queries that make no sense", async (t) => {
  const cases: [string, number, object][] = [
    ["?limit=0", 422, { errors: [{ path: "/limit" }] }],
    ["?limit=101", 422, { errors: [{ path: "/limit" }] }],
    ["?limit=1.5", 422, { errors: [{ path: "/limit" }] }],
    ["?limit=many", 400, { errors: [{ path: "/limit" }] }],
    ["?limit=", 400, { errors: [{ path: "/limit" }] }],
    ["?limit=1&limit=2", 400, { errors: [{ path: "/limit" }] }],
    ["?state=done", 422, { errors: [{ path: "/state" }] }],
    ["?states=failed", 400, { errors: [{ path: "/states", message: "is not a known field" }] }],
    ["?__proto__=1", 400, { errors: [{ path: "/__proto__" }] }],
    ["?cursor=nonsense", 400, { detail: /cursor/ }],
    ["?cursor=", 400, { detail: /cursor/ }],
  ];
  for (const [query, status, expected] of cases) {
    const response = await service.request(`/v1/jobs${query}`);
    t.equal(response.status, status, query);
    t.match(await response.json(), { status, ...expected }, query);
  }
});
