// A path that its framework writes with a slash at the end leads there without one, as the framework's own did.
import t from "tap";
import { startTestService } from "../../service.js";

const service = await startTestService(t, { roles: { http: true, work: false } });

t.test("method, body and query are kept", async (t) => {
  const form = { method: "POST", body: new URLSearchParams({ user: "1", title: "Wrote the report" }) };
  const added = await fetch(`${service.url}/entry?x=1`, { ...form, redirect: "manual" });
  t.equal(added.status, 308);
  t.equal(added.headers.get("location"), "/entry/?x=1");
  t.equal((await service.request("/entry", form)).status, 201);
  const shown = await service.request("/entry/1");
  t.strictSame(await shown.json(), { id: 1, user: 1, title: "Wrote the report" });
  const person = new URLSearchParams({ data: '{"name": "peter", "locale": "NYC", "age": 42}' });
  const put = await service.request("/resources/data", { method: "PUT", body: person });
  t.match(await put.json(), { id: 1, name: "peter" });
  t.equal((await service.request("/entry", { method: "HEAD" })).status, 200);
});

t.test("the path says what is possible", async (t) => {
  const deleted = await service.request("/entry", { method: "DELETE" });
  t.equal(deleted.status, 405);
  t.equal(deleted.headers.get("allow"), "GET, HEAD, POST");
});
