// The typed client against a whole service whose registry has the tests' job types beside the project's own.
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { ApiError } from "../src/client/api-error.js";
import { createClient } from "../src/client/client.js";
import type { InputOf, Job, NameOf, OutputOf } from "../src/client/typing.js";
import type { jobTypes as ownTypes } from "../workers/job-types.js";
import { jobTypes } from "./fixture-job-types.js";
import { fixtureRegistry } from "./fixture-registry.js";
import { PASSWORD, startTestService, type TestService } from "./service.js";
import { until } from "./until.js";

const PENGUINS = "test/fixtures/pandas/files/penguins.csv";
const MIB = 1024 * 1024;
const UPLOAD_LIMIT = 4 * MIB;

let service: TestService;
let folder: string;

t.before(async () => {
  service = await startTestService(t, {
    registry: await fixtureRegistry(),
    env: { UPLOAD_BYTES: String(UPLOAD_LIMIT) },
  });
  folder = await mkdtemp(join(tmpdir(), "abacus-client-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
});

const clientOf = (password = PASSWORD) =>
  createClient({ url: service.url, account: "admin", password, types: jobTypes });

/** The ApiError that a promise is rejected with. */
async function problemOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => new Error("it was not rejected"),
    (error: unknown) => error,
  );
  if (error instanceof ApiError) return error;
  throw error;
}

// Checked by the compiler: each of these constants would be `false` where `true` is asked for.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const theFixturesAreOnTheClient: Same<
  NameOf<typeof jobTypes>,
  | NameOf<typeof ownTypes>
  | "test.echo"
  | "test.spin"
  | "test.grind"
  | "test.hoard"
  | "test.fail"
  | "test.flaky"
  | "test.split"
> = true;
const theyHaveTheirInput: Same<
  InputOf<typeof jobTypes, "test.echo">,
  { seconds?: number; value?: unknown }
> = true;
const theyHaveTheirOutput: Same<OutputOf<typeof jobTypes, "test.echo">, unknown> = true;
const statesAreNamed: Same<Job["state"], "queued" | "active" | "completed" | "failed" | "canceled"> = true;

t.test("names, inputs and results have the types of the definitions", async (t) => {
  t.ok(theFixturesAreOnTheClient && theyHaveTheirInput && theyHaveTheirOutput && statesAreNamed);
  const client = clientOf();
  const job = await client.submit("rnn.add", { a: 5, b: 7 }, { wait: 10 });
  const sum: number | undefined = job.result && "sum" in job.result ? job.result.sum : undefined;
  t.equal(sum, 12);
  // @ts-expect-error a text where the definition says a number
  const wrong = await problemOf(client.submit("rnn.add", { a: "5", b: 7 }));
  t.match(wrong, { status: 400, problem: { type: "urn:abacus:problem:invalid-input" } });
  t.equal(wrong.problem.errors?.[0]?.path, "/a");
  t.equal(wrong.message, wrong.problem.detail);
  t.match(wrong.requestId, /^[\w-]{36}$/);
  // @ts-expect-error a name that the registry does not have
  await t.rejects(client.submit("test.nothing", {}), { message: "there is no job type test.nothing" });
});

t.test("a job type added in a registry is on the client", async (t) => {
  const client = clientOf();
  const job = await client.submit("test.echo", { value: [1, "ä", null] });
  t.match(job, { type: "test.echo", links: { self: `/v1/jobs/${job.id}` } });
  t.same((await client.wait(job)).result, [1, "ä", null]);
  t.same(await client.result("test.echo", job.id), [1, "ä", null]);
  const csv = await client.resultAs(job.id, "text/csv");
  t.equal(await csv.text(), 'value\n[1,"ä",null]\n');
  t.equal((await problemOf(client.resultAs(job.id, "image/png"))).status, 406);
});

