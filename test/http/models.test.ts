// Trained models as resources: listed, fetched, their weights downloaded, deleted, by whom they belong to.
import { existsSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { newId } from "../../src/jobs/id.js";
import { decodeWeights, weightMatrices } from "../../workers/rnn/weights-file.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";

const service = await startTestService(t, { env: { INLINE_BYTES: "1000" } });
const redis = service.redis.connect();
const MODELS = "/v1/rnn/models";
const wait = { prefer: "wait=30" };

/** Headers of a new account. */
async function accountWith(name: string, scopes?: ("jobs:read" | "jobs:write" | "models:write")[]) {
  await createAccounts(redis).add(name, `${name}'s own password`, scopes);
  return { authorization: `Basic ${Buffer.from(`${name}:${name}'s own password`).toString("base64")}` };
}
const get = (path: string, headers: Record<string, string> = {}) =>
  service.request(MODELS + path, { headers });
const read = async (path: string, headers: Record<string, string> = {}): Promise<Json> =>
  (await get(path, headers)).json();
const remove = (model: string, headers: Record<string, string> = {}) =>
  service.request(`${MODELS}/${model}`, { method: "DELETE", headers });

/** Trains the smallest network there is, unless told otherwise; the model of the result. */
async function train(input: object = {}, headers: Record<string, string> = {}): Promise<Json> {
  const tiny = { iterations: 1, hiddenDim: 1, binaryDim: 2, ...input };
  const { body } = await service.post(MODELS, tiny, { ...wait, ...headers });
  if (body.state !== "completed") throw new Error(JSON.stringify(body));
  return body.result.model;
}
const fileOf = (id: string) => join(service.dataDir, "made", id);
const idsOf = ({ models }: Json): string[] => models.map(({ id }: Json) => id);

t.test("the default model is there before anything was trained, and is what RNN.md says", async (t) => {
  const byDefault = {
    ...{
      id: "default",
      name: "default",
      binaryDim: 8,
      hiddenDim: 16,
      alpha: 0.1,
      iterations: 10_000,
      seed: 0,
    },
    // all 16,384 pairs below 128 are added rightly
    ...{ accuracy: 1, accuracyPairs: 16_384, createdAt: null },
  };
  // the first ones, at the same time
  const pages = await Promise.all([read(""), read("?limit=1"), read("/default")]);
  t.strictSame(pages, [
    { models: [byDefault], nextCursor: null },
    { models: [byDefault], nextCursor: null },
    byDefault,
  ]);

  const { synapse0, synapse1, synapseH } = await read("/default/weights");
  t.same([synapse0.length, synapse0[0].length, synapse1.length, synapse1[0].length], [2, 16, 16, 1]);
  t.same([synapseH.length, synapseH[15].length], [16, 16]);
  const near = (found: number, expected: number) => t.ok(Math.abs(found - expected) < 1e-9, `${found}`);
  // the tutorial's, after training with seed 0
  near(synapse0[0][0], -0.3595195302466611);
  near(synapse0[0][1], 2.3395899306608605);
  near(synapse1[0][0], 2.0307117924845506);
  near(synapseH[0][0], 0.03181291666736755);
  near(synapseH[0][1], -1.5761066790469345);
});

t.test("a completed training is a model, as its result says, by id and by name", async (t) => {
  const model = await train({ name: "First.1", seed: 7, alpha: 0.5 });
  t.match(model, { name: "First.1", binaryDim: 2, hiddenDim: 1, alpha: 0.5, iterations: 1, seed: 7 });
  for (const reference of [model.id, "First.1"]) {
    const response = await get(`/${reference}`);
    t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
    t.strictSame(await response.json(), model);
  }
  t.strictSame((await read("")).models[0], model);
  const unnamed = await train();
  t.equal(unnamed.name, null);
  t.strictSame(await read(`/${unnamed.id}`), unnamed);
});

t.test("weights: what the training wrote, in rows, as a file with a name", async (t) => {
  const { id } = await train({ name: "large", hiddenDim: 512, binaryDim: 8 });
  const response = await get("/large/weights");
  t.equal(response.status, 200);
  t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  t.equal(response.headers.get("content-disposition"), `attachment; filename="${id}-weights.json"`);
  const text = await response.text();
  t.equal(response.headers.get("content-length"), String(Buffer.byteLength(text)));
  t.ok(text.length > 4_000_000, `${text.length} characters`);
  const matrices = weightMatrices(decodeWeights(readFileSync(fileOf(id))));
  t.ok(text === JSON.stringify(matrices), "each number reads back as it was");
  t.same([matrices.synapse0.length, matrices.synapse1.length, matrices.synapseH.length], [2, 512, 512]);

  const head = await service.request(`${MODELS}/large/weights`, { method: "HEAD" });
  for (const name of ["content-type", "content-length", "content-disposition", "etag"])
    t.equal(head.headers.get(name), response.headers.get(name), name);

  const leaving = new AbortController();
  const cut = await service.request(`${MODELS}/large/weights`, { signal: leaving.signal });
  leaving.abort();
  await t.rejects(cut.text());
  const answers = await Promise.all([1, 2, 3].map(async () => (await get(`/${id}/weights`)).text()));
  t.ok(answers.every((one) => one === text));
  await until(
    "no scratch file is left",
    async () => (await readdir(join(service.dataDir, "scratch"))).length === 0,
  );
});

t.test("a model never changes: 304, until another one has its name", async (t) => {
  const { id } = await train({ name: "tagged" });
  for (const path of ["", "/weights"]) {
    const etag = (await get(`/tagged${path}`)).headers.get("etag") as string;
    t.equal((await get(`/${id}${path}`)).headers.get("etag"), etag, "by id as by name");
    const known = await get(`/tagged${path}`, { "if-none-match": etag });
    t.equal(known.status, 304);
    t.equal(known.headers.get("etag"), etag);
    t.equal(await known.text(), "");
    t.equal((await get(`/tagged${path}`, { "if-none-match": '"another"' })).status, 200);
    const own = (await get(`/default${path}`)).headers.get("etag") as string;
    t.equal((await get(`/default${path}`, { "if-none-match": own })).status, 304);
  }
  const etag = (await get("/tagged")).headers.get("etag") as string;
  t.equal((await remove("tagged")).status, 204);
  t.equal((await get("/tagged", { "if-none-match": etag })).status, 404);
  const { id: other } = await train({ name: "tagged" });
  const response = await get("/tagged", { "if-none-match": etag });
  t.equal(response.status, 200);
  t.match(await response.json(), { id: other });
});

t.test("deleted: its record, its weights and its name; its job stays", async (t) => {
  for (const by of ["id", "name"]) {
    const { id } = await train({ name: `gone-by-${by}` });
    t.ok(existsSync(fileOf(id)));
    const reference = by === "id" ? id : `gone-by-${by}`;
    const response = await remove(reference);
    t.equal(response.status, 204);
    t.equal(await response.text(), "");
    for (const path of [`/${id}`, `/gone-by-${by}`, `/${id}/weights`]) {
      const answer = await get(path);
      t.equal(answer.status, 404, path);
      t.match(await answer.json(), { type: "urn:abacus:problem:not-found", detail: /^there is no model "/ });
    }
    t.equal((await remove(reference)).status, 404, "a second time");
    t.notOk(existsSync(fileOf(id)));
    t.notOk(idsOf(await read("?limit=100")).includes(id));
    const addition = await service.post("/v1/rnn/additions", { a: 1, b: 1, model: id }, wait);
    t.match(addition, { status: 404, body: { type: "urn:abacus:problem:unknown-model" } });
    const job: Json = await (await service.request(`/v1/jobs/${id}`)).json();
    t.match(job, { state: "completed", result: { model: { id, name: `gone-by-${by}` } } });

    const { id: next } = await train({ name: `gone-by-${by}` });
    t.equal((await service.request(`/v1/jobs/${id}`, { method: "DELETE" })).status, 204);
    t.match(
      await read(`/gone-by-${by}`),
      { id: next },
      "the name is the next one's, also when the job is gone",
    );
  }
});

t.test("the default model cannot be deleted", async (t) => {
  const response = await remove("default");
  t.equal(response.status, 403);
  t.match(await response.json(), {
    type: "urn:abacus:problem:protected-model",
    detail: "the model default cannot be deleted: it is everybody's",
  });
  t.equal((await get("/default")).status, 200);
});

t.test("a model that there is not", async (t) => {
  const { body: canceled } = await service.post(`${MODELS}?delay=60`, {});
  await service.request(canceled.links.cancel, { method: "POST" });
  for (const reference of ["none", newId(), canceled.id, "a%2Fb", "%F0%9F%8D%8E"])
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/weights"],
      ["DELETE", ""],
    ]) {
      const response = await service.request(`${MODELS}/${reference}${path}`, { method: method as string });
      t.equal(response.status, 404, `${method} ${reference}${path}`);
      t.match(await response.json(), {
        detail: `there is no model ${JSON.stringify(decodeURIComponent(reference))}`,
      });
    }
});

t.test("a training that runs is no model yet", async (t) => {
  const { body: running } = await service.post(MODELS, { name: "soon", iterations: 10_000_000 });
  await until("it runs", async () => {
    const job = (await (await service.request(`/v1/jobs/${running.id}`)).json()) as Json;
    return job.state === "active";
  });
  for (const reference of ["soon", running.id]) {
    t.equal((await get(`/${reference}`)).status, 404);
    t.equal((await remove(reference)).status, 404);
  }
  t.notOk(idsOf(await read("?limit=100")).includes(running.id));
  t.equal((await service.post(MODELS, { name: "soon", iterations: 1 })).status, 409, "it keeps its name");
  await service.request(`/v1/jobs/${running.id}`, { method: "DELETE" });
});

t.test("deleted as soon as it is there, it leaves nothing", async (t) => {
  for (let i = 0; i < 5; i++) {
    const { body: job } = await service.post(MODELS, { name: "brief", iterations: 1, hiddenDim: 1 });
    await until("it is deleted", async () => (await remove("brief")).status === 204);
    t.match(await service.ended(job.id), { state: "completed" });
    t.notOk(existsSync(fileOf(job.id)));
    t.equal(await redis.exists(`{abacus}:model:${job.id}`), 0);
    t.equal(await redis.zscore("{abacus}:models:admin", job.id), null);
    t.equal(await redis.hexists("{abacus}:model-names:admin", "brief"), 0);
  }
});

t.test("weights that are lost, and that are deleted before they are read", async (t) => {
  const { id } = await train({ name: "lost" });
  await rm(fileOf(id));
  const response = await get("/lost/weights");
  t.equal(response.status, 500);
  t.match(await response.json(), {
    type: "urn:abacus:problem:file-lost",
    detail: `the weights of the model ${id} are no longer on the disk`,
  });
  t.equal((await remove("lost")).status, 204, "it can still be deleted");

  // deleted while others' weights are made, before its own are
  await train({ name: "waiting" });
  const others = Array.from({ length: 6 }, () =>
    service.request(`${MODELS}/large/weights`, { method: "HEAD" }),
  );
  const late = get("/waiting/weights");
  await read("/waiting");
  t.equal((await remove("waiting")).status, 204);
  t.equal((await late).status, 404);
  t.match(await (await late).json(), { detail: 'there is no model "waiting"' });
  for (const { status } of await Promise.all(others)) t.equal(status, 200);
});

t.test("page by page, newest first, then the default model", async (t) => {
  const lister = await accountWith("lister");
  const made: string[] = [];
  for (let seed = 0; seed < 5; seed++)
    made.unshift((await train({ seed, ...(seed % 2 && { name: `m${seed}` }) }, lister)).id);
  const pages = async (t: Test, limit: number, expected: string[][]) => {
    const seen: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await read(`?limit=${limit}${cursor && `&cursor=${cursor}`}`, lister);
      seen.push(idsOf(page));
      cursor = page.nextCursor;
    }
    t.strictSame(seen, expected, `limit ${limit}`);
  };
  const all = [...made, "default"];
  await pages(t, 2, [all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
  await pages(t, 4, [all.slice(0, 4), all.slice(4)]);
  await pages(t, 5, [made, ["default"]]);
  await pages(t, 6, [all]);
  t.strictSame(idsOf(await read("", lister)), all);

  const { nextCursor } = await read("?limit=2", lister);
  t.equal(nextCursor, made[1]);
  t.equal((await remove(made[1] as string, lister)).status, 204);
  t.strictSame(idsOf(await read(`?cursor=${nextCursor}`, lister)), all.slice(2), "after one that is deleted");

  // of models that have expired there may be any number in the index, until it is swept
  const gone = (offset: number) =>
    Array.from({ length: 250 }, () => ["0", newId(Date.now() + offset)]).flat();
  await redis.zadd("{abacus}:models:lister", ...gone(60_000), ...gone(-600_000));
  all.splice(1, 1);
  await pages(t, 2, [all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
  await pages(t, 4, [all.slice(0, 4), ["default"]]);
});

t.test("queries that make no sense", async (t) => {
  const cases: [string, number, object][] = [
    ["?limit=0", 422, { errors: [{ path: "/limit" }] }],
    ["?limit=101", 422, { errors: [{ path: "/limit" }] }],
    ["?limit=many", 400, { errors: [{ path: "/limit" }] }],
    ["?name=x", 400, { errors: [{ path: "/name", message: "is not a known field" }] }],
    ["?cursor=default", 400, { detail: /cursor/ }],
    ["?cursor=", 400, { detail: /cursor/ }],
    ["/default?limit=1", 200, { id: "default" }],
  ];
  for (const [query, status, expected] of cases) {
    const response = await get(query);
    t.equal(response.status, status, query);
    t.match(await response.json(), expected, query);
  }
  t.equal((await get(`/${"x".repeat(101)}`)).status, 414);
});

t.test("the models of others do not exist; an admin may look and delete", async (t) => {
  const ann = await accountWith("ann");
  const { id } = await train({ name: "hers" }, ann);
  const { id: mine } = await train({ name: "mine" });
  for (const [headers, reference] of [
    [ann, mine],
    [ann, "mine"],
    [{}, id],
    [{}, "hers"],
  ] as const) {
    t.equal((await get(`/${reference}`, headers)).status, 404);
    t.equal((await get(`/${reference}/weights`, headers)).status, 404);
    t.equal((await remove(reference, headers)).status, 404);
  }
  t.strictSame(idsOf(await read("", ann)), [id, "default"]);
  t.equal((await get("?account=admin", ann)).status, 403);
  t.equal((await get("/default?account=admin", ann)).status, 403);
  t.equal((await remove("default", ann)).status, 403);
  t.equal((await get("/mine")).status, 200, "and is still there");

  t.strictSame(idsOf(await read("?account=ann")), [id, "default"]);
  t.match(await read("/hers?account=ann"), { id });
  t.equal((await get("/hers/weights?account=ann")).status, 200);
  t.equal((await remove("hers?account=ann")).status, 204);
  t.equal((await get("/hers", ann)).status, 404);
});

t.test("reading needs jobs:read, deleting models:write", async (t) => {
  const reader = await accountWith("reader", ["jobs:read"]);
  const trainer = await accountWith("trainer", ["jobs:write", "models:write"]);
  const { id } = await train();
  const cases: [Record<string, string>, string, string, number][] = [
    [reader, "GET", "", 200],
    [reader, "GET", "/default", 200],
    [reader, "GET", "/default/weights", 200],
    [reader, "DELETE", `/${id}`, 403],
    [trainer, "GET", "", 403],
    [trainer, "GET", "/default", 403],
    [trainer, "GET", "/default/weights", 403],
    [trainer, "DELETE", `/${id}`, 404],
  ];
  for (const [headers, method, path, status] of cases) {
    const response = await service.request(MODELS + path, { method, headers });
    t.equal(response.status, status, `${method} ${path}`);
    const scope = method === "GET" ? "jobs:read" : "models:write";
    if (status === 403) t.match(await response.json(), { detail: `this needs the scope ${scope}` });
  }
  for (const path of ["", "/default", "/default/weights"])
    t.equal((await fetch(service.url + MODELS + path)).status, 401, path);
});

t.test("other methods", async (t) => {
  for (const [path, allow] of [
    ["", "GET, HEAD, POST"],
    ["/default", "DELETE, GET, HEAD"],
    ["/default/weights", "GET, HEAD"],
  ]) {
    const response = await service.request(`${MODELS}${path}`, { method: "PUT" });
    t.equal(response.status, 405);
    t.equal(response.headers.get("allow"), allow);
    t.equal((await service.request(`${MODELS}${path}`, { method: "HEAD" })).status, 200);
  }
});
