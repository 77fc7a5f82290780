// Sessions: a cookie instead of a password, for the service's own pages.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { readConfig } from "../../src/config.js";
import { openCertificate } from "../../src/http/tls.js";
import { startService } from "../../src/service.js";
import { makeCertificate, NO_OPENSSL } from "../certificate.js";
import { type Json, PASSWORD, startTestService } from "../service.js";
import { startFront } from "./front.js";

const SIGNIN_LIMIT = "5";
const service = await startTestService(t, {
  env: { SIGNIN_LIMIT, TRUST_PROXY: "127.0.0.1", CORS_ORIGINS: "https://app.example" },
});
const accounts = createAccounts(service.redis.connect());
await accounts.add("ann", PASSWORD);
const json = { "content-type": "application/json" };
const credentials = { account: "ann", password: PASSWORD };
const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

/** Without the credentials that the tests' own `request` adds: an empty header counts as none. */
const anonymous = (path: string, { headers, ...init }: RequestInit = {}) => {
  const { authorization, ...others } = { authorization: "", ...(headers as Record<string, string>) };
  const given = authorization === "" ? others : { ...others, authorization };
  return fetch(service.url + path, { ...init, headers: given });
};

const signIn = (body: unknown = credentials, headers: Record<string, string> = {}) =>
  service.request("/v1/session", {
    method: "POST",
    headers: { authorization: "", ...json, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** What a browser sends back of an answer's cookies. */
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
const look = (cookie: string, headers: Record<string, string> = {}) =>
  anonymous("/v1/jobs", { headers: { cookie, ...headers } });

async function session(): Promise<string> {
  const response = await signIn();
  if (response.status !== 201) throw new Error(`no session: ${response.status} ${await response.text()}`);
  return cookieOf(response);
}

t.test("signing in gives a cookie that stands for the account", async (t) => {
  const before = Date.now();
  const response = await signIn();
  t.equal(response.status, 201);
  t.equal(response.headers.get("cache-control"), "no-store");
  const { expiresAt, ...rest }: Json = await response.json();
  t.strictSame(rest, { account: "ann", scopes: ["jobs:read", "jobs:write", "models:write"] });
  const life = Date.parse(expiresAt) - before;
  t.ok(life >= 12 * 3_600_000 && life < 12 * 3_600_000 + 60_000);
  t.match(
    response.headers.get("set-cookie"),
    /^abacus_session=abacus_[\w-]+; Max-Age=43[12]\d\d; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const cookie = cookieOf(response);
  t.equal((await look(cookie)).status, 200);
  t.equal((await look(`a=b; ${cookie}; c=d`)).status, 200);
  const submitted = await anonymous("/v1/rnn/additions", {
    method: "POST",
    headers: { cookie, ...json, origin: service.url, "sec-fetch-site": "same-origin" },
    body: '{"a": 5, "b": 7}',
  });
  t.equal(submitted.status, 202);
  const tokens = await anonymous("/v1/tokens", { headers: { cookie } });
  t.strictSame(await tokens.json(), { tokens: [] }, "it is not among the tokens");
});

t.test("a form of a page, HTTP Basic, and other ways to say the same", async (t) => {
  const form = { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" };
  const fields = new URLSearchParams(credentials).toString();
  t.equal((await signIn(fields, form)).status, 201);
  t.equal((await signIn("", { authorization: basic("ann") })).status, 201);
  const byHeader = await service.request("/v1/session", { method: "POST" });
  t.match(await byHeader.json(), { account: "admin" });
  for (const [body, headers, status] of [
    [`${fields}&account=admin`, form, 400],
    ["account=ann", form, 400],
    [{ account: "ann" }, {}, 400],
    [{ ...credentials, remember: true }, {}, 400],
    ["{", {}, 400],
    ["x", { "content-type": "text/plain" }, 415],
    [JSON.stringify({ ...credentials, password: "x".repeat(70_000) }), {}, 413],
  ] as const)
    t.equal((await signIn(body, headers)).status, status, JSON.stringify(body).slice(0, 50));
});

t.test("`Secure` where the browser speaks HTTPS, also with a trusted proxy", async (t) => {
  t.match(
    (await signIn(credentials, { "x-forwarded-proto": "https" })).headers.get("set-cookie"),
    /; Secure;/,
  );
  const front = await startFront(t); // it trusts no proxy
  const response = await front.request("/v1/session", {
    method: "POST",
    headers: { "x-forwarded-proto": "https" },
  });
  t.equal(response.status, 201);
  t.notMatch(response.headers.get("set-cookie"), /Secure/);
});

t.test("`Secure` where this process ends TLS", { skip: NO_OPENSSL }, async (t) => {
  const [cert, key] = [join(service.dataDir, "cert.pem"), join(service.dataDir, "key.pem")];
  makeCertificate(cert, key);
  const secure = await startService({
    config: readConfig({ PORT: "0", DATA_DIR: service.dataDir, ADMIN_PASSWORD: PASSWORD }),
    roles: { http: true, work: false },
    redis: { path: service.redis.path },
    certificate: openCertificate({ TLS_CERT: cert, TLS_KEY: key }),
    ...{ version: "test", logger: pino({ level: "silent" }) },
  });
  t.teardown(() => secure.stop(0));
  const headers = { authorization: basic("ann") };
  const sent = httpsRequest(`${secure.url}/v1/session`, {
    method: "POST",
    headers,
    ca: readFileSync(cert),
  }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  t.equal(response.statusCode, 201);
  t.match(response.headers["set-cookie"], [/; Secure; SameSite=Strict$/]);
});

t.test("signing out ends it", async (t) => {
  const cookie = await session();
  const still = await session();
  const out = (headers: Record<string, string>) =>
    service.request("/v1/session", { method: "DELETE", headers: { authorization: "", ...headers } });
  for (let i = 0; i < 2; i += 1) {
    const response = await out({ cookie });
    t.equal(response.status, 204, "also when it has ended");
    t.equal(
      response.headers.get("set-cookie"),
      "abacus_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
    );
  }
  t.equal((await look(cookie)).status, 401);
  t.equal((await look(still)).status, 200, "another one goes on");
  t.equal((await out({})).status, 204);
  const again = await signIn(credentials, { cookie: still });
  t.equal((await look(still)).status, 401, "the one before it in the same browser ends");
  t.equal((await look(cookieOf(again))).status, 200);
});

t.test("another password ends sessions", async (t) => {
  await accounts.add("bea", PASSWORD);
  const cookie = cookieOf(await signIn({ account: "bea", password: PASSWORD }));
  t.equal((await look(cookie)).status, 200);
  await accounts.setPassword("bea", "another good password");
  t.equal((await look(cookie)).status, 401);
  t.equal((await signIn({ account: "bea", password: "another good password" })).status, 201);
});

t.test("cookies that are none; and who says in the header who he is means that", async (t) => {
  const cookie = await session();
  const [name, text = ""] = cookie.split("=");
  for (const wrong of ["", "x", `${text}x`, text.slice(0, -1), encodeURIComponent(text.replaceAll("_", "%"))])
    t.equal((await look(`${name}=${wrong}`)).status, 401, wrong);
  t.equal((await look(`other_${cookie}`)).status, 401);
  t.equal((await look(cookie, { authorization: basic("ann", "wrong horse") })).status, 401);
  t.equal((await look(cookie, { authorization: "Digest x" })).status, 401);
  t.equal((await anonymous("/v1/jobs", { headers: { authorization: `Bearer ${text}` } })).status, 401);
});

t.test("a wrong password: 401 that no browser asks its user about, and SIGNIN_LIMIT", async (t) => {
  const wrong = (account: string, address: string) =>
    signIn({ account, password: "wrong horse" }, { "x-forwarded-for": address });
  for (const account of ["ann", "nobody", "NO NAME"]) {
    const response = await wrong(account, "192.0.2.1");
    t.equal(response.status, 401);
    t.equal(response.headers.get("www-authenticate"), 'Bearer realm="abacus"');
    t.notOk(response.headers.has("set-cookie"));
    t.match(await response.json(), {
      type: "urn:abacus:problem:unauthorized",
      detail: "wrong account or password",
    });
  }
  for (let i = 3; i < Number(SIGNIN_LIMIT); i += 1) t.equal((await wrong("ann", "192.0.2.1")).status, 401);
  const refused = await signIn({ account: "late", password: PASSWORD }, { "x-forwarded-for": "192.0.2.1" });
  t.equal(refused.status, 429);
  t.match(await refused.json(), {
    type: "urn:abacus:problem:too-many-sign-ins",
    detail: /SIGNIN_LIMIT is 5/,
  });
  await accounts.add("late", PASSWORD); // whose password was not right here before
  const late = { account: "late", password: PASSWORD };
  t.equal((await signIn(late, { "x-forwarded-for": "192.0.2.1" })).status, 429);
  t.equal((await signIn(late, { "x-forwarded-for": "192.0.2.2" })).status, 201, "from elsewhere");
});

t.test("pages of other sites can neither use a session nor begin or end one", async (t) => {
  const cookie = await session();
  const requests: [string, string, string | undefined][] = [
    ["POST", "/v1/rnn/additions", '{"a": 5, "b": 7}'],
    ["POST", "/v1/session", JSON.stringify(credentials)],
    ["DELETE", "/v1/session", undefined],
    ["POST", "/v1/tokens", '{"name": "x", "scopes": ["jobs:read"]}'],
  ];
  for (const foreign of [
    { "sec-fetch-site": "cross-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ])
    for (const [method, path, body = null] of requests) {
      const response = await anonymous(path, {
        method,
        body,
        headers: { cookie, ...json, ...foreign } as never,
      });
      t.equal(response.status, 403, `${method} ${path} ${JSON.stringify(foreign)}`);
      t.match(await response.json(), { type: "urn:abacus:problem:cross-site" });
    }
  t.equal((await look(cookie)).status, 200);
  const read = await look(cookie, { origin: "https://app.example" });
  t.notOk(read.headers.has("access-control-allow-credentials"), "not even those of CORS_ORIGINS");
});

t.test("a client without Origin and Sec-Fetch-Site is no browser, and its cookie is enough", async (t) => {
  const cookie = await session();
  const sent = plainRequest(`${service.url}/v1/rnn/additions`, {
    ...{ method: "POST", headers: { ...json, cookie } },
  });
  sent.end('{"a": 5, "b": 7}');
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  t.equal(response.resume().statusCode, 202);
});
