// `Prefer` (RFC 7240): waiting for a job's end, as long as the client is there.
import t from "tap";
import { until } from "../until.js";
import { startFront } from "./front.js";

const front = await startFront(t);
const SPIN = "/v1/test/spin";

const submit = (path: string, body: object, prefer?: string, signal?: AbortSignal) =>
  front.request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(prefer !== undefined && { prefer }) },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

interface Job {
  id: string;
  state: string;
}

t.afterEach(async () => {
  const { jobs } = (await (await front.request("/v1/jobs")).json()) as { jobs: Job[] };
  for (const { id } of jobs) await front.request(`/v1/jobs/${id}`, { method: "DELETE" });
});

t.test("without it: 202 with the job's address", async (t) => {
  const response = await submit(SPIN, {});
  const job = (await response.json()) as Job;
  t.equal(response.status, 202);
  t.equal(response.headers.get("location"), `/v1/jobs/${job.id}`);
  t.equal(response.headers.get("retry-after"), "1");
  t.equal(response.headers.get("preference-applied"), null);
  t.match(job, { type: "test.spin", result: null, links: { self: `/v1/jobs/${job.id}` } });
});

t.test("a job that ends within the wait: 200 with its result", async (t) => {
  const response = await submit("/v1/test/echo", { value: "here" }, "wait=30");
  t.equal(response.status, 200);
  t.equal(response.headers.get("preference-applied"), "wait=30");
  t.equal(response.headers.get("retry-after"), null);
  const job = (await response.json()) as Job;
  t.equal(response.headers.get("location"), `/v1/jobs/${job.id}`);
  t.match(job, { state: "completed", result: "here", progress: null, position: null });
});

t.test("a job that fails within the wait is 200 too: the status speaks of the request", async (t) => {
  const response = await submit("/v1/test/fail", { value: 1 }, "wait=30");
  t.equal(response.status, 200);
  t.match(await response.json(), { state: "failed", error: { status: 422 } });
});

t.test("a job that does not: 202 after that time", async (t) => {
  const response = await submit(SPIN, {}, "wait=1");
  t.equal(response.status, 202);
  t.equal(response.headers.get("preference-applied"), "wait=1");
  t.equal(response.headers.get("retry-after"), "1");
  const job = (await response.json()) as Job;
  t.equal(job.state, "active");
  const poll = await front.request(`/v1/jobs/${job.id}`, { headers: { prefer: "wait=0" } });
  t.equal(poll.status, 200);
  t.equal(poll.headers.get("preference-applied"), "wait=0");
  t.match(await poll.json(), { state: "active" });
  const once = await front.request(`/v1/jobs/${job.id}`, { headers: { prefer: "respond-async" } });
  t.equal(once.headers.get("preference-applied"), "respond-async");
});

t.test("what is preferred, what is ignored", async (t) => {
  const cases: [string, string | null][] = [
    ["wait=5", "wait=5"],
    ["WAIT=5", "wait=5"],
    ["wait = 5", "wait=5"],
    ['wait="5"', "wait=5"],
    ["wait=5; foo=bar", "wait=5"],
    ["wait=61", "wait=60"], // at most 60
    ["wait=99999999999999999999", "wait=60"],
    ["respond-async, wait=5", "wait=5"],
    ['foo="bar, wait=1", wait=5', "wait=5"],
    ["wait=5, wait=1", "wait=5"], // RFC 7240, 2: the first instance
    ["wait=soon, wait=5", null],
    ["respond-async", "respond-async"],
    // RFC 7240, 2: what is not understood is ignored
    ["wait", null],
    ["wait=", null],
    ["wait=-1", null],
    ["wait=1.5", null],
    ["return=minimal", null],
    [", ,;=", null],
    ["", null],
  ];
  for (const [prefer, applied] of cases) {
    const response = await submit("/v1/test/echo", {}, prefer);
    t.equal(response.headers.get("preference-applied"), applied, prefer);
    t.equal(response.status, applied?.startsWith("wait") ? 200 : 202, prefer);
  }
});

t.test("a refused submission has neither an address nor a preference that was applied", async (t) => {
  const response = await submit("/v1/rnn/additions", { a: 5 }, "wait=5");
  t.equal(response.status, 400);
  for (const name of ["location", "preference-applied"]) t.equal(response.headers.get(name), null, name);
});

t.test("a poll waits as well, and sees the end at once", async (t) => {
  const { id } = (await (await submit(SPIN, {})).json()) as Job;
  const polls = [1, 2, 3].map(() => front.request(`/v1/jobs/${id}`, { headers: { prefer: "wait=60" } }));
  await until("as many wait as expected", () => front.listeners() === 3);
  t.equal((await front.request(`/v1/jobs/${id}/cancel`, { method: "POST" })).status, 202);
  for (const poll of await Promise.all(polls)) {
    t.equal(poll.headers.get("preference-applied"), "wait=60");
    t.match(await poll.json(), { state: "canceled" });
  }
  t.equal(front.listeners(), 0);
});

t.test("any number of waits is no cause for a warning", async (t) => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on("warning", hear);
  t.teardown(() => process.off("warning", hear));
  const { id } = (await (await submit(SPIN, {})).json()) as Job;
  // one more than Node thinks a leak
  const polls = Array.from({ length: 11 }, () =>
    front.request(`/v1/jobs/${id}`, { headers: { prefer: "wait=60" } }),
  );
  await until("as many wait as expected", () => front.listeners() === polls.length);
  await front.request(`/v1/jobs/${id}/cancel`, { method: "POST" });
  for (const poll of await Promise.all(polls)) t.equal(poll.status, 200);
  t.strictSame(warnings, []);
});

t.test("a job that is deleted during the wait is 404", async (t) => {
  const { id } = (await (await submit(SPIN, {})).json()) as Job;
  const poll = front.request(`/v1/jobs/${id}`, { headers: { prefer: "wait=60" } });
  await until("as many wait as expected", () => front.listeners() === 1);
  await front.request(`/v1/jobs/${id}`, { method: "DELETE" });
  t.equal((await poll).status, 404);
  t.equal(front.listeners(), 0);
});

t.test("a job that is not there is not waited for", async (t) => {
  const path = "/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa";
  t.equal((await front.request(path, { headers: { prefer: "wait=60" } })).status, 404);
  t.equal(front.listeners(), 0);
});

t.test("a client that goes away ends its wait, and not the job", async (t) => {
  const leaving = new AbortController();
  const submission = submit(SPIN, {}, "wait=60", leaving.signal);
  await until("as many wait as expected", () => front.listeners() === 1);
  const jobs = async () => ((await (await front.request("/v1/jobs")).json()) as { jobs: Job[] }).jobs;
  await until("the job runs", async () => (await jobs())[0]?.state === "active");
  const [job] = await jobs();
  const poll = front.request(`/v1/jobs/${job?.id}`, {
    headers: { prefer: "wait=60" },
    signal: leaving.signal,
  });
  await until("as many wait as expected", () => front.listeners() === 2);
  leaving.abort();
  await t.rejects(submission);
  await t.rejects(poll);
  await until("as many wait as expected", () => front.listeners() === 0);
  t.match(await jobs(), [{ id: job?.id, state: "active" }]);
});
