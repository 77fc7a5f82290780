// Bodies that are too large: 413 with the limit's name, before the body is read where its length is told.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { AUTHORIZATION, startTestService } from "../service.js";
import { connectTo, type RawConnection } from "./raw-connection.js";

const JSON_BYTES = 20_000;
const UPLOAD_BYTES = 100_000;
const service = await startTestService(t, {
  env: { INLINE_BYTES: "1000", JSON_BYTES: String(JSON_BYTES), UPLOAD_BYTES: String(UPLOAD_BYTES) },
});

const BOUNDARY = "multipart/form-data; boundary=b";
const FILE_PART = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n';

const head = (type: string, path: string, framing: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n`;

async function nothingKept(t: Test): Promise<void> {
  for (const kind of ["uploads", "scratch"])
    t.strictSame(await readdir(join(service.dataDir, kind)), [], kind);
  t.match(await (await service.request("/v1/jobs")).json(), { jobs: { length: 0 } }, "no job");
}

async function expectTooLarge(t: Test, raw: RawConnection, detail: RegExp): Promise<void> {
  const response = await raw.response();
  t.match(JSON.parse(response.body), { type: "urn:abacus:problem:too-large", status: 413, detail });
  t.equal(response.status, 413);
}

const cases = [
  ["application/json", "/v1/rnn/additions", "JSON_BYTES", JSON_BYTES, ""],
  ["text/csv", "/v1/stats", "UPLOAD_BYTES", UPLOAD_BYTES, ""],
  [BOUNDARY, "/v1/stats", "UPLOAD_BYTES", UPLOAD_BYTES, FILE_PART],
] as const;

for (const [type, path, name, limit, start] of cases) {
  t.test(`${type}: by Content-Length`, async (t) => {
    const raw = await connectTo(t, service.url);
    // a form may be a little larger than its file
    const length = type === BOUNDARY ? limit + 1024 ** 2 + 1 : limit + 1;
    raw.send(head(type, path, `content-length: ${length}\r\nexpect: 100-continue`));
    await expectTooLarge(t, raw, new RegExp(`has ${length} bytes, but ${name} is ${limit} bytes`));
    await nothingKept(t);
  });

  t.test(`${type}: in chunks`, async (t) => {
    const raw = await connectTo(t, service.url);
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    raw.send(head(type, path, "transfer-encoding: chunked"), start && chunk(start));
    for (let sent = 0; sent <= limit; sent += 10_000) raw.send(chunk(" ".repeat(10_000)));
    await expectTooLarge(t, raw, new RegExp(`at least \\d+ bytes were sent, but ${name} is ${limit} bytes`));
    await nothingKept(t);
  });
}

t.test("exactly the limit is allowed", async (t) => {
  const addition = '{"a": 5, "b": 7}'.padEnd(JSON_BYTES);
  const large = await service.post("/v1/rnn/additions", addition, { prefer: "wait=30" });
  t.match(large, { status: 200, body: { state: "completed", result: { sum: 12 } } });
  const csv = `x\n${"1\n".repeat(UPLOAD_BYTES / 2 - 1)}`;
  t.equal(csv.length, UPLOAD_BYTES);
  const raw = await service.request("/v1/stats", {
    method: "POST",
    body: csv,
    headers: { "content-type": "text/csv", prefer: "wait=30" },
  });
  t.match(await raw.json(), { result: { rows: UPLOAD_BYTES / 2 - 1 } });
  const form = new FormData();
  form.append("file", new Blob([csv]));
  const uploaded = await service.request("/v1/stats", { method: "POST", body: form });
  t.equal(uploaded.status, 202);
});

t.test("one byte more is not, also where nothing told the length", async (t) => {
  const inChunks = (text: string) => ({ body: new Blob([text]).stream(), duplex: "half" });
  const csv = `x\n${"1\n".repeat(UPLOAD_BYTES / 2 - 1)}\n`;
  t.equal(csv.length, UPLOAD_BYTES + 1);
  const form = new FormData();
  form.append("file", new Blob([csv]));
  const json = '{"a": 5, "b": 7}'.padEnd(JSON_BYTES + 1);
  const bodies: [path: string, init: object, detail: RegExp][] = [
    ["/v1/stats", { body: form }, /UPLOAD_BYTES is 100000 bytes/],
    [
      "/v1/stats",
      { ...inChunks(csv), headers: { "content-type": "text/csv" } },
      /UPLOAD_BYTES is 100000 bytes/,
    ],
    [
      "/v1/rnn/additions",
      { ...inChunks(json), headers: { "content-type": "application/json" } },
      /JSON_BYTES is 20000 bytes/,
    ],
  ];
  const uploads = () => readdir(join(service.dataDir, "uploads"));
  const before = await uploads();
  for (const [path, init, detail] of bodies) {
    const response = await service.request(path, { method: "POST", ...init } as RequestInit);
    t.equal(response.status, 413);
    t.match(await response.json(), { type: "urn:abacus:problem:too-large", status: 413, detail });
  }
  t.strictSame(await uploads(), before, "nothing is kept");
});

t.test("UPLOAD_BYTES is also what a gzip file may unpack to", async (t) => {
  const describe = async (content: string) => {
    const packed = Uint8Array.from(gzipSync(content));
    const headers = { "content-type": "text/csv", prefer: "wait=30" };
    return (await service.request("/v1/stats", { method: "POST", body: packed, headers })).json();
  };
  const csv = `x\n${"1\n".repeat(UPLOAD_BYTES / 2 - 1)}`;
  t.match(await describe(csv), { state: "completed", result: { rows: UPLOAD_BYTES / 2 - 1 } });
  t.match(await describe(`${csv}\n`), {
    state: "failed",
    error: {
      type: "urn:abacus:problem:too-large",
      status: 413,
      detail: /unpacks to more than 100000 bytes.*UPLOAD_BYTES/,
    },
  });
});

t.test("a client that goes on sending still reads the answer, and is then cut off", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.send(head("text/csv", "/v1/stats", `content-length: ${UPLOAD_BYTES + 1}`));
  await expectTooLarge(t, raw, /UPLOAD_BYTES/);
  const more = setInterval(() => raw.send("1,2\n"), 20);
  t.teardown(() => clearInterval(more));
  await raw.ended; // the service does not wait for the rest for ever
});

t.test("a connection whose refused body came to its end is used again", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.send(
    head("text/csv", "/v1/stats", `content-length: ${UPLOAD_BYTES + 1}`),
    "x".repeat(UPLOAD_BYTES + 1),
  );
  await expectTooLarge(t, raw, /UPLOAD_BYTES/);
  raw.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  t.equal((await raw.response()).status, 200);
});
