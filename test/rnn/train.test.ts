// Training against the published log and against NumPy: test/fixtures/rnn/trainings.json, written by
// scripts/reference/rnn.py.
import { readFileSync } from "node:fs";
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { accuracyPairs, measureAccuracy } from "../../workers/rnn/accuracy.js";
import { DEFAULT_SETTINGS } from "../../workers/rnn/default-model.js";
import { KernelLearner } from "../../workers/rnn/kernel/learner.js";
import { drawWeights, predictor } from "../../workers/rnn/network.js";
import { drawPair, type LogEntry, type Settings, train } from "../../workers/rnn/train.js";

interface Reference extends Settings {
  accuracy: number;
  accuracyPairs: number;
  /** First and last of synapse0, synapse1, synapseH before training. */
  firstWeights: number[];
  /** Of the first 100 iterations. */
  watched: [error: number, a: number, b: number, predicted: number, sum: number][];
  log: LogEntry[];
  errors: number[];
  /** After training; of large networks, each matrix's first and last five. */
  weights: Record<"synapse0" | "synapse1" | "synapseH", number[]>;
  /** Of the watched iterations, how many a one-unit perturbation of NumPy's exponentials leaves within 1e-10. */
  steady: number;
  /** How far that perturbation moves a weight by the end. */
  weightsMoved: number;
}

/** Others can be held against it, too: see rnn.py. */
const { RNN_TRAININGS = "test/fixtures/rnn/trainings.json" } = process.env;
const references: Reference[] = JSON.parse(readFileSync(RNN_TRAININGS, "utf8"));

function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Array.from(found).reduce((most, value, k) => Math.max(most, Math.abs(value - expected[k]!)), 0);
}

const errorsOf = (log: LogEntry[]) => log.map(({ error }) => error);
const withoutErrors = (log: LogEntry[]) => log.map(({ error, ...entry }) => entry);

// The log of the tutorial's own settings with NumPy 1.24.2: iteration, error, a, b, predicted.
const PUBLISHED: [number, number, number, number, number][] = [
  [0, 3.45638663235765, 9, 60, 1],
  [1000, 3.6338911649793504, 28, 35, 255],
  [2000, 3.9136659475789743, 116, 44, 72],
  [3000, 3.721917022734973, 4, 73, 223],
  [4000, 3.5852713026829575, 71, 11, 8],
  [5000, 2.5335232775439267, 81, 113, 162],
  [6000, 0.5769144082085176, 81, 0, 81],
  [7000, 1.425899520288835, 4, 125, 129],
  [8000, 0.47477456960706155, 39, 17, 56],
  [9000, 0.2159503689365932, 11, 3, 14],
];

t.test("the tutorial's settings give the published log", (t) => {
  const { log, errors, weights, seconds } = train(DEFAULT_SETTINGS);
  t.strictSame(
    withoutErrors(log),
    PUBLISHED.map(([iteration, , a, b, predicted]) => ({ iteration, a, b, predicted, sum: a + b })),
  );
  const published = PUBLISHED.map(([, error]) => error);
  t.ok(worst(errorsOf(log), published) < 1e-12, "errors to 1e-12");
  t.equal(errors.length, 500, "means of 20 iterations each");
  t.ok(seconds > 0);

  // weights published with it, after training
  const { synapse0, synapse1, synapseH } = weights;
  t.ok(
    worst(synapse0.subarray(0, 3), [-0.3595195302466611, 2.3395899306608605, -0.32033828265969955]) < 1e-12,
  );
  t.ok(worst(synapse1.subarray(0, 1), [2.0307117924845506]) < 1e-12);
  t.ok(worst(synapseH.subarray(0, 2), [0.03181291666736755, -1.5761066790469345]) < 1e-12);
  t.end();
});

t.test("the tutorial's network starts from the published weights", (t) => {
  const { synapse0, synapse1, synapseH } = drawWeights(new MersenneTwister(0), DEFAULT_SETTINGS);
  t.strictSame([...synapse0.subarray(0, 3)], [0.0976270078546495, 0.43037873274483895, 0.20552675214328775]);
  t.equal(synapse1[0], -0.0876993355669029);
  t.strictSame([...synapseH.subarray(0, 2)], [-0.36914329815163227, -0.2725784581147548]);
  t.end();
});

t.test("after it, all 16,384 pairs of numbers below 128 are added correctly", (t) => {
  const predict = predictor(train(DEFAULT_SETTINGS).weights);
  let wrong = 0;
  for (let a = 0; a < 128; a++) for (let b = 0; b < 128; b++) if (predict(a, b) !== a + b) wrong++;
  t.equal(wrong, 0);
  t.end();
});

