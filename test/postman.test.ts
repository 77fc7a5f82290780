// docs/abacus.postman_collection.json, run by newman against the service as a person would run it in Postman.
import { existsSync, readFileSync } from "node:fs";
import newman, { type NewmanRunExecution, type NewmanRunOptions, type NewmanRunSummary } from "newman";
import t, { type Test } from "tap";
import { untilReady } from "./processes.js";
import { type Json, PASSWORD, startTestService } from "./service.js";

const COLLECTION = "docs/abacus.postman_collection.json";
/** The one file that an imported collection needs. */
const UPLOAD = "scripts/demo/penguins.csv";
/** Fewer assertions than this were never run: the collection holds more. */
const LEAST_ASSERTIONS = 100;

interface Item {
  name: string;
  description?: string;
  item?: Item[];
  event?: { listen: string; script: { exec: string[] } }[];
  request?: {
    url: { raw: string; host: string[]; path: string[]; query?: { key: string; value: string }[] };
    body?: { formdata?: { type: string; src?: string }[] };
  };
  response?: { name: string; code: number; header: { key: string; value: string }[]; body: string }[];
}

const collection = JSON.parse(readFileSync(COLLECTION, "utf8"));
const folders = collection.item as Item[];
const requests = folders.flatMap(({ item = [] }) => item);

const service = await startTestService(t);
await untilReady(service);

function run(options: Partial<NewmanRunOptions> = {}, password = PASSWORD) {
  const baseUrl = service.url;
  const envVar = Object.entries({ baseUrl, username: "admin", password }).map(([key, value]) => ({
    key,
    value,
  }));
  return new Promise<NewmanRunSummary>((resolve, reject) => {
    newman.run({ collection: COLLECTION, envVar, ...options }, (error, summary) =>
      error ? reject(error) : resolve(summary),
    );
  });
}

/** What went wrong in a run, for a person to read. */
function failuresOf({ run }: NewmanRunSummary): string[] {
  return run.failures.map(({ error, source }) => `${source?.name}: ${error.test}: ${error.message}`);
}

t.test("it is a collection in format 2.1 that can be imported alone", async (t) => {
  t.match(collection.info, {
    name: "Abacus",
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  });
  t.match(collection.auth, {
    type: "basic",
    basic: [
      { key: "username", value: "{{username}}" },
      { key: "password", value: "{{password}}" },
    ],
  });
  const variables = Object.fromEntries(collection.variable.map(({ key, value }: Json) => [key, value]));
  t.same(variables, { baseUrl: "http://127.0.0.1:8080", username: "admin", password: "" });
  for (const { name, description, item } of folders) t.ok(description && item?.length, name);
  const names = requests.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, "a loop names its request, so no two share a name");
  for (const { name, request, event = [] } of requests) {
    t.ok(request, name);
    const { raw = "", host = [], path = [], query = [] } = request?.url ?? {};
    const asked = query.map(({ key, value }) => `${key}=${value}`).join("&");
    t.equal(raw, `${host.join(".")}/${path.join("/")}${asked && `?${asked}`}`, `${name}: one address`);
    t.same(host, ["{{baseUrl}}"], name);
    const test = event.find(({ listen }) => listen === "test")?.script.exec.join("\n") ?? "";
    t.match(test, /pm\.test\([\s\S]*pm\.(expect|response\.to)/, `${name}: has assertions of its own`);
  }
  const files = requests.flatMap(({ request }) => request?.body?.formdata ?? []).filter(({ src }) => src);
  t.same([...new Set(files.map(({ src }) => src))], [UPLOAD]);
  t.ok(existsSync(UPLOAD));
});

t.test("every request and every assertion passes", async (t) => {
  const summary = await run();
  t.same(failuresOf(summary), []);
  const { stats, executions } = summary.run;
  t.same([...new Set(executions.map(({ item }) => item.name))], namesInOrder(), "each request was sent");
  t.equal(stats.requests.failed, 0);
  t.ok((stats.assertions.total ?? 0) >= LEAST_ASSERTIONS, `${stats.assertions.total} assertions`);
  const skipped = executions.flatMap(({ assertions }) => assertions).filter(({ skipped }) => skipped);
  t.same(skipped, []);
  await t.test("the saved answers are those of the service", async (t) => compareExamples(t, executions));
});

const namesInOrder = () => requests.map(({ name }) => name);

function compareExamples(t: Test, executions: NewmanRunExecution[]): void {
  const examples = requests.flatMap(({ name, response = [] }) =>
    response.map((saved) => ({ saved, name: `${name}: ${saved.name}` })),
  );
  t.ok(examples.length >= 10, `${examples.length} saved answers`);
  for (const { name, saved } of examples) {
    const answer = executions.findLast(({ item }) => name.startsWith(`${item.name}: `))?.response;
    const type = saved.header.find(({ key }) => key === "Content-Type")?.value;
    t.equal(answer?.code, saved.code, name);
    t.equal(answer?.headers.get("content-type"), type, name);
    for (const { key } of saved.header) t.ok(answer?.headers.has(key), `${name}: ${key}`);
    if (type?.includes("json")) t.ok(isAlike(answer?.json(), JSON.parse(saved.body)), name);
    else t.equal(answer?.text(), saved.body, name);
  }
}

/** The same names and types; numbers and texts differ from run to run, and what is null depends on the moment. */
function isAlike(one: Json, other: Json): boolean {
  if (one === null || other === null) return true;
  if (typeof one !== "object" || typeof other !== "object") return typeof one === typeof other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isAlike(one[name], other[name]));
}

t.test("with a wrong password the run fails", async (t) => {
  const summary = await run({ folder: "Statistics", bail: true }, "not the password");
  t.same(
    summary.run.executions.map(({ response }) => response.code),
    [401],
  );
  t.not(summary.run.failures.length, 0);
});

t.test("a figure that is wrong is noticed", async (t) => {
  // another mean than the one of 1, 2 and 3
  const text = JSON.stringify(collection).replaceAll("[1, 2, 3]", "[1, 2, 6]");
  const summary = await run({ collection: JSON.parse(text), folder: "Statistics" });
  t.match(failuresOf(summary), [/^Describe JSON columns and wait: The figures are pandas' own: /]);
});
