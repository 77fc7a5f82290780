// The job type `rnn.train`: trains a network that adds two integers bit by bit.

import { InputError } from "../input-error.js";
import { defineJobType, type TaskContext } from "../job-type.js";
import type { Limits } from "../limits.js";
import { accuracyPairs, measureAccuracy } from "../rnn/accuracy.js";
import { DEFAULT_MODEL, DEFAULT_SETTINGS } from "../rnn/default-model.js";
import { RECENT } from "../rnn/record.js";
import { type Settings, train } from "../rnn/train.js";
import { encodeWeights } from "../rnn/weights-file.js";
import Type, { type Static } from "../typebox.js";

/** What input and model say alike. */
const ranges = {
  binaryDim: {
    minimum: 2,
    maximum: 31,
    description: "Bits of a sum: the model adds a and b with a + b < 2^binaryDim.",
  },
  hiddenDim: { minimum: 1, maximum: 512, description: "Hidden units." },
  alpha: { exclusiveMinimum: 0, maximum: 10, description: "The factor of each update." },
  iterations: { minimum: 1, maximum: 10_000_000, description: "Random sums shown to the network." },
  seed: {
    minimum: 0,
    maximum: 2 ** 32 - 1,
    description: "The seed of NumPy's legacy generator, from which weights and sums are drawn.",
  },
};

const input = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description:
          "Keeps the model under this name, also after the job has expired. Not `default`, and not 20 to 40 " +
          "lower-case letters and digits, which is what an id looks like.",
      }),
    ),
    iterations: Type.Optional(Type.Integer({ ...ranges.iterations, default: DEFAULT_SETTINGS.iterations })),
    hiddenDim: Type.Optional(Type.Integer({ ...ranges.hiddenDim, default: DEFAULT_SETTINGS.hiddenDim })),
    binaryDim: Type.Optional(Type.Integer({ ...ranges.binaryDim, default: DEFAULT_SETTINGS.binaryDim })),
    alpha: Type.Optional(Type.Number({ ...ranges.alpha, default: DEFAULT_SETTINGS.alpha })),
    seed: Type.Optional(Type.Integer({ ...ranges.seed, default: DEFAULT_SETTINGS.seed })),
  },
  { additionalProperties: false },
);
type Input = Static<typeof input>;

const model = Type.Object({
  id: Type.String({ description: "The training job's id." }),
  name: Type.Union([Type.String(), Type.Null()]),
  binaryDim: Type.Integer(ranges.binaryDim),
  hiddenDim: Type.Integer(ranges.hiddenDim),
  alpha: Type.Number(ranges.alpha),
  iterations: Type.Integer(ranges.iterations),
  seed: Type.Integer(ranges.seed),
  accuracy: Type.Number({
    minimum: 0,
    maximum: 1,
    description:
      "The share of right sums over all pairs a, b < 2^(binaryDim − 1) when those are at most " +
      "`accuracyPairs`, else over that many pairs drawn after training.",
  }),
  accuracyPairs: Type.Integer({ description: "min(16,384, 1e9 / (binaryDim · hiddenDim²))." }),
  createdAt: Type.String({ format: "date-time" }),
});

const output = Type.Object({
  model,
  log: Type.Array(
    Type.Object({
      iteration: Type.Integer(),
      error: Type.Number({ description: "Sum over the bits of |true bit − output|." }),
      a: Type.Integer(),
      b: Type.Integer(),
      predicted: Type.Integer(),
      sum: Type.Integer(),
    }),
    { description: "The iterations ⌊i·n/10⌋ of n, i = 0 … 9, without repeats." },
  ),
  errors: Type.Array(Type.Number(), {
    description: "The error curve: means of ⌈n/500⌉ consecutive iterations' errors.",
  }),
  seconds: Type.Number({ description: "Of the training loop alone." }),
});
type Output = Static<typeof output>;

const detail = Type.Object({
  iteration: Type.Integer({ description: "Iterations done." }),
  error: Type.Number({ description: `The mean error of the latest ${RECENT} iterations.` }),
  accuracy: Type.Number({ description: `The share of right sums among the latest ${RECENT} iterations.` }),
});

function settingsOf(input: Input): Settings {
  return {
    binaryDim: input.binaryDim ?? DEFAULT_SETTINGS.binaryDim,
    hiddenDim: input.hiddenDim ?? DEFAULT_SETTINGS.hiddenDim,
    alpha: input.alpha ?? DEFAULT_SETTINGS.alpha,
    iterations: input.iterations ?? DEFAULT_SETTINGS.iterations,
    seed: input.seed ?? DEFAULT_SETTINGS.seed,
  };
}

