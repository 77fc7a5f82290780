// A file as the body itself: `text/csv`, with its options in the query.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { AUTHORIZATION, type Json, startTestService } from "../service.js";
import { statsOf } from "../stats/run-stats.js";
import { connectTo } from "./raw-connection.js";

const service = await startTestService(t);
const CSV = "x;y\n1;2\n3;4\n";
type Body = NonNullable<RequestInit["body"]>;

const send = (query: string, body: Body = CSV, headers: Record<string, string> = {}) =>
  service.request(`/v1/stats${query}`, {
    method: "POST",
    body,
    headers: { "content-type": "text/csv", prefer: "wait=30", ...headers },
  });

t.test("options of every type", async (t) => {
  const response = await send("?delimiter=%3B&header=false&bins=5&percentiles=0.1&percentiles=.9&usecols=1");
  t.equal(response.status, 200);
  t.match(await response.json(), {
    state: "completed",
    input: {
      file: { name: null, bytes: CSV.length },
      options: { delimiter: ";", header: false, bins: 5, percentiles: [0.1, 0.9], usecols: ["1"] },
    },
    result: { rows: 3, columns: [{ name: "1" }] },
  });
});

t.test("a parameter of the media type, and no options", async (t) => {
  const response = await send("", "x\n1\n2\n", { "content-type": "Text/CSV; charset=utf-8; header=present" });
  t.match(await response.json(), {
    input: { options: {} },
    result: { rows: 2, columns: [{ name: "x", mean: 1.5 }] },
  });
});

t.test("what is compressed is read as what it is", async (t) => {
  const response = await send("?delimiter=%3B", gzipSync(CSV), { "content-encoding": "gzip" });
  t.match(await response.json(), { state: "completed", result: { rows: 2 } });
  const brotli = await send("?delimiter=%3B", CSV, { "content-encoding": "br" });
  t.equal(brotli.status, 415);
  t.match(await brotli.json(), { detail: /does not take text\/csv in the encoding br/ });
});

t.test("each of the files that pandas described, sent in every way", async (t) => {
  const folder = "test/fixtures/pandas/files";
  for (const name of await readdir(folder)) {
    const content = Uint8Array.from(await readFile(join(folder, name)));
    const packed = Uint8Array.from(gzipSync(content));
    const form = new FormData();
    form.append("file", new Blob([content]), name);
    const sent = [await send("", content), await send("", packed)];
    sent.push(
      await service.request("/v1/stats", { method: "POST", body: form, headers: { prefer: "wait=30" } }),
    );
    const [plain, unpacked, uploaded] = (await Promise.all(
      sent.map((response) => response.json()),
    )) as Json[];
    t.strictSame(uploaded.result, plain.result, name);
    t.strictSame(uploaded.error, plain.error);
    if (name === "csvparser-strict-ragged.csv") {
      t.match(plain.error, { status: 422, detail: /expected 3 fields in line 4, saw 4/ });
      t.strictSame(unpacked.error, plain.error);
      continue;
    }
    const { rows, columns, source } = plain.result;
    // test/stats/pandas.test.ts holds these against pandas
    t.strictSame(plain.result, JSON.parse(JSON.stringify(await statsOf(content))));
    t.equal(source.sha256, createHash("sha256").update(content).digest("hex"));
    const { bytes, sha256 } = unpacked.result.source;
    t.same([bytes, sha256], [packed.length, createHash("sha256").update(packed).digest("hex")]);
    t.strictSame(unpacked.result, { rows, columns, source: { ...source, bytes, sha256 } }, `${name}, packed`);
  }
});

t.test("an empty file is the job's to judge, a missing one no different", async (t) => {
  for (const response of [
    await send("", ""),
    await service.request("/v1/stats", {
      method: "POST",
      headers: { "content-type": "text/csv", prefer: "wait=30" },
    }),
  ]) {
    t.equal(response.status, 200);
    t.match(await response.json(), { state: "failed", error: { status: 422 } });
  }
});

t.test("wrong options are refused before the file is read", async (t) => {
  const cases: [string, number, string][] = [
    ["?header=perhaps", 400, "/header"],
    ["?bins=", 400, "/bins"],
    ["?nothing=1", 400, "/nothing"],
    ["?delimiter=a&delimiter=b", 400, "/delimiter"],
    ["?percentiles=2", 422, "/percentiles/0"],
    ["?bins=1.5", 422, "/bins"],
  ];
  for (const [query, status, path] of cases) {
    const raw = await connectTo(t, service.url);
    raw.send(
      `POST /v1/stats${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n` +
        "content-type: text/csv\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n",
    );
    const response = await raw.response();
    t.equal(response.status, status, query);
    t.match(JSON.parse(response.body), { status, errors: [{ path }] });
    await raw.ended; // who was not asked for the body must not send it (RFC 9110, 10.1.1)
  }
});

t.test("an option that only the job type can judge: 422, and the file is gone", async (t) => {
  for (const query of ["?delimiter=ab", "?percentiles=0.5&percentiles=0.5", "?encoding=nonsense"]) {
    const before = await readdir(join(service.dataDir, "uploads"));
    const response = await send(query);
    t.equal(response.status, 422, query);
    t.strictSame(await readdir(join(service.dataDir, "uploads")), before);
  }
});
