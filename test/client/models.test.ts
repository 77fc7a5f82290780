// Models on the typed client: pages of them, one, its weights, and its end.
import t from "tap";
import { ApiError } from "../../src/client/api-error.js";
import { createClient } from "../../src/client/client.js";
import { jobTypes } from "../../workers/job-types.js";
import { PASSWORD, startTestService } from "../service.js";

const service = await startTestService(t);
const client = createClient({ url: service.url, account: "admin", password: PASSWORD, types: jobTypes });

t.test("trained, listed page by page, read, deleted", async (t) => {
  const ids: string[] = [];
  for (const name of ["one", "two", "three"]) {
    const job = await client.submit("rnn.train", { name, iterations: 1, hiddenDim: 3 }, { wait: 30 });
    ids.unshift(job.id);
  }
  const pages: string[][] = [];
  for await (const { models } of client.models({ limit: 2 })) pages.push(models.map(({ id }) => id));
  t.same(pages, [ids.slice(0, 2), [...ids.slice(2), "default"]]);
  const { value: rest } = await client.models({ cursor: ids[1] as string }).next();
  t.same(
    rest?.models.map(({ name }) => name),
    ["one", "default"],
  );

  const model = await client.model("two");
  t.match(model, { id: ids[1], name: "two", hiddenDim: 3, createdAt: String });
  const { createdAt }: { createdAt: string | null } = await client.model("default");
  t.equal(createdAt, null);
  const { synapse0, synapse1, synapseH } = await client.modelWeights(model.id);
  t.same(
    [synapse0, synapse1, synapseH].map((rows) => [rows.length, rows[0]?.length]),
    [
      [2, 3],
      [3, 1],
      [3, 3],
    ],
  );

  await client.removeModel("two");
  await t.rejects(client.model("two"), { name: "ApiError", status: 404 });
  await t.rejects(client.modelWeights("two"), { name: "ApiError", status: 404 });
  await t.rejects(client.removeModel("two"), { name: "ApiError", status: 404 });
  t.match(await client.job(model.id), { state: "completed" }, "its job is still there");
  const refused = await client.removeModel("default").catch((error: unknown) => error);
  t.ok(refused instanceof ApiError);
  t.match(refused, { status: 403, problem: { type: "urn:abacus:problem:protected-model" } });
});

t.test("a reference is one part of the path, whatever is in it; a request can be given up", async (t) => {
  await t.rejects(client.model("a/../default"), { status: 404, message: 'there is no model "a/../default"' });
  const signal = AbortSignal.abort();
  const given: Promise<unknown>[] = [
    client.model("default", { signal }),
    client.modelWeights("default", { signal }),
    client.removeModel("x", { signal }),
    client.models({ signal }).next(),
  ];
  for (const one of given) await t.rejects(one, { name: "AbortError" });
});
