// A job type is said once: one that only the tests know is on the route, in the API's description, in the queue and in the threads.
import t from "tap";
import { loadRegistry } from "../../src/jobs/registry.js";
import type { Description } from "../openapi-description.js";
import { startTestService, type TestService } from "../service.js";

const module = new URL("../fixture-job-types.js", import.meta.url);
let service: TestService;

t.before(async () => {
  service = await startTestService(t, { registry: await loadRegistry(module) });
});

t.test("its route validates, queues and answers", async (t) => {
  const path = "/v1/test/echo";
  const wait = { prefer: "wait=10" };
  const { status, body } = await service.post(path, { value: { deep: ["ä", null, 1.5] } }, wait);
  t.equal(status, 200);
  t.match(body, { type: "test.echo", state: "completed", result: { deep: ["ä", null, 1.5] } });
  const wrong = await service.post(path, { valu: 1 });
  t.equal(wrong.status, 400);
  t.same(wrong.body.errors, [{ path: "/valu", message: "is not a known field" }]);
});

t.test("its entry is in the API's description", async (t) => {
  const answer = await service.request("/openapi.json");
  const { paths, components } = (await answer.json()) as Description;
  t.equal(paths["/v1/test/echo"]?.post?.summary, "A job type of the tests");
  t.hasStrict(components.schemas["test.echo.input"], {
    properties: { seconds: { type: "number", minimum: 0 } },
  });
});

t.test("its format can be had", async (t) => {
  const { body } = await service.post("/v1/test/echo", { value: 7 }, { prefer: "wait=10" });
  const answer = await service.request(body.links.result, { headers: { accept: "text/csv" } });
  t.equal(answer.headers.get("content-type"), "text/csv; charset=utf-8");
  t.equal(await answer.text(), "value\n7\n");
});

t.test("its parts run in several threads and are merged in rounds", async (t) => {
  const { body } = await service.post("/v1/test/split", { value: 100 }, { prefer: "wait=30" });
  t.equal(body.state, "completed");
  // 1² + … + n² = n (n + 1) (2n + 1) / 6
  t.equal(body.result, (100 * 101 * 201) / 6);
});

t.test("two types of one name or path are refused", async (t) => {
  const twice = new URL(
    `data:text/javascript,export const jobTypes = [{name: "a", path: "/a"}, {name: "a", path: "/b"}]`,
  );
  await t.rejects(loadRegistry(twice), { message: "two job types have the same name or the same path" });
});
