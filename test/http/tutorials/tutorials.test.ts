// TUTORIALS=false: the routes of the tutorials are gone, and nothing else is.
import t from "tap";
import { type Json, startTestService } from "../../service.js";

const on = await startTestService(t);
const off = await startTestService(t, { env: { TUTORIALS: "false" }, beside: on });

async function operations(url: string): Promise<{ path: string; method: string; tags: string[] }[]> {
  const { paths }: Json = await (await fetch(`${url}/openapi.json`)).json();
  return Object.entries<Json>(paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { tags }]) => ({ path, method, tags })),
  );
}

t.test("they stand under one tag, and there are no others without them", async (t) => {
  const all = await operations(on.url);
  const tutorials = all.filter(({ tags }) => tags.includes("Tutorials"));
  const paths = ["/", "/ml", "/RNNaddition", "/todo/api/v1.0/tasks", "/todo/api/v1.0/tasks/{id}"];
  paths.push("/resources/data/", "/resources/data/{id}", "/entry/", "/entry/{id}/", "/sample_producer");
  t.strictSame(new Set(tutorials.map(({ path }) => path)), new Set(paths));
  t.strictSame(
    await operations(off.url),
    all.filter((operation) => !tutorials.includes(operation)),
  );
  const { tags }: Json = await (await fetch(`${off.url}/openapi.json`)).json();
  t.notOk(tags.some(({ name }: Json) => name === "Tutorials"));
  for (const { path, method } of tutorials) {
    const concrete = path.replace("{id}", "1");
    const gone = await off.request(concrete, { method: method.toUpperCase() });
    t.equal(gone.status, 404, concrete);
    t.match(await gone.json(), { type: "urn:abacus:problem:not-found" });
  }
});

t.test("all else works", async (t) => {
  const { status, body } = await off.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
  t.equal(status, 200);
  t.equal(body.result.sum, 12);
});
