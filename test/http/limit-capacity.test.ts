// QUEUE_DEPTH and ACCOUNT_JOBS: how many jobs may be outstanding, counted over all processes.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { AUTHORIZATION, PASSWORD, startTestService } from "../service.js";
import { until } from "../until.js";
import { connectTo } from "./raw-connection.js";

const ACCOUNT_JOBS = 3;
const QUEUE_DEPTH = 5;
const env = { QUEUE_DEPTH: `${QUEUE_DEPTH}`, ACCOUNT_JOBS: `${ACCOUNT_JOBS}`, INLINE_BYTES: "1000" };
/** Nobody computes: what is accepted stays queued. */
const roles = { http: true, work: false };
const service = await startTestService(t, { env, roles });
const second = await startTestService(t, { env, roles, beside: service });

const accounts = createAccounts(service.redis.connect());
await accounts.add("ann", PASSWORD);
const basic = (name: string) => `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}`;
const as = (name: string) => ({ authorization: basic(name) });
const ADD = "/v1/rnn/additions";
const addition = { a: 5, b: 7 };

const TOO_MANY_JOBS = {
  type: "urn:abacus:problem:too-many-jobs",
  status: 429,
  detail: `the account has ${ACCOUNT_JOBS} jobs that have not ended, and ACCOUNT_JOBS is ${ACCOUNT_JOBS}`,
};
const QUEUE_FULL = {
  type: "urn:abacus:problem:queue-full",
  status: 503,
  detail: `the service has ${QUEUE_DEPTH} jobs that have not ended, and QUEUE_DEPTH is ${QUEUE_DEPTH}`,
};

async function refused(t: Test, response: Response, expected: { status: number }, what = ""): Promise<void> {
  t.match(await response.json(), expected, what);
  t.equal(response.status, expected.status);
  t.match(response.headers.get("retry-after"), /^[1-9]\d*$/, "when to try again");
  t.equal(response.headers.get("location"), null, "there is no job");
}

const post = (body: string, type = "application/json", path = ADD, headers: Record<string, string> = {}) =>
  service.request(path, { method: "POST", body, headers: { "content-type": type, ...headers } });

async function submit(headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await service.post(ADD, addition, headers);
  if (status !== 202) throw new Error(JSON.stringify(body));
  return body.id;
}

const jobsOf = async (name: string) =>
  (
    (await (await service.request("/v1/jobs", { headers: as(name) })).json()) as {
      jobs: { id: string }[];
    }
  ).jobs.map(({ id }) => id);

t.afterEach(async () => {
  for (const name of ["admin", "ann"])
    for (const id of await jobsOf(name))
      await service.request(`/v1/jobs/${id}`, { method: "DELETE", headers: as(name) });
});

t.test("ACCOUNT_JOBS: as many as the limit, not one more, whatever is sent", async (t) => {
  const ids = [];
  for (let job = 0; job < ACCOUNT_JOBS; job++) ids.push(await submit());
  const form = new FormData();
  form.append("file", new Blob(["x\n1\n"]));
  for (const [what, response] of Object.entries({
    "a small body": await post(JSON.stringify(addition)),
    "with Prefer: wait": await post(JSON.stringify(addition), undefined, ADD, { prefer: "wait=60" }),
    "a body that is stored": await post(JSON.stringify(addition).padEnd(1001)),
    "a raw file": await post("x\n1\n", "text/csv", "/v1/stats"),
    "a form": await service.request("/v1/stats", { method: "POST", body: form }),
    "over the other process": await second.request(ADD, {
      method: "POST",
      body: JSON.stringify(addition),
      headers: { "content-type": "application/json" },
    }),
  }))
    await refused(t, response, TOO_MANY_JOBS, what);
  t.same((await jobsOf("admin")).sort(), ids.sort(), "nothing of them is left");
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);

  await submit(as("ann")); // another account has a limit of its own
  await service.request(`/v1/jobs/${ids[0]}/cancel`, { method: "POST" });
  await submit();
  await refused(
    t,
    await post(JSON.stringify(addition)),
    TOO_MANY_JOBS,
    "what was canceled made room for one",
  );
});

