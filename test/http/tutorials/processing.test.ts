// The CherryPy tutorial's requests, and others of their kind.
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { startTestService } from "../../service.js";

const service = await startTestService(t, { env: { INLINE_BYTES: "2000", COLUMNS: "3000" } });

/** The tutorial's answer, to the letter. */
const ANSWER = String.raw`"{\"num1\":{\"mean\":2.0,\"min\":1.0,\"max\":3.0},\"num2\":{\"mean\":5.0,\"min\":4.0,\"max\":6.0}}"`;
/** What pandas 1.5.3 says of scripts/demo/penguins.csv. */
const PENGUINS =
  '{"bill_length_mm":{"mean":43.9219298246,"min":32.1,"max":59.6},"bill_depth_mm":{"mean":17.1511695906,"min":13.1,"max":21.5},"flipper_length_mm":{"mean":200.9152046784,"min":172.0,"max":231.0},"body_mass_g":{"mean":4201.7543859649,"min":2700.0,"max":6300.0},"year":{"mean":2008.0290697674,"min":2007.0,"max":2009.0}}';

async function ml(body: string | FormData | Buffer, headers: Record<string, string> = {}) {
  return service.request("/ml", { method: "POST", body, headers });
}

const json = (value: unknown) =>
  ml(typeof value === "string" ? value : JSON.stringify(value), { "content-type": "application/json" });

t.test("GET / greets who has an account", async (t) => {
  const greeting = await service.request("/");
  t.equal(greeting.status, 200);
  t.equal(greeting.headers.get("content-type"), "text/plain; charset=utf-8");
  t.match(await greeting.text(), /Hello, admin/);
  for (const authorization of ["", "Basic d3Jvbmc6d3Jvbmc="]) {
    const refused = await service.request("/", { headers: { authorization } });
    t.equal(refused.status, 401);
    t.match(refused.headers.get("www-authenticate"), /realm="abacus"/);
  }
});

t.test("JSON columns", async (t) => {
  const answer = await json({ num1: [1, 2, 3], num2: [4, 5, 6] });
  t.equal(answer.status, 200);
  t.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  t.equal(await answer.text(), ANSWER);
  const job = await service.request(answer.headers.get("location") ?? "");
  t.match(await job.json(), { type: "stats", state: "completed" }, "it was a job like any other");
});

t.test("JSON rows, text columns and nulls", async (t) => {
  const answer = await json([{ a: 1, b: "x" }, { a: 2.5 }, { c: 3, a: null }]);
  t.equal(
    await answer.json(),
    '{"a":{"mean":1.75,"min":1.0,"max":2.5},"c":{"mean":3.0,"min":3.0,"max":3.0}}',
  );
  t.equal(await (await json({ text: ["a", "b"] })).json(), "{}", "there is no number column");
});

t.test("a CSV file by multipart, and as it is", async (t) => {
  const csv = readFileSync("scripts/demo/penguins.csv");
  const form = new FormData();
  form.set("anything", new Blob([csv]), "penguins.csv");
  for (const answer of [await ml(form), await ml(csv, { "content-type": "text/csv" })]) {
    t.equal(answer.status, 200);
    t.equal(await answer.json(), PENGUINS);
  }
  const semicolons = new FormData();
  semicolons.set("file", new Blob(["a;b\n1;2\n3;4\n"]), "a.csv");
  semicolons.set("delimiter", ";");
  t.equal(
    await (await ml(semicolons)).json(),
    '{"a":{"mean":2.0,"min":1.0,"max":3.0},"b":{"mean":3.0,"min":2.0,"max":4.0}}',
    "options are those of /v1/stats",
  );
});

t.test("a body that is stored unparsed, a result in a file", async (t) => {
  const columns = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`column ${i}`, [i, i + 1]]));
  const expected = Object.entries(columns).map(([name, [min = 0, max = 0]]) => [
    name,
    { mean: (min + max) / 2, min, max },
  ]);
  for (const table of [columns, [0, 1].map((row) => mapValues(columns, (values) => values[row]))]) {
    // marked as UTF-8, and more spaces than are read at once
    const answer = await json(`\uFEFF${" ".repeat(70_000)}${JSON.stringify(table)}\n`);
    t.equal(answer.status, 200);
    t.strictSame(JSON.parse((await answer.json()) as string), Object.fromEntries(expected));
  }
});

function mapValues<From, To>(values: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}

async function isRefused(t: Test, answer: Response, status: number, detail: RegExp): Promise<void> {
  t.equal(answer.status, status);
  t.equal(answer.headers.get("location"), null);
  t.match(await answer.json(), { status, detail }, String(detail));
}

t.test("mistakes", async (t) => {
  const refusals: [unknown, number, RegExp][] = [
    ['{"a": [1', 400, /not JSON/],
    ["", 400, /^the table is empty$/],
    [{}, 400, /^the table is empty$/],
    ["[]", 400, /^the table is empty$/],
    ['"text"', 400, /the body must be object/],
    [{ a: 1 }, 400, /^\/a must be array/],
    [[1], 400, /^\/0 must be object/],
    [{ a: [1, 2], columns: [1] }, 422, /^\/columns has 1 values?, \/a has 2/],
    [{ a: [[1]] }, 422, /^\/a\/0 /],
    [{ columns: [[1]], records: [2] }, 422, /^\/columns\/0 /],
    [{ columns: 1, records: [2] }, 400, /^\/columns must be array/],
    [[[1]], 400, /^\/0 must be object/],
    // stored unparsed: what closes itself is still no JSON
    [`{"a": [${"1,".repeat(2000)}1]}, "columns": {"z": [1]}`, 400, /not JSON/],
    [`{${" ".repeat(3000)}}`, 400, /^the table is empty$/],
    [`"${"x".repeat(3000)}"`, 400, /^the body must be object/],
    [{ a: [1], long: ["x".repeat(3000), 1] }, 422, /^\/long has 2 values, \/a has 1/],
    [[{ a: [1] }], 422, /^\/0\/a /],
    [`{"a": [${"1,".repeat(2000)}`, 400, /not JSON/],
    [`{"a": ${"9".repeat(3000)}}`, 400, /a must be array/],
  ];
  for (const [body, status, detail] of refusals) await isRefused(t, await json(body), status, detail);
  await isRefused(
    t,
    await ml("a,b", { "content-type": "text/plain" }),
    415,
    /^\/ml does not take text\/plain/,
  );
  await isRefused(t, await ml(new FormData()), 400, /./);
  const many = `a${",a".repeat(3001)}\n`;
  await isRefused(t, await ml(many, { "content-type": "text/csv" }), 422, /COLUMNS/);
});

t.test("without an account nothing is read", async (t) => {
  const refused = await ml("{", { authorization: "", "content-type": "application/json" });
  t.equal(refused.status, 401);
});
