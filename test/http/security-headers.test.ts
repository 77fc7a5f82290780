// Headers that keep browsers from doing more with an answer than read it.
import t from "tap";
import { AUTHORIZATION, startTestService } from "../service.js";

const service = await startTestService(t);

t.test("every answer, errors included", async (t) => {
  for (const [path, authorization, status] of [
    ["/healthz", "", 200],
    ["/v1/jobs", AUTHORIZATION, 200],
    ["/v1/jobs", "", 401],
    ["/nowhere", "", 404],
    ["/openapi.json", "", 200],
  ] as const) {
    const response = await fetch(service.url + path, { headers: { authorization } });
    t.equal(response.status, status);
    t.match(
      Object.fromEntries(response.headers),
      {
        "content-security-policy": /default-src 'none';\s*frame-ancestors 'none'/,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
      },
      path,
    );
    t.notOk(response.headers.has("strict-transport-security"), "that is for HTTPS");
    t.notOk(response.headers.has("x-powered-by"));
    t.notOk(response.headers.has("server"));
  }
});

t.test("the page of the documentation runs what the service itself sends, and nothing else", async (t) => {
  for (const path of ["/docs", "/docs/static/swagger-ui.css"]) {
    const policy = (await fetch(service.url + path)).headers.get("content-security-policy");
    t.match(policy, /^default-src 'self';.*frame-ancestors 'none'/, path);
    t.notMatch(policy, /script-src|upgrade-insecure-requests|https:/);
  }
});
