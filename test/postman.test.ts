// docs/abacus.postman_collection.json, run by newman against the service as a person would run it in Postman.
import type { NewmanRunExecution } from "newman";
import t, { type Test } from "tap";
import { checkCollection, failuresOf, passes, readCollection, runCollection } from "./postman-collection.js";
import { untilReady } from "./processes.js";
import { type Json, startTestService } from "./service.js";

const collection = readCollection("docs/abacus.postman_collection.json");
const { requests } = collection;
/** Fewer assertions than this were never run: the collection holds more. */
const LEAST_ASSERTIONS = 100;

const service = await startTestService(t);
await untilReady(service);

t.test("it is a collection that can be imported alone", async (t) =>
  checkCollection(t, collection, "Abacus"),
);

t.test("every request and every assertion passes", async (t) => {
  const { run } = await passes(t, collection, service, LEAST_ASSERTIONS);
  await t.test("the saved answers are those of the service", async (t) => compareExamples(t, run.executions));
});

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
  const summary = await runCollection(
    collection.document,
    service,
    { folder: "Statistics", bail: true },
    "not the password",
  );
  t.same(
    summary.run.executions.map(({ response }) => response.code),
    [401],
  );
  t.not(summary.run.failures.length, 0);
});

t.test("a figure that is wrong is noticed", async (t) => {
  // another mean than the one of 1, 2 and 3
  const text = JSON.stringify(collection.document).replaceAll("[1, 2, 3]", "[1, 2, 6]");
  const summary = await runCollection(JSON.parse(text), service, { folder: "Statistics" });
  t.match(failuresOf(summary), [/^Describe JSON columns and wait: The figures are pandas' own: /]);
});
