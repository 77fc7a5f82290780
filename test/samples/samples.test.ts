// The job type `samples`: its lane, its summary, its memory, and what is asked for without a body.
import t from "tap";
import { formatted } from "../../workers/formats.js";
import type { Progress } from "../../workers/job-type.js";
import { samples } from "../../workers/jobs/samples.js";
import { validate } from "../../workers/validation.js";
import { contextOf, problemOf, runTask } from "../rnn/context.js";

t.test("its example is what it computes", async (t) => {
  const { input, output } = samples.example;
  const { result } = await runTask(samples, contextOf(input));
  t.strictSame(result.columns.target, output.columns.target);
  t.strictSame(Object.keys(result.columns), Object.keys(output.columns));
  for (const name of ["vec_0", "vec_1"])
    result.columns[name]!.forEach((value, i) => {
      t.ok(Math.abs(value! - output.columns[name]![i]!) < 1e-12);
    });
});

t.test("what no body asks for is a right input", (t) => {
  t.doesNotThrow(() => validate(samples.input, samples.whenEmpty));
  t.end();
});

t.test("the cost is 8 a number, or more where there are more numbers to draw and multiply", (t) => {
  t.equal(samples.cost({}, undefined), 8 * 100 * 20);
  t.equal(samples.cost({ samples: 7, features: 3 }, undefined), 8 * 7 * 3);
  const informative = 1000;
  const wide = { samples: 1, features: informative, informative, redundant: 0, classes: 1 };
  t.ok(samples.cost(wide, undefined) > (2 * informative ** 2) / 8);
  t.end();
});

t.test("the summary has every setting, and long lists by their length", (t) => {
  const summary = samples.summarize({ weights: [0.5], shift: Array(21).fill(0), scale: Array(20).fill(1) });
  t.match(summary, { samples: 100, seed: 0, weights: [0.5], shift: "21 numbers", scale: Array(20).fill(1) });
  t.strictSame(Object.keys(summary), Object.keys(samples.input.properties));
  t.end();
});

t.test("more than JOB_MEMORY", async (t) => {
  const input = { samples: 1000, features: 10 };
  const problemWith = (memory: number) =>
    problemOf(() => {
      if ("task" in samples) samples.task(input, { ...contextOf(input), memory });
    });
  t.equal(problemWith(400_000), undefined);
  t.match(problemWith(80_000), {
    status: 413,
    name: "too-large",
    detail: /takes \d+ bytes of memory: the limit JOB_MEMORY is 80000$/,
  });
});

t.test("its progress counts numbers, and comes to the total of each stage, not beyond", async (t) => {
  for (const input of [{ samples: 5000, features: 4 }, { weights: [1.5, -0.5] }]) {
    const heard: Progress[] = [];
    await runTask(
      samples,
      contextOf<object>(input, (progress) => heard.push(progress)),
    );
    for (const stage of ["drawing", "writing"]) {
      const ofStage = heard.filter((progress) => progress.stage === stage);
      t.ok(ofStage.every(({ done, total, unit }) => unit === "numbers" && done <= total));
      t.equal(ofStage.at(-1)?.done, ofStage[0]?.total);
    }
    const { samples: rows, features } = { samples: 100, features: 20, ...input };
    t.equal(heard.at(-1)?.total, rows * (features + 1));
  }
});

t.test("clusters that overlap too much", (t) => {
  const input = { samples: 100_000, features: 100, classes: 3, informative: 3, weights: [5, -5, 5] };
  const problem = problemOf(() => {
    if ("task" in samples) samples.task(input, contextOf(input));
  });
  t.match(problem, { status: 422, name: "impossible-value", errors: [{ path: "/weights" }] });
  t.end();
});

t.test("CSV of values and of bytes", (t) => {
  const json = '{"columns":{"vec_0":[1.5,-2e-7,null],"vec_1":[null,0,1],"target":[0,1,0]}}';
  const text = "vec_0,vec_1,target\n1.5,,0\n-2e-7,0,1\n,1,0\n";
  t.equal(Buffer.concat([...formatted(samples, "text/csv", Buffer.from(json))] as Buffer[]).toString(), text);
  const pieces = samples.formats!["text/csv"]!(JSON.parse(json));
  t.equal(Buffer.concat([...pieces] as Buffer[]).toString(), text);
  t.throws(() => formatted(samples, "text/html", Buffer.from(json)), /samples has no format text\/html/);
  t.end();
});
