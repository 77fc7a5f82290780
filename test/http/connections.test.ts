// What comes over a connection and is no request that could be answered in the ordinary way.
import { once } from "node:events";
import t, { type Test } from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { AUTHORIZATION, startTestService } from "../service.js";
import { connectTo, type RawResponse } from "./raw-connection.js";

const service = await startTestService(t, { registry: await fixtureRegistry() });

function isProblem(t: Test, { status, headers, body }: RawResponse, expected: object): void {
  t.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
  t.match(headers.get("x-request-id"), /^[\da-f-]{36}$/);
  const document = JSON.parse(body);
  t.match(document, { type: /^urn:abacus:problem:/, title: String, detail: String, ...expected });
  t.equal(document.status, status);
}

t.test("what is no HTTP: a problem document, and the end of the connection", async (t) => {
  const cases: [string, number][] = [
    ["nonsense\r\n\r\n", 400],
    ["GET\r\n\r\n", 400],
    ["GET / HTTP/9.9\r\nhost: x\r\n\r\n", 400],
    ["\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000", 400], // how TLS begins
    ["GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431], // Node's limit is 16 KiB
    [`GET /${"y".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ];
  for (const [text, status] of cases) {
    const raw = await connectTo(t, service.url);
    raw.send(text);
    isProblem(t, await raw.response(), { status });
    await raw.ended;
  }
});

t.test("further packets of nonsense change nothing", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.socket.setNoDelay(true);
  for (let i = 0; i < 20; i++) raw.send(`nonsense ${i}\r\n\r\n`);
  isProblem(t, await raw.response(), { status: 400 });
  raw.send("still nonsense");
  await raw.ended;
});

t.test("HTTP that is well-formed and cannot be served", async (t) => {
  const cases: [string, number][] = [
    ["GET /healthz HTTP/1.1\r\n\r\n", 400], // RFC 9112, 3.2: Host is required
    ["GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: a miracle\r\n\r\n", 417],
  ];
  for (const [text, status] of cases) {
    const raw = await connectTo(t, service.url);
    raw.send(text);
    isProblem(t, await raw.response(), { status });
  }
  const old = await connectTo(t, service.url);
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  t.equal((await old.response()).status, 200, "HTTP/1.0 has no Host");
});

t.test("a body whose chunks are malformed", async (t) => {
  for (const path of ["/v1/stats", "/v1/nothing"]) {
    const raw = await connectTo(t, service.url);
    raw.send(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: text/csv\r\n` +
        "transfer-encoding: chunked\r\n\r\n4\r\n1,2\n\r\nnot a length\r\n",
    );
    const first = await raw.response();
    isProblem(t, first, { status: first.status });
    await raw.ended;
  }
  t.match(await (await service.request("/v1/jobs")).json(), { jobs: { length: 0 } });
});

t.test("nonsense while an answer is being sent does not get into it", async (t) => {
  const value = "x".repeat(20_000_000); // more than the sockets' buffers hold
  const { body: job } = await service.post("/v1/test/echo", { value }, { prefer: "wait=30" });
  t.equal(job.state, "completed");
  const raw = await connectTo(t, service.url);
  let received = "";
  raw.socket.on("data", (chunk) => {
    received += chunk;
  });
  raw.send(`GET /v1/jobs/${job.id}/result HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n\r\n`);
  await once(raw.socket, "data");
  raw.socket.pause();
  raw.send("nonsense\r\n\r\n");
  await service.request("/healthz");
  raw.socket.resume();
  await raw.ended;
  const [head, text] = received.split("\r\n\r\n");
  t.match(head, /^HTTP\/1\.1 200 OK/);
  t.match(text, /^"x*"?$/);
});

t.test("requests one behind the other on a connection are answered in order", async (t) => {
  const raw = await connectTo(t, service.url);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n\r\n`;
  raw.send(get("/v1/jobs") + get("/v1/nothing") + get("/healthz"));
  for (const status of [200, 404, 200]) t.equal((await raw.response()).status, status);
});
