// Results as Avro through the whole service, decoded with the schemas that it shows.
import { createRequire } from "node:module";
import type { schema } from "avsc";
import t, { type Test } from "tap";
import { jobTypes } from "../../workers/job-types.js";
import { startTestService } from "../service.js";

const require = createRequire(import.meta.url);
const isLoaded = () => Object.keys(require.cache).some((path) => path.includes("/node_modules/avsc/"));

// to no address it describes itself: otherwise the examples of results would have been made for the tests
const silent = await startTestService(t, {
  env: { ALLOW_IPS: "203.0.113.7" },
  roles: { http: true, work: false },
});
const isLoadedAtStart = isLoaded();
const service = await startTestService(t, {
  env: { THREAD_MEMORY: String(32 * 1024 * 1024) },
  beside: silent,
});
const isLoadedByDescription = isLoaded();
const avsc: typeof import("avsc") = require("avsc");

t.test("a process does without the library until it is asked for an example", async (t) => {
  t.strictSame([isLoadedAtStart, isLoadedByDescription], [false, true]);
});

const wait = { prefer: "wait=60" };

/** What a job's result is, as Avro, decoded with the schema that its answer leads to; and as JSON. */
async function resultsOf(t: Test, path: string, input: object): Promise<{ decoded: unknown; json: string }> {
  const { body: job } = await service.post(path, input, wait);
  const address = job.links.result;
  const avro = await service.request(address, { headers: { accept: "application/avro" } });
  t.equal(avro.status, 200);
  t.equal(avro.headers.get("content-type"), "application/avro");
  const [, link = ""] = /^<(.+)>; rel="describedby"$/.exec(avro.headers.get("link") ?? "") ?? [];
  t.equal(link, `/v1/schemas/${job.type}.avsc`);
  const type = avsc.Type.forSchema((await (await service.request(link)).json()) as schema.AvroSchema);
  const bytes = Buffer.from(await avro.arrayBuffer());
  return { decoded: type.fromBuffer(bytes), json: await (await service.request(address)).text() };
}

t.test("additions", async (t) => {
  const one = await resultsOf(t, "/v1/rnn/additions", { a: 5, b: 7 });
  t.equal(JSON.stringify(one.decoded), `{"abacus.AdditionResult":${one.json}}`);
  for (const count of [1, 2500]) {
    const pairs = Array.from({ length: count }, (_, k) => [k % 100, k % 150]);
    const many = await resultsOf(t, "/v1/rnn/additions", { pairs });
    t.ok(JSON.stringify(many.decoded) === `{"abacus.AdditionsResult":${many.json}}`, `${count} pairs`);
  }
});

t.test("samples", async (t) => {
  const few = { features: 2, redundant: 0, clustersPerClass: 1 };
  const inputs: [input: object, hasNull: boolean][] = [
    [{ samples: 1, ...few }, false],
    [{ samples: 1000, ...few }, false],
    [{ samples: 3, ...few, classSep: 1e308, scale: [1e308, 1] }, true],
    [{ samples: 3, ...few, shift: 1e308, scale: 10 }, true],
  ];
  for (const [input, hasNull] of inputs) {
    const { decoded, json } = await resultsOf(t, "/v1/samples", input);
    t.equal(JSON.stringify(decoded), json);
    t.equal(json.includes("null"), hasNull);
  }
});

t.test("a result whose values the heap of a thread does not hold", async (t) => {
  const { decoded, json } = await resultsOf(t, "/v1/samples", { samples: 60_000, features: 20 });
  t.ok(json.length > 22_000_000);
  t.ok(JSON.stringify(decoded) === json);
});

/** The names of all that stands in a schema without a sentence about it, fields and records. */
function undescribed(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { name, doc = "" } = schema as { name?: string; doc?: string };
  const isTold = name === undefined || /^\S.*\.$/.test(doc);
  return [...(isTold ? [] : [name]), ...Object.values(schema).flatMap(undescribed)];
}

t.test("the schemas of the job types that have the format", async (t) => {
  const named: string[] = [];
  for (const { name, formats, avro } of jobTypes) {
    const path = `/v1/schemas/${name}.avsc`;
    const response = await service.request(path);
    t.equal(response.status, formats?.["application/avro"] ? 200 : 404, name);
    if (response.status === 404) continue;
    named.push(name);
    t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
    const schema = (await response.json()) as schema.AvroSchema;
    t.strictSame(schema, avro);
    t.doesNotThrow(() => avsc.Type.forSchema(schema));
    t.strictSame(undescribed(schema), []);
  }
  t.strictSame(named, ["rnn.add", "samples"]);
});

t.test("there is no other", async (t) => {
  for (const name of ["stats", "rnn.train", "nothing", "", "samples.avsc", "__proto__", "Samples", "a%2fb"]) {
    const response = await service.request(`/v1/schemas/${name}.avsc`);
    t.equal(response.status, 404, name);
    t.match(await response.json(), {
      type: "urn:abacus:problem:not-found",
      detail: /^there is no schema of ".*": the types whose results are Avro, too: rnn\.add, samples$/,
    });
  }
  t.equal((await service.request("/v1/schemas/samples")).status, 404);
  t.equal((await service.request(`/v1/schemas/${"x".repeat(101)}.avsc`)).status, 414);
});

t.test("any account may read them, and nobody without one", async (t) => {
  const path = "/v1/schemas/samples.avsc";
  t.equal((await service.request(path, { headers: { authorization: "" } })).status, 401);
  const { body } = await service.post("/v1/tokens", { name: "another", scopes: ["models:write"] });
  const headers = { authorization: `Bearer ${body.token}` };
  t.equal((await service.request(path, { headers })).status, 200);
});
