// JWTs of an outside issuer as bearer tokens over HTTP: OIDC_ISSUER and OIDC_AUDIENCE.
import t from "tap";
import { AUDIENCE, claims, sign, startIssuer } from "../issuer.js";
import { type Json, startTestService } from "../service.js";

const { issuer, stop } = await startIssuer(t);
const service = await startTestService(t, { env: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE } });

const send = async (jwt: string, path: string, body?: object) => {
  const response = await service.request(path, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${jwt}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
};

t.test("the account of the subject has jobs of its own", async (t) => {
  const scope = "jobs:read jobs:write";
  const ada = await sign(claims(issuer, { scope, sub: "ada/1 ü*" }));
  const eve = await sign(claims(issuer, { scope, sub: "eve" }));
  const { status, body } = await send(ada, "/v1/rnn/additions", { a: 1, b: 2 });
  t.equal(status, 202);
  t.equal((await send(ada, `/v1/jobs/${body.id}`)).status, 200);
  t.equal((await send(eve, `/v1/jobs/${body.id}`)).status, 404);
  t.same(
    (await send(ada, "/v1/jobs")).body.jobs.map(({ id }: Json) => id),
    [body.id],
  );
});

t.test("its scopes are those that the token names", async (t) => {
  const none = await sign(claims(issuer, { scope: undefined }));
  const refused = await send(none, "/v1/jobs");
  t.match(refused, { status: 403, body: { type: "urn:abacus:problem:forbidden" } });
  t.equal(
    refused.headers.get("www-authenticate"),
    'Bearer realm="abacus", error="insufficient_scope", scope="jobs:read"',
  );
  t.equal((await send(await sign(claims(issuer, { scope: "admin" })), "/v1/accounts/admin")).status, 200);
  t.equal((await send(await sign(claims(issuer)), "/v1/accounts/admin")).status, 403);
});

t.test("it has no tokens of this service, which would outlast it", async (t) => {
  const jwt = await sign(claims(issuer));
  t.same((await send(jwt, "/v1/tokens")).body, { tokens: [] });
  const { status, body } = await send(jwt, "/v1/tokens", { name: "x", scopes: ["jobs:read"] });
  t.match({ status, body }, { status: 403, body: { detail: /only accounts that this service keeps/ } });
});

t.test("a wrong one is 401; when the issuer is away it is 503, and nobody else is concerned", async (t) => {
  const wrong = await send(await sign(claims(issuer, { aud: "other" })), "/v1/jobs");
  t.equal(wrong.status, 401);
  t.equal(wrong.headers.get("www-authenticate"), 'Bearer realm="abacus", error="invalid_token"');
  const beside = await startTestService(t, {
    ...{ beside: service, env: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE } },
    roles: { http: true, work: false },
  });
  await stop();
  const authorization = `Bearer ${await sign(claims(issuer))}`;
  const response = await beside.request("/v1/jobs", { headers: { authorization } });
  t.equal(response.status, 503);
  t.ok(Number(response.headers.get("retry-after")) > 0);
  t.match(await response.json(), { type: "urn:abacus:problem:unavailable", detail: /keys of the issuer/ });
  t.equal((await beside.request("/v1/jobs")).status, 200);
});
