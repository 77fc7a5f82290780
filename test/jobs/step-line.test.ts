// The line before a pool's threads: who gets one, who shares a turn, and who leaves.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { StepLine, type TogetherReply } from "../../src/jobs/step-line.js";
import type { StepReply, StepRequest } from "../../workers/thread.js";

const step = (part: number) => ({ part }) as StepRequest;
const reply = ({ part }: StepRequest): StepReply => ({ kind: "value", value: part });

/** A line whose threads wait to be told that they are done; `turns` are the parts that each turn runs. */
function open(threads: number) {
  const turns: number[][] = [];
  const ends: { done(): void; die(): void }[] = [];
  function turn<Reply>(requests: StepRequest[], signal: AbortSignal, answer: () => Reply): Promise<Reply> {
    turns.push(requests.map(({ part }) => part));
    return new Promise((resolve, reject) => {
      ends.push({ done: () => resolve(answer()), die: () => reject(new Error("the thread died")) });
      signal.addEventListener("abort", () => reject(new Error("killed")));
    });
  }
  const line = new StepLine(
    threads,
    (request, signal) => turn([request], signal, () => reply(request)),
    (requests, signal) => turn<TogetherReply[]>(requests, signal, () => requests.map(reply)),
  );
  const never = new AbortController().signal;
  setMaxListeners(0, never);
  const run = (part: number, { small = true, signal = never, onStart = () => {} } = {}) =>
    line.run(step(part), signal, small, onStart);
  return { line, turns, ends, run };
}

t.test("steps that are not small get a thread each, in their order", async (t) => {
  const { line, turns, ends, run } = open(2);
  const started: number[] = [];
  const all = [1, 2, 3].map((part) => run(part, { small: false, onStart: () => started.push(part) }));
  t.same(turns, [[1], [2]]);
  t.same(started, [1, 2], "who waits has not started");
  t.equal(line.busy, 2);
  ends[1]!.done();
  t.same(await all[1], reply(step(2)));
  await sleep(0);
  t.same(turns, [[1], [2], [3]]);
  t.same(started, [1, 2, 3]);
  for (const { done } of ends) done();
  await Promise.all(all);
  await sleep(0);
  t.equal(line.busy, 0);
});

t.test("small ones that wait share a turn, at most 16, up to one that is not small", async (t) => {
  const { turns, ends, run } = open(1);
  const all = Array.from({ length: 20 }, (_, part) => run(part));
  all.push(run(20, { small: false }), run(21));
  for (let turn = 0; turn < 5; turn++) {
    ends[turn]!.done();
    await sleep(0);
  }
  const parts = Array.from({ length: 20 }, (_, part) => part);
  t.same(turns, [[0], parts.slice(1, 17), parts.slice(17), [20], [21]]);
  t.same(
    await Promise.all(all),
    [...parts, 20, 21].map((part) => reply(step(part))),
  );
});

t.test("one that is aborted leaves the line, and its thread is killed if it has one", async (t) => {
  const { turns, ends, run } = open(1);
  const [running, waiting] = [new AbortController(), new AbortController()];
  const first = run(1, { signal: running.signal });
  const second = run(2, { signal: waiting.signal });
  const third = run(3);
  waiting.abort(new Error("no more"));
  await t.rejects(second, { message: "no more" });
  running.abort();
  await t.rejects(first, { message: "killed" });
  await sleep(0);
  t.same(turns, [[1], [3]]);
  ends[1]!.done();
  await third;
  await t.rejects(run(4, { signal: waiting.signal }), { message: "no more" }, "it does not even enter");
});

t.test(
  "one that is stopped, or that takes the thread with it, leaves the others to begin again",
  async (t) => {
    for (const how of ["stopped", "died"]) {
      const { turns, ends, run } = open(1);
      const stop = new AbortController();
      const starts = new Map<number, number>();
      const all = [1, 2, 3, 4].map((part) =>
        run(part, {
          onStart: () => starts.set(part, (starts.get(part) ?? 0) + 1),
          ...(part === 3 && { signal: stop.signal }),
        }),
      );
      const outcomes = Promise.allSettled(all);
      ends[0]!.done();
      await sleep(0);
      t.same(turns, [[1], [2, 3, 4]]);
      if (how === "stopped") stop.abort(new Error("it is canceled"));
      else ends[1]!.die();
      for (let turn = 2; turn < 5; turn++) {
        await sleep(0);
        if (how === "died" && turn === 3)
          ends[turn]?.die(); // now it is known which
        else ends[turn]?.done();
      }
      const value = (part: number) => ({ status: "fulfilled", value: reply(step(part)) });
      const message = how === "stopped" ? "it is canceled" : "the thread died";
      t.match(await outcomes, [value(1), value(2), { status: "rejected", reason: { message } }, value(4)]);
      t.same(turns.slice(2), how === "stopped" ? [[2], [4]] : [[2], [3], [4]], "each alone");
      t.same([...starts.values()], how === "stopped" ? [1, 2, 1, 2] : [1, 2, 2, 2]);
    }
  },
);

t.test("a turn of small steps that takes too long is ended, and they begin again, each alone", async (t) => {
  const { turns, ends, run } = open(1);
  const all = [1, 2, 3].map((part) => run(part));
  ends[0]!.done();
  await sleep(1100);
  t.same(turns, [[1], [2, 3], [2]]);
  ends[2]!.done();
  await sleep(0);
  ends[3]!.done();
  t.same(
    await Promise.all(all),
    [1, 2, 3].map((part) => reply(step(part))),
  );
});
