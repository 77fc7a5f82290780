// How an answer leaves its thread: short in the reply, long in a file, which is there whole or not at all.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { answer, unfinishedPath } from "../workers/answer.js";
import type { AnyJobType, End } from "../workers/job-type.js";
import { rnnTrain } from "../workers/jobs/rnn-train.js";
import { samples } from "../workers/jobs/samples.js";

const INLINE = 100;

function settingsIn(folder: string, durable = false) {
  const settings = {
    inlineBytes: INLINE,
    results: join(folder, "results"),
    made: join(folder, "made"),
    durable,
  };
  for (const path of [settings.results, settings.made]) mkdirSync(path, { recursive: true });
  return settings;
}

function answered(folder: string, end: End<unknown>, type: unknown = samples, durable = false) {
  return answer(type as AnyJobType, "job1", end, settingsIn(folder, durable));
}

const filesIn = (folder: string) => ["results", "made"].flatMap((name) => readdirSync(join(folder, name)));

t.test("up to the limit it is in the reply, one byte beyond it in a file", (t) => {
  const folder = t.testdir();
  for (const [length, isLong] of [
    [INLINE - 3, false],
    [INLINE - 2, false],
    [INLINE - 1, true],
  ] as const) {
    const text = "é".repeat(Math.floor(length / 2)) + "x".repeat(length % 2);
    const reply = answered(folder, { result: text });
    t.equal(reply.bytes, length + 2, "bytes, not characters, and the quotes");
    t.equal(reply.result, isLong ? null : JSON.stringify(text));
    t.strictSame(filesIn(folder), isLong ? ["job1"] : []);
  }
  t.equal(readFileSync(join(folder, "results", "job1"), "utf8").length, 2 + 49 + 1);
  t.end();
});

t.test("pieces: the same, also when each is written over the one before", (t) => {
  const folder = t.testdir();
  function* pieces(count: number): Iterable<string | Uint8Array> {
    const piece = Buffer.alloc(10);
    yield "[";
    for (let k = 0; k < count; k++) {
      piece.fill(`${k % 10}`);
      yield piece;
    }
    yield "]";
  }
  const text = (count: number) =>
    `[${Array.from({ length: count }, (_, k) => `${k % 10}`.repeat(10)).join("")}]`;
  t.strictSame(answered(folder, { json: pieces(9) }), {
    kind: "answer",
    bytes: 92,
    result: text(9),
    made: undefined,
  });
  t.strictSame(filesIn(folder), []);
  for (const durable of [false, true]) {
    t.match(answered(folder, { json: pieces(25) }, samples, durable), { bytes: 252, result: null });
    t.equal(readFileSync(join(folder, "results", "job1"), "utf8"), text(25));
  }
  t.strictSame(filesIn(folder), ["job1"]);
  t.end();
});

t.test("what fails half-way leaves nothing, and what was there stays", (t) => {
  const folder = t.testdir();
  function* broken(): Iterable<string> {
    for (let k = 0; k < 50; k++) yield "0123456789";
    throw new Error("half-way");
  }
  settingsIn(folder);
  t.throws(() => answered(folder, { json: broken() }), { message: "half-way" });
  t.strictSame(filesIn(folder), []);
  answered(folder, { result: "first".repeat(50) });
  t.throws(() => answered(folder, { json: broken() }), { message: "half-way" });
  t.strictSame(filesIn(folder), ["job1"]);
  t.match(readFileSync(join(folder, "results", "job1"), "utf8"), /^"first/);
  t.end();
});

t.test("what a thread left that was killed is begun anew", (t) => {
  const folder = t.testdir();
  const { results } = settingsIn(folder);
  writeFileSync(unfinishedPath(join(results, "job1")), "x".repeat(1000));
  answered(folder, { result: "y".repeat(INLINE) });
  t.equal(readFileSync(join(results, "job1"), "utf8"), `"${"y".repeat(INLINE)}"`);
  t.strictSame(filesIn(folder), ["job1"]);
  t.end();
});

t.test("what a job makes: its bytes in a file, its document in the reply", (t) => {
  const folder = t.testdir();
  const result = { model: { id: "job1" }, log: [] };
  const reply = answered(folder, { result, artifact: Uint8Array.of(1, 2, 3) }, rnnTrain);
  t.equal(reply.made, '{"id":"job1"}');
  t.strictSame([...readFileSync(join(folder, "made", "job1"))], [1, 2, 3]);
  t.end();
});
