// Accounts over HTTP, for admins.
import t from "tap";
import { type Json, PASSWORD, startTestService } from "../service.js";

const service = await startTestService(t);
const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

async function send(method: string, name: string, body?: unknown, authorization = basic("admin")) {
  const response = await service.request(`/v1/accounts/${encodeURIComponent(name)}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as Json };
}

const lists = async (name: string, password = PASSWORD) =>
  (await service.request("/v1/jobs", { headers: { authorization: basic(name, password) } })).status;

t.test("made, looked at, changed, removed", async (t) => {
  const before = new Date().toISOString();
  const made = await send("PUT", "ann", { password: PASSWORD });
  t.equal(made.status, 201);
  t.match(made.body, { name: "ann", scopes: ["jobs:read", "jobs:write", "models:write"] });
  t.ok(made.body.createdAt >= before);
  t.strictSame(Object.keys(made.body).sort(), ["createdAt", "name", "scopes"]);
  t.same(await send("GET", "ann"), { status: 200, body: made.body });
  t.equal(await lists("ann"), 200);

  t.same(await send("PUT", "ann", { scopes: ["jobs:write"] }), {
    status: 200,
    body: { ...made.body, scopes: ["jobs:write"] },
  });
  t.equal(await lists("ann"), 403, "its password is what it was");
  t.equal((await send("PUT", "ann", { password: "another password" })).status, 200);
  t.equal(await lists("ann", "another password"), 403, "its scopes are what they were");
  t.equal(await lists("ann"), 401);
  t.same(await send("PUT", "ann", {}), { status: 200, body: { ...made.body, scopes: ["jobs:write"] } });

  t.same(await send("DELETE", "ann"), { status: 204, body: undefined });
  t.equal(await lists("ann", "another password"), 401);
  for (const method of ["GET", "DELETE"])
    t.match(await send(method, "ann"), { status: 404, body: { detail: 'there is no account "ann"' } });
});

t.test("an account of an admin's own making administers", async (t) => {
  await send("PUT", "root@example.org", { password: PASSWORD, scopes: ["admin"] });
  const { status, body } = await send("GET", "admin", undefined, basic("root@example.org"));
  t.equal(status, 200);
  t.match(body, { name: "admin", scopes: ["jobs:read", "jobs:write", "models:write", "admin"] });
});

t.test("what cannot be", async (t) => {
  await send("PUT", "bea", { password: PASSWORD });
  const cases: [string, string, unknown, number, object][] = [
    ["PUT", "new", {}, 422, { errors: [{ path: "/password", message: "a new account needs a password" }] }],
    ["PUT", "new", { scopes: [] }, 422, { errors: [{ path: "/password" }] }],
    ["PUT", "new", { password: "short" }, 422, { errors: [{ path: "/password" }] }],
    ["PUT", "bea", { password: "a\tb\tc\td\te" }, 422, { detail: /control characters/ }],
    ["PUT", "New Name", { password: PASSWORD }, 422, { errors: [{ path: "/name" }] }],
    ["PUT", "oidc:ada", { password: PASSWORD }, 422, { errors: [{ path: "/name" }] }],
    ["PUT", "bea", { scopes: ["everything"] }, 422, { errors: [{ path: "/scopes/0" }] }],
    ["PUT", "bea", { name: "eve" }, 400, { errors: [{ path: "/name" }] }],
    ["PUT", "bea", { password: 12345678 }, 400, { errors: [{ path: "/password" }] }],
    ["GET", "New Name", undefined, 404, {}],
    ["DELETE", "nobody", undefined, 404, {}],
    ["PUT", "admin", { password: "another password" }, 403, { type: "urn:abacus:problem:protected-account" }],
    ["PUT", "admin", { scopes: [] }, 403, { type: "urn:abacus:problem:protected-account" }],
    ["DELETE", "admin", undefined, 403, { type: "urn:abacus:problem:protected-account" }],
  ];
  for (const [method, name, input, status, body] of cases)
    t.match(await send(method, name, input), { status, body }, `${method} ${name} ${JSON.stringify(input)}`);
  t.equal((await send("GET", "new")).status, 404);
  t.equal(await lists("bea"), 200);
});

t.test("for admins alone, whether or not there is such an account", async (t) => {
  await send("PUT", "eve", { password: PASSWORD });
  for (const name of ["eve", "nobody", "admin"])
    for (const method of ["GET", "PUT", "DELETE"])
      t.match(await send(method, name, method === "PUT" ? {} : undefined, basic("eve")), {
        status: 403,
        body: { type: "urn:abacus:problem:forbidden", detail: "this needs the scope admin" },
      });
  t.equal((await send("GET", "eve", undefined, "")).status, 401);
});

t.test("its tokens and sessions end with it", async (t) => {
  await send("PUT", "gus", { password: PASSWORD });
  const authorization = basic("gus");
  const headers = { authorization, "content-type": "application/json" };
  const body = '{"name": "test", "scopes": ["jobs:read"]}';
  const { token } = (await (
    await service.request("/v1/tokens", { method: "POST", headers, body })
  ).json()) as Json;
  const session = await service.request("/v1/session", { method: "POST", headers: { authorization } });
  const cookie = session.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${service.url}/v1/jobs`, { headers })).status;
  const both = () => Promise.all([ask({ authorization: `Bearer ${token}` }), ask({ cookie })]);
  t.strictSame(await both(), [200, 200]);
  await send("DELETE", "gus");
  await send("PUT", "gus", { password: PASSWORD });
  t.strictSame(await both(), [401, 401]);
});
