// A job's result: its own bytes, small or large, or another format by `Accept`.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { registry: await fixtureRegistry() });

const scratch = join(service.dataDir, "scratch");
const wait = { prefer: "wait=30" };
const resultOf = (id: string, accept?: string) =>
  service.request(`/v1/jobs/${id}/result`, { headers: accept === undefined ? {} : { accept } });

t.test("JSON: the same bytes as in the document", async (t) => {
  for (const value of [null, 0, "ä €😀", [1.5e300, -0, 5e-324], { a: { b: [] } }]) {
    const { body } = await service.post("/v1/test/echo", { value }, wait);
    const response = await resultOf(body.id);
    t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
    t.equal(await response.text(), JSON.stringify(value));
    t.strictSame(body.result, JSON.parse(JSON.stringify(value)));
  }
});

t.test("up to 64 KiB in the document, above only at its own address", async (t) => {
  // two quotes belong to the text's JSON
  const { body: small } = await service.post("/v1/test/echo", { value: "x".repeat(65_536 - 2) }, wait);
  t.equal(small.result.length, 65_534);
  t.strictSame(await readdir(join(service.dataDir, "results")), []);

  const { body: large } = await service.post("/v1/test/echo", { value: "x".repeat(65_536 - 1) }, wait);
  t.match(large, { state: "completed", result: null, links: { result: `/v1/jobs/${large.id}/result` } });
  t.strictSame(await readdir(join(service.dataDir, "results")), [large.id]);
  const response = await service.request(large.links.result);
  t.equal(response.status, 200);
  t.equal(response.headers.get("content-length"), "65537");
  t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  t.equal(await response.text(), `"${"x".repeat(65_535)}"`);
  t.match(await (await service.request(`/v1/jobs/${large.id}`)).json(), { result: null });

  t.equal((await service.request(`/v1/jobs/${large.id}`, { method: "DELETE" })).status, 204);
  t.equal((await resultOf(large.id)).status, 404);
  t.strictSame(await readdir(join(service.dataDir, "results")), [], "gone with its job");
});

t.test("the format that is preferred", async (t) => {
  const { body: job } = await service.post("/v1/rnn/additions", { a: 5, b: 7 }, wait);
  const json = "application/json; charset=utf-8";
  const csv = "text/csv; charset=utf-8";
  const avro = "application/avro";
  const cases: [string | undefined, string][] = [
    [undefined, json],
    ["*/*", json],
    ["application/*", json],
    ["text/csv", csv],
    ["TEXT/CSV", csv],
    ["text/*", csv],
    ["text/csv;q=0.5, application/json", json],
    ["text/csv, application/json;q=0.5", csv],
    ["text/html, text/csv;q=0.9, */*;q=0.1", csv],
    ["application/json;q=0, */*", csv],
    ["application/avro", avro],
    ["Application/Avro, application/json;q=0.9", avro],
    ["application/avro;q=0.5, text/csv", csv],
    ["application/json;q=0, application/*", avro],
  ];
  for (const [accept, type] of cases) {
    const response = await resultOf(job.id, accept);
    t.equal(response.headers.get("content-type"), type, accept ?? "none");
    t.equal(response.headers.get("vary"), "accept");
    const isAvro = type === avro;
    const schema = '</v1/schemas/rnn.add.avsc>; rel="describedby"';
    t.equal(response.headers.get("link"), isAvro ? schema : null);
    const text = await response.text();
    t.equal(response.headers.get("content-length"), String(text.length));
    // the default model adds 5 and 7 rightly
    if (type === csv)
      t.equal(text, "a,b,predicted,predictedBits,sum,sumBits,correct\n5,7,12,00001100,12,00001100,true\n");
    else if (!isAvro) t.match(JSON.parse(text), { sum: 12 });
  }
  for (const accept of [
    "text/html",
    "application/json;q=0, text/csv;q=0, */*;q=0",
    "application/vnd.avro",
    "nonsense",
  ]) {
    const response = await resultOf(job.id, accept);
    t.equal(response.status, 406, accept);
    t.match(await response.json(), {
      type: "urn:abacus:problem:not-acceptable",
      detail: "the result can be had as application/json, text/csv, application/avro",
    });
  }
  const { body: stats } = await service.post("/v1/stats", { columns: { x: [1, 2] } }, wait);
  const response = await resultOf(stats.id, avro);
  t.equal(response.status, 406, "a type that has no such format");
  t.match(await response.json(), { detail: "the result can be had as application/json, text/csv" });
});

t.test("a large result as CSV, which leaves nothing behind", async (t) => {
  const { body: job } = await service.post("/v1/test/echo", { value: "x".repeat(100_000) }, wait);
  const answers = await Promise.all(Array.from({ length: 5 }, () => resultOf(job.id, "text/csv")));
  for (const response of answers) t.equal(await response.text(), `value\n"${"x".repeat(100_000)}"\n`);
  await until("the scratch file is removed", async () => (await readdir(scratch)).length === 0);
  t.strictSame(await readdir(scratch), []);
});

t.test("a client that goes away in the middle of a result does no harm", async (t) => {
  const { body: job } = await service.post("/v1/test/echo", { value: "x".repeat(5_000_000) }, wait);
  for (const accept of ["application/json", "text/csv"]) {
    const leaving = new AbortController();
    const response = await service.request(`/v1/jobs/${job.id}/result`, {
      headers: { accept },
      signal: leaving.signal,
    });
    leaving.abort();
    await t.rejects(response.text());
  }
  t.equal((await (await resultOf(job.id)).text()).length, 5_000_002);
  await until("the scratch file is removed", async () => (await readdir(scratch)).length === 0);
  t.strictSame(await readdir(scratch), []);
});

t.test("there is none: while it runs, when it was canceled, when it failed", async (t) => {
  const { body: running } = await service.post("/v1/test/spin", {});
  const unfinished = await resultOf(running.id);
  t.equal(unfinished.status, 409);
  t.equal(unfinished.headers.get("retry-after"), "1");
  t.match(await unfinished.json(), {
    type: "urn:abacus:problem:no-result",
    detail: /^the job is (queued|active)$/,
  });

  await service.request(`/v1/jobs/${running.id}/cancel`, { method: "POST" });
  const canceled = await resultOf(running.id, "text/csv");
  t.equal(canceled.status, 409);
  t.equal(canceled.headers.get("retry-after"), null);
  t.match(await canceled.json(), { detail: "the job is canceled" });

  for (const [value, status] of [
    [1, 422],
    [undefined, 500],
  ]) {
    const { body: failed } = await service.post("/v1/test/fail", { value }, wait);
    const response = await resultOf(failed.id, "text/csv");
    t.equal(response.status, status);
    t.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
    t.strictSame(await response.json(), failed.error);
  }
});
