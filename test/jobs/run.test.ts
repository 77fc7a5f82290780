// What the parts of a job tell is added up: what is done, details, and how fast all of them are together.
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { FileStore } from "../../src/files/file-store.js";
import type { Pool } from "../../src/jobs/pool.js";
import { type Run, runSteps } from "../../src/jobs/run.js";
import { seal } from "../../workers/envelope.js";
import type { Progress } from "../../workers/job-type.js";
import type { StepNews, StepReply, StepRequest } from "../../workers/thread.js";
import { split } from "../fixture-job-types.js";

const files = {} as FileStore;
const WAIT = 50;

/** A pool whose plan makes three parts, each of which reads 1000 of 3000 bytes in `WAIT` ms and tells it. */
function telling(rate: string | undefined): Pool {
  let hear: (news: StepNews) => void = () => {};
  const run = async ({ step, part }: StepRequest): Promise<StepReply> => {
    if (step === "plan") return { kind: "parts", envelopes: [1, 2, 3].map(seal) };
    if (step === "merge") return { kind: "answer", bytes: 1, result: "1", made: undefined };
    await sleep(WAIT);
    const own = { stage: "reading", done: 1000, total: 3000, unit: "bytes", detail: { rows: 10, name: "a" } };
    hear({ id: "j", part, progress: { ...own, ...(rate && { rate }) } });
    return { kind: "part", envelopes: [seal(part)] };
  };
  const listen = (_id: string, listener: typeof hear) => {
    hear = listener;
    return () => true;
  };
  return { threads: 2, listen, run } as unknown as Pool;
}

async function toldBy(pool: Pool): Promise<Progress[]> {
  const told: Progress[] = [];
  const run: Run = {
    ...{ id: "j", type: split, model: undefined, signal: new AbortController().signal },
    data: { type: split.name, createdAt: 0, input: { value: 3 } } as never,
    ...{ onStart() {}, onSentence() {} },
    onProgress: (progress) => told.push(progress),
  };
  await runSteps({ pool, files }, run);
  return told;
}

t.test("done and details", async (t) => {
  const told = await toldBy(telling(undefined));
  t.same(
    told.map(({ done, detail }) => [done, detail]),
    [
      [1000, { rows: 10, name: "a" }],
      [2000, { rows: 20, name: "a" }],
      [3000, { rows: 30, name: "a" }],
    ],
  );
});

t.test("the rate is that of all parts, also of those that have ended", async (t) => {
  const began = performance.now();
  const told = await toldBy(telling("bytesPerSecond"));
  const least = 3000 / ((performance.now() - began) / 1000);
  const last = told.at(-1)!;
  t.notOk("rate" in last, "it is for the adding up");
  const { rows, bytesPerSecond } = last.detail as { rows: number; bytesPerSecond: number };
  t.equal(rows, 30);
  // two at a time: the third begins when one of the first two has ended
  t.ok(bytesPerSecond >= least - 1 && bytesPerSecond <= 3000 / ((2 * WAIT - 10) / 1000), `${bytesPerSecond}`);
});
