// Samples through the whole service: asked for with and without a body, refused, as CSV, large.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { closeTo } from "../samples/close-to.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { env: { SAMPLE_CELLS: "1000000", INLINE_BYTES: "4000" } });
const SAMPLES = "/v1/samples";
const wait = { prefer: "wait=60" };
const post = (body: unknown) => service.post(SAMPLES, body, wait);
const { columns: tutorial } = JSON.parse(readFileSync("test/fixtures/samples/tutorial.json", "utf8"));

t.test("no body at all is the tutorial's call", async (t) => {
  const bodies: RequestInit[] = [
    { headers: wait },
    { headers: { ...wait, "content-type": "application/json" }, body: "" },
    {
      headers: { ...wait, "content-type": "application/json" },
      body: new ReadableStream({ start: (stream) => stream.close() }),
      duplex: "half",
    } as RequestInit,
  ];
  for (const init of bodies) {
    const job: Json = await (await service.request(SAMPLES, { ...init, method: "POST" })).json();
    t.match(job, {
      state: "completed",
      input: { samples: 100, features: 2, informative: 2, redundant: 0, clustersPerClass: 1, seed: 0 },
    });
    t.strictSame(Object.keys(job.result.columns), ["vec_0", "vec_1", "target"]);
    for (const name of ["vec_0", "vec_1"]) closeTo(t, job.result.columns[name], tutorial[name], name);
    t.strictSame(job.result.columns.target, tutorial.target);
  }
});

t.test("an input without fields is scikit-learn's defaults", async (t) => {
  const { status, body } = await post("{}");
  t.match({ status, body }, { status: 200, body: { state: "completed", input: { features: 20 } } });
  const [first] = JSON.parse(readFileSync("test/fixtures/samples/made.json", "utf8"));
  t.equal(first.name, "the defaults");
  t.strictSame(Object.keys(body.result.columns), Object.keys(first.columns));
  closeTo(t, body.result.columns.vec_19, first.columns.vec_19);
});

t.test("as CSV", async (t) => {
  const { body } = await post({ samples: 3, features: 2, redundant: 0, clustersPerClass: 1 });
  const csv = await service.request(body.links.result, { headers: { accept: "text/csv" } });
  t.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8");
  const { vec_0, vec_1, target } = body.result.columns;
  const rows = [0, 1, 2].map((i) => `${vec_0[i]},${vec_1[i]},${target[i]}\n`);
  t.equal(await csv.text(), `vec_0,vec_1,target\n${rows.join("")}`);
});

t.test("a wrong type or an unknown field: 400; what cannot be: 422", async (t) => {
  const cases: [body: unknown, status: number, path: string][] = [
    [{ samples: "3" }, 400, "/samples"],
    [{ n_samples: 3 }, 400, "/n_samples"],
    [{ weights: "all" }, 400, "/weights"],
    [{ samples: 0 }, 422, "/samples"],
    [{ features: 0 }, 422, "/features"],
    [{ samples: 2.5 }, 422, "/samples"],
    [{ seed: -1 }, 422, "/seed"],
    [{ informative: 19 }, 422, "/features"],
    [{ classes: 5 }, 422, "/informative"],
    [{ weights: [1, 2, 3] }, 422, "/weights"],
    [{ shift: [1, 2, 3] }, 422, "/shift"],
    [{ samples: 50_001 }, 422, "/samples"],
    [{ samples: 3, features: 1001, informative: 1001, redundant: 0 }, 422, "/informative"],
    [{ samples: 3, features: 100_050, informative: 11, redundant: 100_000 }, 422, "/redundant"],
    [{ informative: 18, classes: 55_556, clustersPerClass: 1 }, 422, "/clustersPerClass"],
    [{ samples: 3, features: 1000, informative: 1000, redundant: 0, classes: 501 }, 422, "/clustersPerClass"],
  ];
  for (const [body, status, path] of cases) {
    const answer = await post(body);
    t.match(answer, { status, body: { status, errors: [{ path }] } }, JSON.stringify(body));
    const stored = await post(JSON.stringify(body).padEnd(4001));
    t.match(stored.body, { state: "failed", error: answer.body }, "in the same words from a large body");
  }
});

t.test("a number that is not finite is null, and empty in CSV", async (t) => {
  const input = { samples: 3, features: 2, redundant: 0, clustersPerClass: 1, scale: [1e308, 1] };
  const { body } = await post(input);
  const { vec_0, vec_1, target } = body.result.columns;
  t.strictSame([vec_0.includes(null), vec_1.includes(null)], [true, false]);
  const csv = await service.request(body.links.result, { headers: { accept: "text/csv" } });
  const rows = [0, 1, 2].map((i) => `${vec_0[i] ?? ""},${vec_1[i]},${target[i]}\n`);
  t.equal(await csv.text(), `vec_0,vec_1,target\n${rows.join("")}`);
});

t.test("clusters that overlap too much fail the job", async (t) => {
  const { body } = await post({ samples: 50_000, informative: 3, classes: 3, weights: [5, -5, 5] });
  t.match(body, {
    state: "failed",
    error: { status: 422, detail: /^\/weights let clusters overlap.* SAMPLE_CELLS is 1000000$/ },
  });
});

t.test("SAMPLE_CELLS, and a result of many pieces", async (t) => {
  const many = { samples: 50_000, features: 4 };
  const detail = "/samples times features is 1000004 (250001 × 4): the limit SAMPLE_CELLS is 1000000";
  t.match(await post({ ...many, samples: 250_001 }), { status: 422, body: { detail } });

  const { body: job } = await post(many);
  t.match(job, { state: "completed", result: null });
  t.ok((await readdir(join(service.dataDir, "results"))).includes(job.id));
  const json = await (await service.request(job.links.result)).text();
  const columns: Record<string, number[]> = JSON.parse(json).columns;
  t.strictSame(
    Object.values(columns).map(({ length }) => length),
    Array(5).fill(50_000),
  );
  const csv = await service.request(job.links.result, { headers: { accept: "text/csv" } });
  const lines = (await csv.text()).split("\n");
  t.equal(lines.length, 50_002, "a header, and an end of each line");
  for (const row of [0, 2048, 49_999])
    t.equal(
      lines[row + 1],
      Object.values(columns)
        .map((numbers) => numbers[row])
        .join(","),
    );
});

t.test("a long computation tells how far it is, and is canceled", async (t) => {
  const informative = 1000;
  const { body: job } = await service.post(SAMPLES, {
    samples: 20,
    ...{ features: informative, informative, redundant: 0, clustersPerClass: 500 },
  });
  const { progress } = await until("progress", async () => {
    const response = await service.request(`/v1/jobs/${job.id}`);
    const running: Json = await response.json();
    return running.progress ? running : undefined;
  });
  t.match(progress, { stage: "drawing", unit: "numbers", detail: null });
  t.ok(progress.fraction > 0 && progress.fraction < 1);
  await service.request(`/v1/jobs/${job.id}/cancel`, { method: "POST" });
  t.match(await service.ended(job.id), { state: "canceled" });
});
