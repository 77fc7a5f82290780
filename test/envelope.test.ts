// Envelopes: what is in one moves or is copied, and none of a job's is left behind.
import { once } from "node:events";
import t from "tap";
import type { FileStore } from "../src/files/file-store.js";
import type { Pool } from "../src/jobs/pool.js";
import { runSteps } from "../src/jobs/run.js";
import { type Envelope, seal, unseal } from "../workers/envelope.js";
import type { StepReply } from "../workers/thread.js";
import { split } from "./fixture-job-types.js";

t.test("buffers that a value alone uses move, the rest is copied", async (t) => {
  const whole = Float64Array.of(1, 2);
  const bytes = new Uint8Array(8).fill(7);
  const value = {
    list: [{ whole }, { whole: new Float64Array(whole.buffer) }],
    part: bytes.subarray(2, 4),
    big: 2n ** 63n,
    map: { 3: [new Uint8Array([5])] },
  };
  const received = unseal(seal(value)) as typeof value;
  t.same(received.list[0]!.whole, [1, 2]);
  t.equal(received.list[0]!.whole.buffer, received.list[1]!.whole.buffer);
  t.same(received.part, [7, 7]);
  t.equal(received.big, 2n ** 63n);
  t.same(received.map[3][0], [5]);
  t.equal(whole.length, 0, "it has moved");
  t.equal(bytes.length, 8, "others may use the rest");
});

t.test("an envelope can be opened once", async (t) => {
  const envelope = seal(1);
  t.equal(unseal(envelope), 1);
  t.throws(() => unseal(envelope), /was opened before/);
});

/** A pool in which the plan makes these parts, each of which ends as the function says. */
function poolOf(parts: Envelope[], part: (at: number) => Promise<StepReply>): Pool {
  let next = 0;
  return {
    threads: 2,
    listen: () => () => true,
    run: async ({ step }: { step: string }) =>
      step === "plan" ? { kind: "parts", envelopes: parts } : part(next++),
  } as unknown as Pool;
}

const run = {
  ...{ id: "j", type: split, model: undefined, signal: new AbortController().signal },
  data: { type: split.name, createdAt: 0, input: { value: 4 } } as never,
  ...{ onStart() {}, onProgress() {}, onSentence() {} },
};
const files = {} as FileStore;
const closed = (envelopes: Envelope[]) => Promise.all(envelopes.map((envelope) => once(envelope, "close")));

t.test("those that nobody opens are closed when a part fails", async (t) => {
  const parts = [1, 2, 3, 4].map(seal);
  const results = [seal("first"), seal("third")];
  const all = closed([...parts, ...results]);
  const problem = { status: 422, name: "invalid", detail: "no" };
  const pool = poolOf(parts, async (at) =>
    at === 1 ? ({ kind: "mistake", problem } as StepReply) : { kind: "part", envelopes: [results[at >> 1]!] },
  );
  t.match(await runSteps({ pool, files }, run), { kind: "mistake", problem });
  await t.resolves(all);
});

t.test("also that of a part which ends after the job has failed", async (t) => {
  const parts = [1, 2].map(seal);
  const result = seal("late");
  const all = closed([...parts, result]);
  let end: (reply: StepReply) => void = () => {};
  const late = new Promise<StepReply>((resolve) => {
    end = resolve;
  });
  const pool = poolOf(parts, (at) => (at === 0 ? Promise.reject(new Error("the thread died")) : late));
  await t.rejects(runSteps({ pool, files }, run), /the thread died/);
  end({ kind: "part", envelopes: [result] });
  await t.resolves(all);
});
