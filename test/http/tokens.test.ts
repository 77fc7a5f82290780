// Bearer tokens over HTTP: made, listed, ended, and what they may do.
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { type Json, PASSWORD, startTestService } from "../service.js";

const service = await startTestService(t);
const other = await startTestService(t, { beside: service, roles: { http: true, work: false } });
const accounts = createAccounts(service.redis.connect());
await accounts.add("ann", PASSWORD);

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const basic = (name: string) => `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}`;
const bearer = (token: string) => `Bearer ${token}`;
const ANN = basic("ann");

const send = (authorization: string, method: string, path: string, body?: unknown, on = service) =>
  on.request(path, {
    method,
    headers: { authorization, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

async function make(authorization: string, body: object = {}): Promise<Json> {
  const input = { name: "test", scopes: ["jobs:read"], ...body };
  const response = await send(authorization, "POST", "/v1/tokens", input);
  if (response.status !== 201) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return response.json();
}

async function refusal(t: Test, response: Response, status: number, problem: string): Promise<Json> {
  const document: Json = await response.json();
  t.match(
    { status: response.status, type: document.type },
    { status, type: `urn:abacus:problem:${problem}` },
  );
  return document;
}

t.test("a token: its 201 alone has the secret, and no cache keeps it", async (t) => {
  const before = Date.now();
  const input = { name: "nightly", scopes: ["jobs:read", "jobs:write"] };
  const response = await send(ANN, "POST", "/v1/tokens", input);
  t.equal(response.status, 201);
  t.equal(response.headers.get("cache-control"), "no-store");
  const { token, ...document }: Json = await response.json();
  t.match(document, { ...input, id: /^[0-9a-f]{24}$/, lastUsedAt: null });
  const life = Date.parse(document.expiresAt) - before;
  t.ok(life >= 90 * DAY && life < 90 * DAY + 60_000, "90 days unless said");

  for (const on of [service, other])
    t.equal((await send(bearer(token), "GET", "/v1/jobs", undefined, on)).status, 200);
  t.equal((await send(`bEARER  ${token}`, "GET", "/v1/jobs")).status, 200, "the scheme's name in any case");
  const { tokens }: Json = await (await send(ANN, "GET", "/v1/tokens")).json();
  t.match(tokens, [{ ...document, lastUsedAt: /Z$/ }]);
  t.equal(tokens.length, 1);
  t.notOk(JSON.stringify(tokens).includes(token.slice(-43)));
  t.strictSame(
    await (await send(basic("admin"), "GET", "/v1/tokens")).json(),
    { tokens: [] },
    "another account's",
  );

  t.equal((await send(basic("admin"), "DELETE", `/v1/tokens/${document.id}`)).status, 404);
  t.equal((await send(ANN, "DELETE", `/v1/tokens/${document.id}`)).status, 204);
  for (const on of [service, other])
    await refusal(t, await send(bearer(token), "GET", "/v1/jobs", undefined, on), 401, "unauthorized");
  await refusal(t, await send(ANN, "DELETE", `/v1/tokens/${document.id}`), 404, "not-found");
  t.strictSame(await (await send(ANN, "GET", "/v1/tokens")).json(), { tokens: [] });
});

t.test("what it may do", async (t) => {
  const { token } = await make(ANN, { scopes: ["jobs:read"] });
  t.equal((await send(bearer(token), "GET", "/v1/jobs")).status, 200);
  const response = await send(bearer(token), "POST", "/v1/rnn/additions", { a: 1, b: 2 });
  t.equal(
    response.headers.get("www-authenticate"),
    'Bearer realm="abacus", error="insufficient_scope", scope="jobs:write"',
  );
  t.match(await refusal(t, response, 403, "forbidden"), { detail: "this needs the scope jobs:write" });
  const writing = await make(ANN, { scopes: ["jobs:write"] });
  t.equal((await send(bearer(writing.token), "POST", "/v1/rnn/additions", { a: 1, b: 2 })).status, 202);
  await accounts.set("ann", { scopes: ["jobs:read"] });
  const late = await send(bearer(writing.token), "POST", "/v1/rnn/additions", { a: 1, b: 2 });
  await refusal(t, late, 403, "forbidden");
  await accounts.set("ann", { scopes: ["jobs:read", "jobs:write", "models:write"] });
});

t.test("nobody makes a token that is stronger, or lasts longer", async (t) => {
  for (const scopes of [["admin"], ["jobs:read", "admin"]]) {
    const response = await send(ANN, "POST", "/v1/tokens", { name: "test", scopes });
    t.match(await refusal(t, response, 403, "forbidden"), { detail: /only scopes that you have: not admin/ });
  }
  t.match(await make(basic("admin"), { scopes: ["admin"] }), { scopes: ["admin"] });
  const { token, expiresAt } = await make(ANN, { scopes: ["jobs:read"], expiresAt: inDays(2) });
  const child = await make(bearer(token));
  t.equal(child.expiresAt, expiresAt, "without an end of its own");
  t.ok((await make(bearer(token), { expiresAt: inDays(1) })).expiresAt < expiresAt);
  for (const wanted of [{ scopes: ["jobs:write"] }, { expiresAt: inDays(3) }])
    await refusal(
      t,
      await send(bearer(token), "POST", "/v1/tokens", { name: "test", scopes: ["jobs:read"], ...wanted }),
      403,
      "forbidden",
    );
});

t.test("by means of a token, only what is no stronger is ended", async (t) => {
  const strong = await make(ANN, { scopes: ["jobs:read", "jobs:write"] });
  const [weak, weaker] = [await make(ANN), await make(ANN)];
  const response = await send(bearer(weak.token), "DELETE", `/v1/tokens/${strong.id}`);
  t.match(await refusal(t, response, 403, "forbidden"), { detail: /jobs:write/ });
  for (const [by, id] of [
    [weak.token, weaker.id],
    [strong.token, weak.id],
    [strong.token, strong.id],
  ])
    t.equal((await send(bearer(by), "DELETE", `/v1/tokens/${id}`)).status, 204);
  t.equal((await send(bearer(strong.token), "GET", "/v1/jobs")).status, 401);
});

t.test("what cannot be made", async (t) => {
  const wrong: [number, string, object][] = [
    [400, "/name", { name: undefined }],
    [422, "/name", { name: "" }],
    [422, "/name", { name: "x".repeat(101) }],
    [422, "/name", { name: "a\nb" }],
    [400, "/name", { name: 7 }],
    [400, "/scopes", { scopes: undefined }],
    [422, "/scopes", { scopes: [] }],
    [422, "/scopes/0", { scopes: ["jobs"] }],
    [400, "/scopes", { scopes: "jobs:read" }],
    [422, "/expiresAt", { expiresAt: "tomorrow" }],
    [422, "/expiresAt", { expiresAt: inDays(-1) }],
    [422, "/expiresAt", { expiresAt: inDays(3700) }],
    [422, "/expiresAt", { expiresAt: "2026-13-01T00:00:00Z" }],
    [400, "/expiresAt", { expiresAt: null }],
    [400, "/account", { account: "admin" }],
  ];
  for (const [status, path, body] of wrong) {
    const response = await send(ANN, "POST", "/v1/tokens", { name: "test", scopes: ["jobs:read"], ...body });
    const problem = status === 400 ? "invalid-input" : "impossible-value";
    t.match(await refusal(t, response, status, problem), { errors: [{ path }] }, JSON.stringify(body));
  }
});

t.test("bodies that are not read", async (t) => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    service.request("/v1/tokens", {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
  await refusal(t, await post("{"), 400, "malformed-json");
  await refusal(t, await post(""), 400, "invalid-input");
  await refusal(t, await post("[]"), 400, "invalid-input");
  await refusal(
    t,
    await post("name=x", { "content-type": "application/x-www-form-urlencoded" }),
    415,
    "unsupported-media-type",
  );
  await refusal(t, await post("{}", { "content-encoding": "gzip" }), 415, "unsupported-media-type");
  await refusal(t, await post(JSON.stringify({ name: "x".repeat(70_000) })), 413, "too-large");
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(10_000))),
  });
  const init = { method: "POST", body: endless, duplex: "half" } as RequestInit;
  await refusal(t, await service.request("/v1/tokens", init), 413, "too-large");
});

t.test("an account has 100 at most", async (t) => {
  await accounts.add("bea", PASSWORD);
  const all = Array.from({ length: 100 }, () => make(basic("bea")));
  const [{ id }] = await Promise.all(all);
  const once = () => send(basic("bea"), "POST", "/v1/tokens", { name: "test", scopes: ["jobs:read"] });
  t.match(await refusal(t, await once(), 409, "too-many-tokens"), { detail: /the account has 100 tokens/ });
  await send(basic("bea"), "DELETE", `/v1/tokens/${id}`);
  t.equal((await once()).status, 201);
});

t.test("it needs an account, and a token ends with it", async (t) => {
  await refusal(t, await send("", "GET", "/v1/tokens"), 401, "unauthorized");
  await accounts.add("eve", PASSWORD);
  const { token } = await make(basic("eve"));
  await accounts.remove("eve");
  await accounts.add("eve", PASSWORD);
  await refusal(t, await send(bearer(token), "GET", "/v1/jobs"), 401, "unauthorized");
});
