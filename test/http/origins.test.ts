// Web pages of other sites: CORS for those that are named, and nothing that changes anything for all others.
import t from "tap";
import { AUTHORIZATION, startTestService } from "../service.js";

const ORIGIN = "https://app.example";
const service = await startTestService(t, { env: { CORS_ORIGINS: `${ORIGIN}, http://localhost:3000` } });
const plain = await startTestService(t);
const own = new URL(service.url).origin;

const post = (headers: Record<string, string>, url = service.url) =>
  fetch(`${url}/v1/rnn/additions`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json", ...headers },
    body: '{"a": 5, "b": 7}',
  });

t.test("what a browser sends for another site is refused, whatever the credentials", async (t) => {
  const foreign: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site", origin: own },
    { "sec-fetch-site": "same-site", origin: "https://other.app.example" },
    { origin: "https://evil.example" },
    { origin: "https://app.example.evil.example" },
    { origin: "http://app.example" },
    { origin: "null" },
    { origin: `${own}1` },
  ];
  for (const headers of foreign)
    for (const authorization of [AUTHORIZATION, ""]) {
      const response = await post({ ...headers, authorization });
      t.equal(response.status, 403, JSON.stringify(headers));
      t.match(await response.json(), { type: "urn:abacus:problem:cross-site" });
      t.notOk(response.headers.has("access-control-allow-origin"));
    }
  const paths = ["/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa", "/nowhere"];
  for (const path of paths)
    for (const method of ["DELETE", "PUT", "PATCH"]) {
      const init = { method, headers: { "sec-fetch-site": "cross-site" } };
      t.equal((await service.request(path, init)).status, 403, `${method} ${path}`);
    }
});

t.test("the service's own pages, and what is no browser", async (t) => {
  const fine: Record<string, string>[] = [
    {},
    { origin: own },
    { origin: own, "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
    // a proxy in front ends TLS, and does not say so
    { origin: own.replace("http:", "https:"), "sec-fetch-site": "same-origin" },
    { origin: own.replace("http:", "https:") },
  ];
  for (const headers of fine) t.equal((await post(headers)).status, 202, JSON.stringify(headers));
});

t.test("looking is no change: without CORS the page cannot read it", async (t) => {
  const response = await service.request("/v1/jobs", {
    headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
  });
  t.equal(response.status, 200);
  t.notOk(response.headers.has("access-control-allow-origin"));
});

t.test("CORS_ORIGINS may submit and read the answers", async (t) => {
  for (const origin of [ORIGIN, "http://localhost:3000"]) {
    const response = await post({ origin, "sec-fetch-site": "cross-site" });
    t.equal(response.status, 202);
    t.equal(response.headers.get("access-control-allow-origin"), origin);
    t.match(response.headers.get("vary"), /origin/i);
    t.match(response.headers.get("access-control-expose-headers"), /\blocation\b.*\bretry-after\b/);
    t.notOk(response.headers.has("access-control-allow-credentials"));
  }
  const refused = await post({ origin: ORIGIN, authorization: "" });
  t.equal(refused.status, 401);
  t.equal(refused.headers.get("access-control-allow-origin"), ORIGIN, "a page can read why");
});

t.test("a result varies by both what is accepted and who asks", async (t) => {
  const { id } = (await (await post({ prefer: "wait=30" })).json()) as { id: string };
  const result = await service.request(`/v1/jobs/${id}/result`, { headers: { origin: ORIGIN } });
  t.strictSame(result.headers.get("vary")?.toLowerCase().split(/, ?/).sort(), ["accept", "origin"]);
});

const preflight = (url: string, path: string, headers: Record<string, string>) =>
  fetch(url + path, { method: "OPTIONS", headers });
const asking = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,prefer",
};

t.test("a browser that asks first", async (t) => {
  const response = await preflight(service.url, "/v1/rnn/additions", { origin: ORIGIN, ...asking });
  t.equal(response.status, 204);
  t.match(Object.fromEntries(response.headers), {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": /POST.*DELETE/,
    "access-control-allow-headers": "authorization,prefer",
    "access-control-max-age": "600",
  });
  t.equal(await response.text(), "");
});

t.test("a browser that asks for a page of another site, and others that ask for OPTIONS", async (t) => {
  const others: [string, Record<string, string>][] = [
    [service.url, { origin: "https://evil.example", ...asking }],
    [service.url, { origin: ORIGIN }],
    [service.url, {}],
    [plain.url, { origin: ORIGIN, ...asking }],
  ];
  for (const [url, headers] of others) {
    const response = await preflight(url, "/v1/rnn/additions", headers);
    t.equal(response.status, 405, JSON.stringify(headers));
    t.equal(response.headers.get("allow"), "POST");
    t.notOk(response.headers.has("access-control-allow-methods"));
    t.equal((await preflight(url, "/nowhere", headers)).status, 404);
  }
});

t.test("without CORS_ORIGINS nobody is named", async (t) => {
  const response = await plain.request("/v1/jobs", { headers: { origin: ORIGIN } });
  t.notOk(response.headers.has("access-control-allow-origin"));
  t.equal((await post({ origin: ORIGIN }, plain.url)).status, 403);
});