t.test("QUEUE_DEPTH: the jobs of all accounts together", async (t) => {
  for (let job = 0; job < ACCOUNT_JOBS; job++) await submit();
  const ids = [];
  for (let job = ACCOUNT_JOBS; job < QUEUE_DEPTH; job++) ids.push(await submit(as("ann")));
  const headers = as("ann");
  await refused(t, await post(JSON.stringify(addition), undefined, ADD, headers), QUEUE_FULL);
  await refused(t, await post("x\n1\n", "text/csv", "/v1/stats", headers), QUEUE_FULL);
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
  await service.request(`/v1/jobs/${ids[0]}`, { method: "DELETE", headers });
  await submit(headers);
});

t.test("of many at once, in two processes, exactly as many as the limit are accepted", async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, at) => [service, second][at % 2]!.post(ADD, addition)),
  );
  t.equal(answers.filter(({ status }) => status === 202).length, ACCOUNT_JOBS);
  for (const { status, body } of answers) if (status !== 202) t.match(body, TOO_MANY_JOBS);
  t.equal((await jobsOf("admin")).length, ACCOUNT_JOBS);
});

t.test("a refused training gives its model's name back", async (t) => {
  const training = () => service.post("/v1/rnn/models", { name: "mine", iterations: 10, hiddenDim: 2 });
  const ids = [];
  for (let job = 0; job < ACCOUNT_JOBS; job++) ids.push(await submit());
  t.match(await training(), { status: 429, body: TOO_MANY_JOBS });
  const names = service.redis.connect();
  t.equal(await names.hexists("{abacus}:model-names:admin", "mine"), 0);
  await service.request(`/v1/jobs/${ids[0]}`, { method: "DELETE" });
  t.equal((await training()).status, 202);
});

const expectingUpload = (length: number) =>
  `POST /v1/stats HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\nexpect: 100-continue\r\n` +
  `content-type: text/csv\r\ncontent-length: ${length}\r\n\r\n`;

t.test("a file that would be received in vain is not asked for", async (t) => {
  for (let job = 0; job < ACCOUNT_JOBS; job++) await submit();
  const raw = await connectTo(t, service.url);
  raw.send(expectingUpload(4 * 1024 ** 3));
  const { status, headers, body } = await raw.response();
  t.equal(status, 429);
  t.match(headers.get("retry-after"), /^[1-9]\d*$/);
  t.match(JSON.parse(body), TOO_MANY_JOBS);
});

t.test("a file for which there is no room any more when it has come is gone", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.send(expectingUpload(4));
  t.equal((await raw.response()).status, 100, "there was room");
  for (let job = 0; job < ACCOUNT_JOBS; job++) await submit();
  raw.send("x\n1\n");
  t.match(JSON.parse((await raw.response()).body), TOO_MANY_JOBS);
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
});

t.test("jobs that run count, those that have ended do not", async (t) => {
  const service = await startTestService(t, { env: { ACCOUNT_JOBS: "1" } });
  const train = (iterations: number) => service.post("/v1/rnn/models", { iterations });
  const { body: job } = await train(10_000_000);
  const isActive = async () =>
    ((await (await service.request(`/v1/jobs/${job.id}`)).json()) as { state: string }).state === "active";
  await until("the job runs", isActive, 60);
  t.match(await train(1), { status: 429, body: { type: TOO_MANY_JOBS.type } });
  await service.request(`/v1/jobs/${job.id}/cancel`, { method: "POST" });
  const done = await service.post("/v1/rnn/models", { iterations: 1, hiddenDim: 2 }, { prefer: "wait=60" });
  t.match(done, { status: 200, body: { state: "completed" } });
  t.equal((await train(1)).status, 202);
});