for (const reference of references) {
  const { binaryDim, hiddenDim, alpha, iterations, seed, steady } = reference;
  const title = `B ${binaryDim}, H ${hiddenDim}, alpha ${alpha}, ${iterations} iterations, seed ${seed}`;

  t.test(`${title}: drawn numbers bit for bit, errors to 1e-9 over ${steady} iterations`, (t) => {
    const generator = new MersenneTwister(seed);
    const weights = drawWeights(generator, reference);
    const { synapse0, synapse1, synapseH } = weights;
    t.strictSame(
      [synapse0, synapse1, synapseH].flatMap((synapse) => [synapse[0], synapse.at(-1)]),
      reference.firstWeights,
    );
    const watched = reference.watched.length;
    const learner = new KernelLearner(weights, alpha, watched);
    for (let k = 0; k < watched; k++) learner.show(k, ...drawPair(generator, binaryDim));
    t.equal(learner.learn(watched), watched);
    const found = reference.watched.map((_, k) => {
      const { error, a, b, predicted } = learner.example(k);
      return [error, a, b, predicted, a + b] as const;
    });
    const numbers = (rows: readonly (readonly number[])[]) => rows.map(([, a, b, , sum]) => [a, b, sum]);
    t.strictSame(numbers(found), numbers(reference.watched), "all drawn numbers");
    const errors = (rows: readonly (readonly number[])[]) => rows.slice(0, steady).map((row) => row[0]!);
    t.ok(worst(errors(found), errors(reference.watched)) < 1e-9, "errors");
    const answers = (rows: readonly (readonly number[])[]) => rows.slice(0, steady).map((row) => row[3]);
    t.strictSame(answers(found), answers(reference.watched), "predictions");
    t.end();
  });

  // what a one-unit change of NumPy's own exponentials moves further, no two programs agree on
  if (reference.weightsMoved > 1e-10) continue;

  t.test(`${title}: the whole training to 1e-9`, (t) => {
    const { weights, generator, log, errors } = train(reference);
    t.strictSame(withoutErrors(log), withoutErrors(reference.log));
    t.ok(worst(errorsOf(log), errorsOf(reference.log)) < 1e-9, "the log's errors");
    t.ok(worst(errors, reference.errors) < 1e-9, "the error curve");
    for (const [name, expected] of Object.entries(reference.weights)) {
      const all = weights[name as keyof Reference["weights"]];
      const whole = all.length === expected.length;
      t.ok(worst(whole ? all : [...all.slice(0, 5), ...all.slice(-5)], expected) < 1e-9, name);
    }
    t.equal(measureAccuracy(weights, generator), reference.accuracy);
    t.equal(accuracyPairs(weights), reference.accuracyPairs);
    t.end();
  });
}

const skip = RNN_TRAININGS !== "test/fixtures/rnn/trainings.json";

t.test(
  "the reference leaves no hole: all but one of its trainings can be compared to the end",
  { skip },
  (t) => {
    const chaotic = references.filter(({ steady, weightsMoved }) => steady < 100 || weightsMoved > 1e-10);
    t.strictSame(
      chaotic.map(({ binaryDim, hiddenDim }) => [binaryDim, hiddenDim]),
      [[16, 100]],
    );
    t.equal(references.length, 12);
    t.end();
  },
);

t.test("the log names no iteration twice", (t) => {
  const logged = (iterations: number) => train({ ...DEFAULT_SETTINGS, iterations }).log;
  for (const [iterations, expected] of [
    [1, [0]],
    [3, [0, 1, 2]],
    [10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [15, [0, 1, 3, 4, 6, 7, 9, 10, 12, 13]],
  ] as const)
    t.strictSame(
      logged(iterations).map(({ iteration }) => iteration),
      expected,
    );
  t.end();
});

t.test("progress tells the iterations done, and how the latest 100 went", (t) => {
  const reports: { done: number; error: number; accuracy: number }[] = [];
  const { errors } = train({ ...DEFAULT_SETTINGS, iterations: 10_000 }, (progress) => reports.push(progress));
  t.ok(reports.length > 10);
  t.ok(
    reports.every(({ done }, k) => done > (reports[k - 1]?.done ?? 0) && done <= 10_000),
    "ever further",
  );
  const last = reports.at(-1)!;
  t.equal(last.accuracy, 1, "the network has learned to add");
  t.ok(Math.abs(last.error - errors.slice(-5).reduce((sum, error) => sum + error / 5, 0)) < 0.1);
  t.ok(reports[0]!.error > 3, "while at first it had not");
  t.end();
});

t.test("weights that are no longer finite end the training, which says at which iteration", (t) => {
  // far beyond the alpha that a job may have: within its limits no diverging training is known
  const overflow = { binaryDim: 31, hiddenDim: 64, alpha: Number.MAX_VALUE, iterations: 10, seed: 0 };
  t.throws(() => train(overflow), {
    name: "InputError",
    problem: {
      status: 422,
      name: "diverged",
      detail: /diverged at iteration 0: .* alpha/,
      errors: [{ path: "/alpha" }],
    },
  });
  t.end();
});
