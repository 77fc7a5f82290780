// What comes over a connection and is no request that could be answered in the ordinary way, requests that do not
// wait for the answers before, and answers that nobody reads.
import { once } from "node:events";
import { readdir, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { AUTHORIZATION } from "../service.js";
import { until } from "../until.js";
import { openEvents } from "./event-source.js";
import { startFront } from "./front.js";
import { connectTo, type RawResponse } from "./raw-connection.js";

/** Milliseconds. */
const STALL = 1000;
const service = await startFront(t, { stall: STALL });

const get = (path: string, more = "") =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n${more}\r\n`;
const wait = (seconds: number) => `prefer: wait=${seconds}\r\n`;

async function submit(path: string, input: object): Promise<string> {
  const response = await service.request(path, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "wait=30" },
    body: JSON.stringify(input),
  });
  return ((await response.json()) as { id: string }).id;
}

/** The address of a result that is larger than the sockets' buffers. */
const large = `/v1/jobs/${await submit("/v1/test/echo", { value: "x".repeat(20_000_000) })}/result`;

/** How many of the service's files are open in this process, where the system tells. */
async function openFiles(): Promise<number> {
  const links = await readdir("/proc/self/fd").catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(service.dataDir)).length;
}

const logged = (message: string) => service.lines.filter(({ msg }) => msg === message).length;

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
    [`GET / HTTP/1.1\r\nhost: x\r\n${"name: value\r\n".repeat(2000)}\r\n`, 431],
    [`GET /${"y".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 414],
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
  t.match(await (await service.request("/v1/jobs?type=stats")).json(), { jobs: { length: 0 } });
});

t.test("nonsense while an answer is being sent does not get into it", async (t) => {
  const raw = await connectTo(t, service.url);
  let received = "";
  raw.socket.on("data", (chunk) => {
    received += chunk;
  });
  raw.send(get(large));
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
  raw.send(get("/v1/jobs") + get("/v1/nothing") + get("/%ff") + get("/healthz"));
  for (const status of [200, 404, 400, 200]) t.equal((await raw.response()).status, status);
});

t.test("any number of them", async (t) => {
  const raw = await connectTo(t, service.url);
  const paths = Array.from({ length: 1000 }, (_, at) => `/nothing/${at}`);
  raw.send(paths.map((path) => get(path)).join(""));
  for (const path of paths) {
    const { detail } = JSON.parse((await raw.response()).body);
    if (detail !== `there is nothing at ${path}`) t.fail("another answer", { path, detail });
  }
});

t.test("one is worked on at a time, and when the client leaves, the others never are", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.socket.pause();
  raw.send(get(large).repeat(200));
  await until("the first is being sent", async () => raw.socket.readableLength > 0);
  t.ok((await openFiles()) <= 1, "one file is open");
  const before = logged("the client went away");
  raw.socket.resetAndDestroy();
  await until("it is noticed", () => logged("the client went away") > before);
  await until("no file is open", async () => (await openFiles()) === 0);

  const spinning = await submitSpinning();
  const waiting = await connectTo(t, service.url);
  waiting.send(get(`/v1/jobs/${spinning}`, wait(60)).repeat(50));
  await until("the first waits", () => service.listeners() === 1);
  waiting.socket.resetAndDestroy();
  await until("none waits", () => service.listeners() === 0);
  t.equal((await service.request(`/v1/jobs/${spinning}`, { method: "DELETE" })).status, 204);
});

async function submitSpinning(): Promise<string> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  return ((await (await service.request("/v1/test/spin", init)).json()) as { id: string }).id;
}

t.test("a client that reads nothing of its answer is cut off", async (t) => {
  for (const request of [get(large), get(large) + get("/healthz"), get(large).repeat(200)]) {
    const raw = await connectTo(t, service.url);
    raw.socket.pause();
    const before = logged("nothing of an answer was taken");
    raw.send(request);
    await until("it is cut off", () => logged("nothing of an answer was taken") > before);
    await until("no file is open", async () => (await openFiles()) === 0);
    raw.socket.resume();
    await raw.ended;
  }
});

t.test("one that sends on and reads nothing is cut off as well", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.socket.pause();
  const before = logged("the client went away");
  raw.send(get(large), "GET /healthz HTTP/1.1\r\n");
  const sending = setInterval(() => raw.send("x: y\r\n"), STALL / 10);
  t.teardown(() => clearInterval(sending));
  await until("it is cut off", () => logged("the client went away") > before);
  await until("no file is open", async () => (await openFiles()) === 0);
});

t.test("one that reads slowly gets it all", async (t) => {
  const raw = await connectTo(t, service.url);
  const began = Date.now();
  let bytes = 0;
  let since = 0;
  raw.socket.on("data", async (chunk: Buffer) => {
    bytes += chunk.length;
    since += chunk.length;
    // several pauses that are shorter than a stall, and together longer
    if (since < 4_000_000) return;
    since = 0;
    raw.socket.pause();
    await sleep(STALL * 0.4);
    raw.socket.resume();
  });
  raw.send(get(large, "connection: close\r\n"));
  await raw.ended;
  t.ok(bytes > 20_000_000, `${bytes} bytes`);
  t.ok(Date.now() - began > STALL * 1.5, "which took longer than a stall");
});

t.test("a stream of events that has nothing to say lives on", async (t) => {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const ids: string[] = [];
  for (let i = 0; i < 2; i++)
    ids.push(((await (await service.request("/v1/test/grind", post)).json()) as { id: string }).id);
  const source = await openEvents(t, service.url, `/v1/jobs/${ids[1]}/events`);
  await until("it has begun", () => source.events.length === 1);
  await sleep(STALL * 2);
  t.notOk(source.hasEnded);
  for (const id of ids) await service.request(`/v1/jobs/${id}`, { method: "DELETE" });
  await source.ended;
});

t.test("a header that never becomes whole: 408, and the end of the connection", async (t) => {
  const beginnings = [
    ["", ""],
    ["GET /", "x"],
    ["GET / HTTP/1.1\r\n", "x: y\r\n"],
    [`${get("/healthz").slice(0, -2)}x: `, "y"],
  ] as const;
  await Promise.all(
    beginnings.map(async ([text, drip]) => {
      const raw = await connectTo(t, service.url);
      raw.send(text);
      const dripping = setInterval(() => raw.send(drip), STALL / 10);
      t.teardown(() => clearInterval(dripping));
      isProblem(t, await raw.response(), {
        type: "urn:abacus:problem:timed-out",
        status: 408,
        detail: "the header was not whole after 1 s",
      });
      await raw.ended;
    }),
  );
});

t.test("a trailer without end, and chunk extensions without end", async (t) => {
  const uploads = () => readdir(`${service.dataDir}/uploads`);
  const before = await uploads();
  const cases: [string, string, number][] = [
    ["0\r\n", "name: value\r\n".repeat(100), 431],
    [`4;x="`, "y".repeat(1000), 413],
  ];
  for (const [start, more, status] of cases) {
    const raw = await connectTo(t, service.url);
    raw.send(
      `POST /v1/stats HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: text/csv\r\n` +
        `transfer-encoding: chunked\r\n\r\n4\r\n1,2\n\r\n${start}`,
    );
    for (let i = 0; i < 50; i++) raw.send(more);
    isProblem(t, await raw.response(), { status });
    await raw.ended;
  }
  t.match(await (await service.request("/v1/jobs?type=stats")).json(), { jobs: { length: 0 } });
  await until("nothing is kept", async () => (await uploads()).length === before.length);
});
