// What is sent: always under 20 KB, and always a job document.
import t from "tap";
import { summaryOf } from "../../src/http/job-document.js";
import { newId } from "../../src/jobs/id.js";
import type { JobRecord } from "../../src/jobs/record.js";
import { messageOf } from "../../src/webhooks/message.js";

const job: JobRecord = {
  ...{ id: newId(), state: "failed", account: "ann", type: "stats", lane: "batch", label: "nightly" },
  ...{ madeName: "", createdAt: 1_790_000_000_000, startedAt: 1_790_000_001_000 },
  ...{ finishedAt: 1_790_000_002_000, expiresAt: 1_790_000_102_000, attempts: 2, number: 9, position: null },
  ...{ progress: "null", input: '{"bytes":3}', resultBytes: null, result: null },
  error: JSON.stringify({
    ...{ type: "urn:abacus:problem:impossible-value", title: "Impossible value", status: 422 },
    ...{ detail: "wrong", errors: [{ path: "/a", message: "is wrong" }] },
  }),
};
const read = (text: string) => JSON.parse(text);

t.test("the whole document when it is small", (t) => {
  const message = messageOf(job, summaryOf);
  t.equal(message, `{"type":"job.failed","timestamp":"2026-09-21T14:13:22.000Z","data":${summaryOf(job)}}`);
  t.equal(messageOf(job, summaryOf), message, "the same bytes each time");
  t.match(read(messageOf({ ...job, state: "canceled" }, summaryOf)), { type: "job.canceled" });
  t.end();
});

t.test("what can be long is left out of one that is too large", (t) => {
  const errors = Array.from({ length: 1000 }, (_, i) => ({ path: `/pairs/${i}`, message: "is not a pair" }));
  const detail = `${"x".repeat(999)}😀${"y".repeat(100_000)}`;
  const error = JSON.stringify({ ...read(job.error), detail, errors });
  const long: Partial<JobRecord>[] = [
    { error },
    { input: JSON.stringify({ usecols: Array(10_000).fill("column") }) },
    { label: "\u2028".repeat(10_000) },
    { error, label: "l".repeat(50_000), progress: JSON.stringify({ detail: "p".repeat(50_000) }) },
  ];
  for (const more of long) {
    const message = messageOf({ ...job, ...more }, summaryOf);
    t.ok(Buffer.byteLength(message) < 20_000, `${Buffer.byteLength(message)} bytes`);
    const { type, data } = read(message);
    t.equal(type, "job.failed");
    const whole = read(summaryOf(job));
    t.same(Object.keys(data), Object.keys(whole), "it still is a job document");
    const { id, state, links, createdAt, startedAt, finishedAt, expiresAt, attempts } = whole;
    t.match(data, { id, state, links, createdAt, startedAt, finishedAt, expiresAt, attempts });
    t.match(data, { progress: null, input: {}, error: { status: 422, type: read(job.error).type } });
    t.notOk(data.error.errors);
  }
  const cut = read(messageOf({ ...job, error }, summaryOf)).data.error.detail;
  t.equal(cut, `${"x".repeat(999)}…`, "no half of a character");
  t.end();
});