/** A client of a server that answers as `answer` says, and where that listens. */
async function clientOfServer(t: Test, answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/`;
  return createClient({ url, account: "a", password: "b", types: jobTypes });
}

t.test("what the service does not answer is an error that names the request", async (t) => {
  const client = await clientOfServer(t, (request) => void request.socket.destroy());
  await t.rejects(client.job("x"), {
    message: /^GET http:\/\/127\.0\.0\.1:\d+\/behind\/v1\/jobs\/x was not answered: ./,
  });
});

t.test("an answer that is no problem document becomes one", async (t) => {
  const client = await clientOfServer(t, (request, response) => {
    response.writeHead(502).end(`<p>${request.url}</p>`);
  });
  const error = await problemOf(client.job("x"));
  t.equal(error.status, 502);
  t.equal(error.problem.type, "about:blank");
  t.match(error.message, "<p>/behind/v1/jobs/x</p>");
});

t.test("a file is never held in memory, however large", async (t) => {
  const client = await clientOfServer(t, (request, response) => {
    request.resume().on("end", () => response.end("{}"));
  });
  const file = join(folder, "large.bin");
  await writeFile(file, "");
  await truncate(file, 256 * MIB);
  let most = 0;
  const onUpload = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  };
  await client.submit("stats", {}, { file, onUpload });
  t.ok(most < 128 * MIB, `${most} bytes at most, what waits for the garbage collector included`);
});

t.test("the file is closed when an upload fails", { skip: !existsSync("/proc/self/fd") }, async (t) => {
  const client = await clientOfServer(t, (request) => {
    request.once("data", () => request.socket.destroy());
  });
  const file = await realpath(join(folder, "large.bin"));
  await t.rejects(client.submit("stats", {}, { file }), { message: /was not answered/ });
  const openFiles = () =>
    readdirSync("/proc/self/fd").map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // closed since it was listed
      }
    });
  await until("the file is closed", () => !openFiles().includes(file));
  t.notOk(openFiles().includes(file));
});

t.test("a file goes up as a form with its options, and is told as it goes", async (t) => {
  const client = clientOf();
  const sent: [number, number][] = [];
  const options = { percentiles: [0.1, 0.5], usecols: ["body_mass_g", "year"], header: true };
  const job = await client.submit(
    "stats",
    { options },
    { file: PENGUINS, wait: 30, onUpload: (...now) => sent.push(now) },
  );
  t.equal(job.state, "completed");
  t.match(job.input, { options }, "lists and truth values arrive as such");
  // pandas 1.5.3: fixtures/pandas/expected/penguins.csv.json
  t.equal(job.result?.rows, 344);
  t.same(
    job.result?.columns.map(({ name, max }) => [name, max]),
    [
      ["body_mass_g", 6300],
      ["year", 2009],
    ],
  );
  t.hasProps(job.result!.columns[0]!, ["10%", "50%"]);
  // the size that `wc -c` tells
  t.same(sent[0], [0, 15241]);
  t.same(sent.at(-1), [15241, 15241]);
  t.equal(job.result?.source?.bytes, 15241);
});

t.test("a large file is read as the network takes it", async (t) => {
  const client = clientOf();
  const file = join(folder, 'quoted "name".csv');
  const row = "1,2.5,three\n";
  const rows = Math.floor(UPLOAD_LIMIT / row.length) - 1;
  await writeFile(file, `a,b,c\n${row.repeat(rows)}`);
  const steps: number[] = [];
  const job = await client.submit("stats", {}, { file, onUpload: (now) => steps.push(now) });
  t.ok(steps.length > 10, "in many pieces");
  t.same(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  const result = (await client.wait(job)).result;
  t.equal(result?.rows, rows);
});

t.test("a refused upload gives the problem, not a broken line", async (t) => {
  const file = join(folder, "large.csv");
  await writeFile(file, "a\n");
  await truncate(file, 16 * UPLOAD_LIMIT);
  const sent: number[] = [];
  const large = clientOf().submit("stats", {}, { file, onUpload: (now) => sent.push(now) });
  t.match(await problemOf(large), { status: 413, problem: { type: "urn:abacus:problem:too-large" } });
  t.ok((sent.at(-1) ?? 0) < 16 * UPLOAD_LIMIT, "by its length, before all of it was sent");
  t.equal((await problemOf(clientOf("wrong").submit("stats", {}, { file }))).status, 401);
});

t.test("an upload can be given up, and leaves nothing", async (t) => {
  const file = join(folder, "given-up.csv");
  await writeFile(file, "a\n");
  await truncate(file, UPLOAD_LIMIT);
  const abort = new AbortController();
  const onUpload = (sent: number) => sent > 0 && abort.abort();
  const uploads = join(service.dataDir, "uploads");
  const before = await readdir(uploads);
  const given = clientOf().submit("stats", {}, { file, onUpload, signal: abort.signal });
  await t.rejects(given, { name: "AbortError" });
  // the service hears of it a moment later, when it may not even have made the file
  for (let steady = 0; steady < 10; steady++) {
    if ((await readdir(uploads)).length > before.length) steady = 0;
    await sleep(50);
  }
  t.same(await readdir(uploads), before);
});

t.test("a service that ends waits at once, because it stops, is not asked without a pause", async (t) => {
  let asked = 0;
  const client = await clientOfServer(t, (_request, response) => {
    asked++;
    response.setHeader("content-type", "application/json").end('{"id": "x", "state": "active"}');
  });
  t.equal((await client.wait("x", { seconds: 1 })).state, "active");
  t.ok(asked > 1 && asked <= 7, `asked ${asked} times in a second`);
});

t.test("what cannot be sent is said before anything is", async (t) => {
  const client = clientOf();
  await t.rejects(client.submit("stats", {}, { file: join(folder, "none.csv") }), { code: "ENOENT" });
  await t.rejects(client.submit("stats", {}, { file: folder }), { message: `${folder} is not a file` });
  await t.rejects(client.submit("rnn.add", { a: 1, b: 2 }, { file: PENGUINS }), {
    message: "rnn.add takes no file",
  });
  await t.rejects(client.submit("stats", { columns: { a: [1] } }, { file: PENGUINS }), {
    message: "stats with a file takes options alone, not columns",
  });
  await t.rejects(client.submit("stats", { options: { percentiles: [] } }, { file: PENGUINS }), {
    message: "options.percentiles: a form cannot say an empty list",
  });
  const described = await client.submit("stats", { options: { usecols: [] } }, { file: PENGUINS, wait: 30 });
  t.equal(described.result?.columns.length, 8, "an empty list that is the default is left out");
});

t.test("progress is told while a job runs, and its end ends the wait", async (t) => {
  const client = clientOf();
  const job = await client.submit("test.grind", { seconds: 1.5, value: "done" });
  const seen: Job[] = [];
  const ended = await client.wait(job.id, { onProgress: (now) => seen.push(now) });
  t.match(ended, { state: "completed", result: "done" });
  t.ok(seen.some(({ progress }) => progress?.stage === "spinning" && progress.fraction === 0.5));
  t.notOk(seen.some(({ state }) => state === "completed"));
  const documents = seen.map((one) => JSON.stringify(one));
  t.equal(new Set(documents).size, documents.length, "only what has changed");
});

t.test("a wait ends after its seconds, or when it is given up", async (t) => {
  const client = clientOf();
  const job = await client.submit("test.spin", {});
  t.equal((await client.wait(job, { seconds: 1 })).state, "active");
  t.equal((await client.wait(job, { seconds: 0 })).state, "active");
  const reason = new Error("enough");
  const abort = new AbortController();
  const onProgress = () => abort.abort(reason);
  await t.rejects(client.wait(job, { signal: abort.signal, onProgress }), reason);

  t.match(await problemOf(client.result("test.spin", job.id)), { status: 409 });
  t.equal((await client.cancel(job.id)).state, "canceled");
  t.equal((await client.wait(job)).state, "canceled");
  t.match(await problemOf(client.cancel(job.id)), { problem: { type: "urn:abacus:problem:already-ended" } });
  await client.remove(job.id);
  t.equal((await problemOf(client.job(job.id))).status, 404);
  t.equal((await problemOf(client.wait(job, { onProgress: () => {} }))).status, 404);
});

t.test("a failed job is an ended job; its result is its problem", async (t) => {
  const client = clientOf();
  const job = await client.submit("test.fail", { value: 1 }, { wait: 10 });
  t.match(job, { state: "failed", error: { status: 422 }, result: null });
  const problem = await problemOf(client.result("test.fail", job.id));
  t.match(problem, { status: 422, problem: { errors: [{ path: "/value" }] } });
});

t.test("a result over 64 KiB is fetched from its own address", async (t) => {
  const client = clientOf();
  const value = "x".repeat(100_000);
  const job = await client.submit("test.echo", { value }, { wait: 10 });
  t.match(job, { state: "completed", result: null });
  t.equal(await client.result("test.echo", job.id), value);
  await t.rejects(client.result("test.split", job.id), {
    message: `the job ${job.id} is of the type test.echo, not test.split`,
  });
});

t.test(
  "what is said of a job: priority, delay, ttl, label, key; canceled with others, and run again",
  async (t) => {
    const client = clientOf();
    const said = { priority: 1, delay: 60, ttl: 600, label: "said & done", idempotencyKey: "client-1" };
    const job = await client.submit("test.echo", { value: 1 }, said);
    t.match(job, { state: "queued", label: "said & done", position: null });
    t.equal((await client.submit("test.echo", { value: 1 }, said)).id, job.id, "the key is the same");
    const listed: string[] = [];
    for await (const { jobs } of client.jobs({ label: "said & done" }))
      listed.push(...jobs.map(({ id }) => id));
    t.same(listed, [job.id]);
    t.equal(await client.cancelAll("said & done"), 1);
    t.match(await client.retry(job.id), { id: job.id, state: "queued" });
    const done = await client.wait(job.id);
    t.match(done, { state: "completed" });
    t.equal(Date.parse(done.expiresAt ?? "") - Date.parse(done.finishedAt ?? ""), 600_000);
    t.equal((await problemOf(client.retry(job.id))).status, 409);
    const webhook = "https://127.0.0.1/hook";
    const refused = await problemOf(client.submit("test.echo", {}, { webhook }));
    t.equal(refused.status, 422, "it is sent, and refused");
  },
);

t.test("jobs come page by page, newest first", async (t) => {
  const client = clientOf();
  const ids: string[] = [];
  for (const value of [1, 2, 3, 4, 5])
    ids.unshift((await client.submit("test.split", { value }, { wait: 10 })).id);
  const pages: string[][] = [];
  for await (const { jobs } of client.jobs({ type: "test.split", state: "completed", limit: 2 }))
    pages.push(jobs.map(({ id }) => id));
  t.same(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  const cursor = (await client.jobs({ type: "test.split", limit: 3 }).next()).value?.nextCursor ?? "";
  const rest = await client.jobs({ type: "test.split", cursor }).next();
  t.same(
    rest.value?.jobs.map(({ id }) => id),
    ids.slice(3),
  );
});
