// ALLOW_IPS and TRUST_PROXY: where a request comes from, and whether it may.
import t from "tap";
import { startTestService } from "../service.js";

const from = (address: string) => ({ headers: { "x-forwarded-for": address } });

t.test("only those of ALLOW_IPS may ask", async (t) => {
  const service = await startTestService(t, {
    env: { ALLOW_IPS: "10.0.0.0/8, 2001:db8::/32", HOST: "127.0.0.1" },
  });
  for (const path of ["/v1/jobs", "/docs", "/openapi.json", "/nowhere"]) {
    const response = await fetch(service.url + path, from("10.0.0.1"));
    t.equal(response.status, 403, path);
    t.match(await response.json(), {
      type: "urn:abacus:problem:address-not-allowed",
      detail: "requests from 127.0.0.1 are not allowed",
    });
    t.ok(response.headers.get("x-request-id"));
  }
  t.equal((await fetch(`${service.url}/healthz`)).status, 200, "probes are answered");
  t.not((await fetch(`${service.url}/readyz`)).status, 403);
});

t.test("behind a proxy that is trusted", async (t) => {
  const service = await startTestService(t, {
    env: { ALLOW_IPS: "10.0.0.0/8, 2001:db8::/32", TRUST_PROXY: "127.0.0.1, 192.0.2.0/24" },
  });
  const status = async (address: string) => (await service.request("/v1/jobs", from(address))).status;
  for (const address of ["10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3", "10.1.2.3, 192.0.2.7"])
    t.equal(await status(address), 200, address);
  // the last of them that is no trusted proxy says where it comes from; before it anybody can write anything
  for (const address of ["11.1.2.3", "10.1.2.3, 11.1.2.3", "10.1.2.3, 203.0.113.1, 192.0.2.7", "unknown", ""])
    t.equal(await status(address), 403, address);
});

t.test("a proxy that is not trusted cannot say where it comes from", async (t) => {
  const service = await startTestService(t, { env: { ALLOW_IPS: "127.0.0.1", TRUST_PROXY: "192.0.2.1" } });
  t.equal((await service.request("/v1/jobs", from("203.0.113.1"))).status, 200);
});
