// Bodies that never come to their end: the client goes away or falls silent, and nothing of it stays.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { AUTHORIZATION } from "../service.js";
import { until } from "../until.js";
import { startFront } from "./front.js";
import { connectTo } from "./raw-connection.js";

/** Milliseconds. */
const STALL = 1000;
const front = await startFront(t, { env: { INLINE_BYTES: "1000" }, stall: STALL });

const FORM = "multipart/form-data; boundary=b";
const FIELD_PART = '--b\r\ncontent-disposition: form-data; name="header"\r\n\r\ntrue\r\n';
const FILE_PART = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n';

/** Beginnings of bodies, and whether a file is being written when they have come. */
const beginnings: [string, string, string, string, boolean][] = [
  ["before any of it", "/v1/rnn/additions", "application/json", "", false],
  ["small JSON", "/v1/rnn/additions", "application/json", '{"a": 5, "b":', false],
  ["large JSON", "/v1/rnn/additions", "application/json", `{"a": 5, ${" ".repeat(2000)}"b":`, true],
  ["raw CSV", "/v1/stats", "text/csv", "x,y\n1,2\n3,", true],
  ["a form, in a field", "/v1/stats", FORM, FIELD_PART.slice(0, -4), false],
  ["a form, between parts", "/v1/stats", FORM, FIELD_PART, false],
  ["a form, in its file", "/v1/stats", FORM, `${FIELD_PART + FILE_PART}x,y\n${"1,2\n".repeat(1000)}`, true],
  ["a form, after its file", "/v1/stats", FORM, `${FILE_PART}x,y\n1,2\n\r\n${FIELD_PART}`, true],
];

const files = async () => (await readdir(join(front.dataDir, "uploads"))).length;

async function nothingKept(t: Test): Promise<void> {
  for (const kind of ["uploads", "scratch"]) t.strictSame(await readdir(join(front.dataDir, kind)), [], kind);
  t.strictSame(await (await front.request("/v1/jobs")).json(), { jobs: [], nextCursor: null }, "no job");
}

async function begin(t: Test, path: string, type: string, body: string, framing = "content-length: 100000") {
  const raw = await connectTo(t, front.url);
  const chunk = framing.startsWith("content-length") ? body : `${body.length.toString(16)}\r\n${body}\r\n`;
  raw.send(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n`,
    body && chunk,
  );
  return raw;
}

const requestsEnded = (message: string) => front.lines.filter(({ msg }) => msg === message).length;

for (const [name, path, type, body, writes] of beginnings) {
  for (const framing of ["content-length: 100000", "transfer-encoding: chunked"])
    t.test(`the client goes away: ${name}, ${framing}`, async (t) => {
      const before = requestsEnded("the client went away");
      const raw = await begin(t, path, type, body, framing);
      if (writes) await until("a file is there", async () => (await files()) > 0);
      raw.socket.resetAndDestroy();
      await until("the log says so", () => requestsEnded("the client went away") > before);
      await until("no file is there", async () => (await files()) === 0);
      await nothingKept(t);
    });
}

t.test("the client falls silent: 408, and a while later the end of the connection", async (t) => {
  const silent = beginnings.map(async ([name, path, type, body]) => {
    const raw = await begin(t, path, type, body);
    const response = await raw.response();
    t.equal(response.status, 408, name);
    t.match(JSON.parse(response.body), { type: "urn:abacus:problem:timed-out", detail: /came for 1 s/ });
    await raw.ended;
  });
  await Promise.all(silent);
  await nothingKept(t);
});

t.test("a body of which too little comes: 408, however steadily it drips", async (t) => {
  const dripping = beginnings.map(async ([name, path, type, body]) => {
    const raw = await begin(t, path, type, body);
    const drip = setInterval(() => raw.send("\n"), STALL / 10);
    t.teardown(() => clearInterval(drip));
    const response = await raw.response();
    t.equal(response.status, 408, name);
    t.match(JSON.parse(response.body), { type: "urn:abacus:problem:timed-out", detail: /too slowly/ });
    await raw.ended;
  });
  await Promise.all(dripping);
  await nothingKept(t);
});

t.test("a body that comes slowly is read to its end", async (t) => {
  const text = '{"a": 5, "b": 7}';
  const raw = await connectTo(t, front.url);
  raw.send(
    `POST /v1/rnn/additions HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n` +
      `content-type: application/json\r\ncontent-length: ${text.length}\r\nprefer: wait=30\r\n\r\n`,
  );
  // altogether longer than what a pause may be
  for (const piece of [text.slice(0, 4), text.slice(4, 8), text.slice(8)]) {
    await new Promise((resolve) => setTimeout(resolve, STALL * 0.4));
    raw.send(piece);
  }
  t.match(JSON.parse((await raw.response()).body), { result: { sum: 12 } });
});

t.test("a wait may be longer than what a body may pause", async (t) => {
  const seconds = (STALL * 1.2) / 1000;
  const response = await front.request("/v1/test/spin", {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "wait=30" },
    body: JSON.stringify({ seconds }),
  });
  t.match(await response.json(), { state: "completed" });
});

t.test("no error was logged, and nothing was thrown past its handler", async (t) => {
  t.strictSame(
    front.lines.filter(({ level }) => (level as number) >= 40),
    [],
  );
});
