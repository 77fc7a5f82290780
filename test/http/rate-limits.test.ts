// RATE_LIMIT and SIGNIN_LIMIT: who sends too much is told when to come back.
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { PASSWORD, startTestService } from "../service.js";

const RATE_LIMIT = 5;
const SIGNIN_LIMIT = 3;
const env = { RATE_LIMIT: String(RATE_LIMIT), SIGNIN_LIMIT: String(SIGNIN_LIMIT), TRUST_PROXY: "127.0.0.1" };
const service = await startTestService(t, { env });
const accounts = createAccounts(service.redis.connect());

const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const addition = (authorization: string) => ({
  method: "POST",
  headers: { authorization, "content-type": "application/json" },
  body: '{"a": 5, "b": 7}',
});

t.test("submissions of an account, in all processes together; polls are free", async (t) => {
  const other = await startTestService(t, { beside: service, env, roles: { http: true, work: false } });
  await accounts.add("busy", PASSWORD);
  const authorization = basic("busy");
  const headers = { authorization };
  for (let i = 1; i <= RATE_LIMIT; i += 1) {
    const response = await (i % 2 ? service : other).request("/v1/rnn/additions", addition(authorization));
    t.equal(response.status, 202);
    t.equal(response.headers.get("ratelimit-policy"), `"submissions";q=${RATE_LIMIT};w=60`);
    t.match(response.headers.get("ratelimit"), new RegExp(`^"submissions";r=${RATE_LIMIT - i};t=\\d+$`));
  }
  for (const { request } of [service, other]) {
    for (const path of ["retry", "deliveries/1/redeliver"]) {
      const init = { method: "POST", headers };
      t.equal((await request(`/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa/${path}`, init)).status, 429, path);
    }
    const response = await request("/v1/rnn/additions", addition(authorization));
    t.equal(response.status, 429);
    const after = Number(response.headers.get("retry-after"));
    t.ok(after > 0 && after <= 60);
    t.equal(response.headers.get("ratelimit"), `"submissions";r=0;t=${after}`);
    t.match(await response.json(), {
      type: "urn:abacus:problem:too-many-requests",
      title: "Too many requests",
      detail: /RATE_LIMIT .* is 5$/,
    });
  }
  for (let i = 0; i < 2 * RATE_LIMIT; i += 1) {
    const list = await service.request("/v1/jobs", { headers });
    t.equal(list.status, 200);
    t.notOk(list.headers.has("ratelimit"));
  }
  t.equal(
    (await service.request("/v1/rnn/additions", addition(basic("admin")))).status,
    202,
    "another account",
  );
});

t.test("a body is not read for what is too much", async (t) => {
  await accounts.add("large", PASSWORD);
  const form = () => ({
    method: "POST",
    headers: { authorization: basic("large") },
    body: new Blob(["x\n", "1\n".repeat(10)], { type: "text/csv" }),
  });
  for (let i = 0; i < RATE_LIMIT; i += 1) t.equal((await service.request("/v1/stats", form())).status, 202);
  t.equal((await service.request("/v1/stats", form())).status, 429);
});

t.test("failed sign-ins of an address; who is signed in goes on", async (t) => {
  await accounts.add("known", PASSWORD);
  await accounts.add("late", PASSWORD);
  const list = (name: string, password: string, address: string) =>
    service.request("/v1/jobs", {
      headers: { authorization: basic(name, password), "x-forwarded-for": address },
    });
  t.equal((await list("known", PASSWORD, "192.0.2.1")).status, 200);
  const names = ["known", "nobody", "late"];
  for (const name of names) t.equal((await list(name, "wrong horse", "192.0.2.1")).status, 401, name);
  t.equal(names.length, SIGNIN_LIMIT);
  for (const [name, password] of [
    ["late", PASSWORD],
    ["nobody", PASSWORD],
    ["late", "another wrong horse"],
  ] as const) {
    const response = await list(name, password, "192.0.2.1");
    t.equal(response.status, 429, `${name}: right or wrong, it is not looked at`);
    const after = Number(response.headers.get("retry-after"));
    t.ok(after > 0 && after <= 60);
    t.match(await response.json(), {
      type: "urn:abacus:problem:too-many-sign-ins",
      detail: /SIGNIN_LIMIT is 3/,
    });
  }
  t.equal((await list("known", PASSWORD, "192.0.2.1")).status, 200, "it was right before, from here");
  t.equal((await list("late", PASSWORD, "192.0.2.2")).status, 200, "from elsewhere");
  for (let i = 0; i < 2 * SIGNIN_LIMIT; i += 1) {
    const response = await fetch(`${service.url}/v1/jobs`, { headers: { "x-forwarded-for": "192.0.2.3" } });
    t.equal(response.status, 401, "no credentials are no failed sign-in");
  }
  t.equal((await list("late", PASSWORD, "192.0.2.3")).status, 200);
});

t.test("many who know their password sign in at once", async (t) => {
  const names = Array.from({ length: 3 * SIGNIN_LIMIT }, (_, i) => `crowd${i}`);
  for (const name of names) await accounts.add(name, PASSWORD);
  const answers = await Promise.all(
    names.map((name) =>
      service.request("/v1/jobs", {
        headers: { authorization: basic(name), "x-forwarded-for": "192.0.2.4" },
      }),
    ),
  );
  t.strictSame(
    answers.map(({ status }) => status),
    names.map(() => 200),
  );
});
