// Progress: what its document says, and that of a job that is done.
import { pino } from "pino";
import t from "tap";
import { progressDocument, Reporter } from "../../src/jobs/reporter.js";
import type { Transitions } from "../../src/jobs/transitions.js";
import { until } from "../until.js";

const step = { stage: "reading", done: 25, total: 100, unit: "bytes" };

t.test("the fraction and the time left follow from what is done", async (t) => {
  t.same(progressDocument({ ...step, detail: { rows: 7 } }, 1000), {
    ...step,
    fraction: 0.25,
    remainingSeconds: 3, // a quarter took one second
    detail: { rows: 7 },
  });
  t.match(progressDocument({ ...step, done: 0 }, 1000), {
    fraction: 0,
    remainingSeconds: null,
    detail: null,
  });
  t.match(progressDocument({ ...step, done: 120 }, 1000), { fraction: 1, remainingSeconds: 0 });
  t.match(
    progressDocument({ ...step, total: 0 }, 1000),
    { fraction: 0 },
    "nothing to do is no division by zero",
  );
});

function recorder() {
  const written: unknown[][] = [];
  const told: string[] = [];
  const report = async (...args: unknown[]) => {
    told.push("report");
    written.push(args);
  };
  const begin = async () => told.push("begin");
  const transitions = { report } as unknown as Transitions;
  return { written, told, reporter: new Reporter("id", transitions, pino({ level: "silent" }), begin) };
}

t.test("a job that is done is done wholly, without details of the way", async (t) => {
  const { reporter } = recorder();
  t.equal(reporter.whole(), undefined, "it never told any");
  reporter.setProgress({ ...step, detail: { rows: 7 } });
  t.match(JSON.parse(reporter.whole()!), { done: 100, fraction: 1, remainingSeconds: 0, detail: null });
  reporter.setProgress({ ...step, done: 100, detail: { rows: 30 } });
  t.match(JSON.parse(reporter.whole()!), { done: 100, detail: { rows: 30 } }, "these are of the end");
  await reporter.end();
});

t.test("the time left is that of when progress was told, not of when it is written", async (t) => {
  const { written, reporter } = recorder();
  reporter.setProgress(step);
  await until("it is written, a quarter of a second later", () => written.length > 0);
  const { remainingSeconds } = JSON.parse(written[0]![1] as string);
  t.ok(remainingSeconds < 0.5, `${remainingSeconds} s: three times next to nothing`);
  await reporter.end();
});

t.test("the time left is that of the stage", async (t) => {
  const { written, reporter } = recorder();
  reporter.setProgress({ ...step, done: 90 });
  await until("it is written, a quarter of a second later", () => written.length > 0);
  reporter.setProgress({ ...step, done: 100 });
  reporter.setProgress({ ...step, stage: "describing", done: 1 });
  await until("this, too", () => written.length > 1);
  const { stage, remainingSeconds } = JSON.parse(written[1]![1] as string);
  t.equal(stage, "describing");
  t.ok(remainingSeconds < 5, `${remainingSeconds} s: a hundred times next to nothing`);
  await reporter.end();
});

t.test("what comes at once is written together; sentences are bounded", async (t) => {
  const { written, told, reporter } = recorder();
  for (let i = 0; i < 150; i++) reporter.addSentence(`sentence ${i} ${"x".repeat(2000)}`);
  await reporter.end();
  t.same(told, ["begin", "report"], "nothing is recorded of a job that has not begun");
  const [id, progress, sentences] = written[0] as [string, string | undefined, string[]];
  t.same([id, progress, sentences.length], ["id", undefined, 100]);
  t.match(sentences[0], /^sentence 0 x+$/);
  t.ok(sentences.every((sentence) => sentence.length <= 1000));
});
