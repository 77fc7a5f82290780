// The answer to a submission that waits, of a job that ended in the same process, is what a poll gives afterwards.
import t from "tap";
import { type Json, startTestService } from "../service.js";

const service = await startTestService(t);

const submissions: [name: string, path: string, body: object][] = [
  ["one addition", "/v1/rnn/additions?label=mine&ttl=600&priority=3", { a: 5, b: 7 }],
  ["many, with progress", "/v1/rnn/additions", { pairs: Array.from({ length: 300 }, () => [1, 2]) }],
  ["a result that is too long for the job", "/v1/rnn/additions", { pairs: Array(2000).fill([3, 4]) }],
  ["statistics", "/v1/stats", { columns: { num1: [1, 2, 3] } }],
  ["a model", "/v1/rnn/models", { iterations: 10, name: "little" }],
  ["samples", "/v1/samples", { samples: 10, features: 3, informative: 2, redundant: 0 }],
];

for (const [name, path, body] of submissions)
  t.test(name, async (t) => {
    const waited = await service.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "wait=30" },
      body: JSON.stringify(body),
    });
    t.equal(waited.status, 200);
    const job = (await waited.json()) as Json;
    t.equal(job.state, "completed");
    const polled = await service.request(job.links.self);
    t.strictSame(await polled.json(), job);
    t.equal(polled.headers.get("etag"), waited.headers.get("etag"));
  });