/** A name that is none of these can never be mistaken for a model's id. */
function checkName(name: string): void {
  if (name === DEFAULT_MODEL)
    throw InputError.impossible(
      "/name",
      `is reserved: \`${DEFAULT_MODEL}\` is the model that is always there`,
    );
  if (/^[0-9a-z]{20,40}$/.test(name))
    throw InputError.impossible(
      "/name",
      "looks like an id (20 to 40 lower-case letters and digits): use a shorter name, a capital, a dot, " +
        "a hyphen or an underscore",
    );
}

function checkCost(settings: Settings, { trainCost }: Limits): void {
  const { iterations, binaryDim, hiddenDim } = settings;
  const cost = iterations * binaryDim * hiddenDim ** 2;
  if (cost <= trainCost) return;
  throw InputError.impossible(
    "/iterations",
    `times binaryDim times hiddenDim squared is ${cost} (${iterations} × ${binaryDim} × ${hiddenDim}²): ` +
      `the limit TRAIN_COST is ${trainCost}`,
  );
}

function intent({ binaryDim, hiddenDim, alpha, iterations, seed }: Settings): string {
  return (
    `Training ${hiddenDim} hidden units to add, up to sums of ${binaryDim} bits: ${iterations} iterations, ` +
    `alpha ${alpha}, seed ${seed}.`
  );
}

function trainModel(input: Input, context: TaskContext<Input>) {
  const settings = settingsOf(input);
  context.log(intent(settings));
  const { weights, generator, log, errors, seconds } = train(settings, ({ done, error, accuracy }) =>
    context.progress({
      stage: "training",
      done,
      total: settings.iterations,
      unit: "iterations",
      detail: { iteration: done, error, accuracy },
    }),
  );
  context.log(
    `Trained in ${seconds.toFixed(1)} s: the mean error was ${errors[0]?.toFixed(3)} at the beginning and ` +
      `${errors.at(-1)?.toFixed(3)} at the end.`,
  );
  const model: Output["model"] = {
    id: context.job.id,
    name: input.name ?? null,
    ...settings,
    accuracy: measureAccuracy(weights, generator),
    accuracyPairs: accuracyPairs(settings),
    createdAt: context.job.createdAt,
  };
  const asked = Math.min(4 ** (settings.binaryDim - 1), model.accuracyPairs);
  context.log(`Of ${asked} sums ${(100 * model.accuracy).toFixed(1)}% are right.`);
  return { result: { model, log, errors, seconds }, artifact: encodeWeights(weights) };
}

export const rnnTrain = defineJobType({
  name: "rnn.train",
  version: 1,
  path: "/v1/rnn/models",
  summary: "Train a network to add",
  description:
    "Trains the recurrent network of “Anyone Can Learn To Code an LSTM-RNN in Python (Part 1: RNN)” " +
    "(iamtrask, 2015) to add two integers bit by bit, the lowest bit first. The same settings give the " +
    "same model. The job's id is the model's id; a `name` keeps the model beyond its job.",
  accepts: ["json"],
  input,
  output,
  detail,
  example: {
    input: { iterations: 3, seed: 0 },
    output: {
      model: {
        id: "01kf0e9r4b6m2x8c5v7n1q3w0t",
        name: null,
        binaryDim: 8,
        hiddenDim: 16,
        alpha: 0.1,
        iterations: 3,
        seed: 0,
        accuracy: 0.001953125,
        accuracyPairs: 16384,
        createdAt: "2026-01-15T09:30:00.000Z",
      },
      log: [
        { iteration: 0, error: 3.4563866323576495, a: 9, b: 60, predicted: 1, sum: 69 },
        { iteration: 1, error: 3.947749427031945, a: 91, b: 111, predicted: 0, sum: 202 },
        { iteration: 2, error: 4.451960019218258, a: 35, b: 83, predicted: 1, sum: 118 },
      ],
      errors: [3.4563866323576495, 3.947749427031945, 4.451960019218258],
      seconds: 0.0023,
    },
  },
  makes: "model",
  // always batch
  cost: () => Number.POSITIVE_INFINITY,
  summarize: (input) => ({ name: input.name ?? null, ...settingsOf(input) }),
  check(input, _model, limits) {
    if (input.name !== undefined) checkName(input.name);
    checkCost(settingsOf(input), limits);
  },
  task: trainModel,
});
