// The job type rnn.train: what it accepts, what it refuses and in which words, and what it answers.
import t from "tap";
import type { Progress } from "../../workers/job-type.js";
import { rnnTrain } from "../../workers/jobs/rnn-train.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import { train } from "../../workers/rnn/train.js";
import { decodeWeights } from "../../workers/rnn/weights-file.js";
import { validate } from "../../workers/validation.js";
import { contextOf, problemOf, runTask } from "./context.js";

const submit = (input: unknown, limits = DEFAULT_LIMITS) =>
  problemOf(() => {
    validate(rnnTrain.input, input);
    rnnTrain.check?.(input as object, undefined, limits);
  });

t.test("every setting may be absent, and every end of its range is inside", (t) => {
  for (const input of [
    {},
    { name: "A-1_b.c" },
    { name: "x".repeat(64) },
    { name: "abcdefghij012345678", seed: 0 },
    { name: "Abcdefghij0123456789" },
    { binaryDim: 2, hiddenDim: 1, iterations: 10_000_000, alpha: 10, seed: 2 ** 32 - 1 },
    { binaryDim: 31, hiddenDim: 512, iterations: 1, alpha: Number.MIN_VALUE },
  ])
    t.equal(submit(input), undefined, JSON.stringify(input));
  t.end();
});

t.test("what is out of range is 422, what has another shape 400, each with its path", (t) => {
  const refused: [input: unknown, status: number, path: string][] = [
    [{ binaryDim: 1 }, 422, "/binaryDim"],
    [{ binaryDim: 32 }, 422, "/binaryDim"],
    [{ hiddenDim: 0 }, 422, "/hiddenDim"],
    [{ hiddenDim: 513 }, 422, "/hiddenDim"],
    [{ iterations: 0 }, 422, "/iterations"],
    [{ iterations: 10_000_001 }, 422, "/iterations"],
    [{ iterations: 2.5 }, 422, "/iterations"],
    [{ alpha: 0 }, 422, "/alpha"],
    [{ alpha: 10.1 }, 422, "/alpha"],
    [{ seed: -1 }, 422, "/seed"],
    [{ seed: 2 ** 32 }, 422, "/seed"],
    [{ name: "" }, 422, "/name"],
    [{ name: "-a" }, 422, "/name"],
    [{ name: "two words" }, 422, "/name"],
    [{ name: "x".repeat(65) }, 422, "/name"],
    [{ alpha: "0.1" }, 400, "/alpha"],
    [{ name: 7 }, 400, "/name"],
    [{ iterations: null }, 400, "/iterations"],
    [{ epochs: 3 }, 400, "/epochs"],
  ];
  for (const [input, status, path] of refused) {
    const problem = submit(input);
    t.equal(problem?.status, status, JSON.stringify(input));
    t.equal(problem?.errors?.[0]?.path, path);
  }
  t.end();
});

t.test("a name may be neither the default model's nor what an id looks like", (t) => {
  t.match(submit({ name: "default" }), { status: 422, detail: /^\/name is reserved: `default`/ });
  t.match(submit({ name: "0123456789abcdefghij" }), { status: 422, detail: /^\/name looks like an id/ });
  t.match(submit({ name: "z".repeat(40) }), { status: 422, errors: [{ path: "/name" }] });
  t.equal(submit({ name: "z".repeat(41) }), undefined, "longer than any id");
  t.end();
});

t.test("iterations × binaryDim × hiddenDim² is limited by TRAIN_COST", (t) => {
  const cost = 10_000 * 8 * 16 ** 2;
  t.equal(submit({}, { ...DEFAULT_LIMITS, trainCost: cost }), undefined);
  t.match(submit({}, { ...DEFAULT_LIMITS, trainCost: cost - 1 }), {
    status: 422,
    detail: /20480000 \(10000 × 8 × 16²\): the limit TRAIN_COST is 20479999/,
    errors: [{ path: "/iterations" }],
  });
  t.equal(submit({ iterations: 1_000_000, hiddenDim: 111 }), undefined, "9.9e10");
  t.equal(submit({ iterations: 1_000_000, hiddenDim: 112 })?.status, 422, "1.004e11");
  t.end();
});

t.test("it always goes to the batch lane, and leaves a model", (t) => {
  t.equal(rnnTrain.cost({ iterations: 1 }, undefined), Number.POSITIVE_INFINITY);
  t.equal(rnnTrain.makes, "model");
  t.strictSame(rnnTrain.summarize({ alpha: 0.2 }), {
    name: null,
    iterations: 10_000,
    hiddenDim: 16,
    binaryDim: 8,
    alpha: 0.2,
    seed: 0,
  });
  t.end();
});

t.test("the answer is the model's record, the log and the curve; the artifact its weights", async (t) => {
  const input = { name: "small", iterations: 700, hiddenDim: 5, binaryDim: 4, alpha: 0.5, seed: 9 };
  const { result, artifact } = await runTask(rnnTrain, contextOf(input));
  validate(rnnTrain.output, result);
  const { accuracy, ...model } = result.model;
  t.strictSame(model, {
    id: "job1",
    ...input,
    accuracyPairs: 16_384,
    createdAt: "2026-01-02T03:04:05.678Z",
  });
  t.equal((accuracy * 64) % 1, 0, "of the 64 pairs below 8");
  const again = train(input);
  t.strictSame(decodeWeights(artifact!), again.weights);
  t.strictSame(result.log, again.log);
  t.strictSame(result.errors, again.errors);
  t.equal(result.errors.length, 350);
  t.end();
});

t.test("the example is what a training answers", async (t) => {
  const { input, output } = rnnTrain.example;
  validate(rnnTrain.input, input);
  validate(rnnTrain.output, output);
  const { result } = await runTask(rnnTrain, contextOf(input));
  t.strictSame({ ...result.model, id: "", createdAt: "" }, { ...output.model, id: "", createdAt: "" });
  t.strictSame(
    result.log.map(({ error, ...entry }) => entry),
    output.log.map(({ error, ...entry }) => entry),
  );
  t.ok(result.errors.every((error, k) => Math.abs(error - output.errors[k]!) < 1e-12));
  t.end();
});

t.test("progress carries what its schema declares", async (t) => {
  const reports: Progress[] = [];
  await runTask(
    rnnTrain,
    contextOf({}, (progress) => reports.push(progress)),
  );
  t.ok(reports.length > 0);
  for (const { stage, done, total, unit, detail } of reports.slice(0, 5)) {
    t.strictSame([stage, total, unit], ["training", 10_000, "iterations"]);
    validate(rnnTrain.detail!, detail);
    t.equal(detail?.iteration, done);
  }
  t.end();
});

t.test("a training that diverges is the caller's mistake", async (t) => {
  const input = { alpha: Number.MAX_VALUE, binaryDim: 31, hiddenDim: 64 };
  await t.rejects(runTask(rnnTrain, contextOf(input)), {
    name: "InputError",
    problem: { status: 422, name: "diverged", detail: /at iteration \d+/ },
  });
  t.end();
});

t.test("the log says what is trained, and how it went", async (t) => {
  const sentences: string[] = [];
  const context = { ...contextOf({ iterations: 3 }), log: (said: string) => void sentences.push(said) };
  await runTask(rnnTrain, context);
  // the figures of the job type's example
  t.match(sentences, [
    "Training 16 hidden units to add, up to sums of 8 bits: 3 iterations, alpha 0.1, seed 0.",
    /^Trained in \d+\.\d s: the mean error was 3\.456 at the beginning and 4\.452 at the end\.$/,
    "Of 16384 sums 0.2% are right.",
  ]);
  t.equal(sentences.length, 3);
});
