// The job type `rnn.add`: asks a trained network for sums, one or many.

import { AVRO_TYPE } from "../avro.js";
import { InputError } from "../input-error.js";
import { defineJobType, type End, type ModelReference, type TaskContext } from "../job-type.js";
import { additionsSchema, avroOfAdditions } from "../rnn/avro.js";
import { DEFAULT_MODEL, DEFAULT_REFERENCE } from "../rnn/default-model.js";
import { ask } from "../rnn/kernel/ask.js";
import { modelWeights } from "../rnn/model-weights.js";
import type { Dimensions, Weights } from "../rnn/network.js";
import { readPairs } from "../rnn/read-pairs.js";
import Type, { type Static } from "../typebox.js";

const MOST_PAIRS = 100_000;
/** Rows in one piece of CSV. */
const PIECE_ROWS = 1000;

const number = (description: string) => Type.Integer({ minimum: 0, description });

const input = Type.Object(
  {
    a: Type.Optional(number("Sent together with `b`.")),
    b: Type.Optional(number("With a + b < 2^binaryDim of the model (256 for `default`).")),
    pairs: Type.Optional(
      Type.Array(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 2 }), {
        minItems: 1,
        maxItems: MOST_PAIRS,
        description: "Many additions `[a, b]`, in place of `a` and `b`.",
      }),
    ),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        default: DEFAULT_MODEL,
        description: "The id or name of a trained model.",
      }),
    ),
  },
  { additionalProperties: false },
);
type Input = Static<typeof input>;

const bits = (description: string) => Type.String({ pattern: "^[01]{2,31}$", description });

const addition = {
  a: Type.Integer(),
  b: Type.Integer(),
  predicted: Type.Integer({ description: "The network's own answer." }),
  predictedBits: bits("`predicted` in binaryDim digits, the highest first."),
  sum: Type.Integer({ description: "a + b." }),
  sumBits: bits("`sum` in binaryDim digits, the highest first."),
  correct: Type.Boolean(),
};
const Addition = Type.Object(addition);
type Addition = Static<typeof Addition>;

const model = Type.String({ description: "The model's id." });

const output = Type.Union([
  Type.Object({ ...addition, model }, { description: "For `a` and `b`." }),
  Type.Object(
    {
      additions: Type.Array(Addition),
      accuracy: Type.Number({ minimum: 0, maximum: 1, description: "The share of right sums." }),
      model,
    },
    { description: "For `pairs`." },
  ),
]);
type Output = Static<typeof output>;

/** Throws InputError (400) unless the input has either a and b, or pairs. */
function checkShape({ a, b, pairs }: Input): void {
  const sent = { a: a !== undefined, b: b !== undefined, pairs: pairs !== undefined };
  if (sent.pairs ? !sent.a && !sent.b : sent.a && sent.b) return;
  const errors = (["a", "b"] as const)
    .filter((name) => sent[name] === sent.pairs)
    .map((name) => ({
      path: `/${name}`,
      message: sent.pairs
        ? "cannot be sent together with pairs"
        : `is required${sent.a || sent.b ? "" : ", or pairs"}`,
    }));
  throw InputError.invalid(errors);
}

/**
 * The model to ask: the default one unless another was resolved. One that was asked for by name and not
 * resolved must not be answered for by the default one: that is the host's defect, not the caller's mistake.
 */
function modelOf(input: Input, model: ModelReference | undefined): ModelReference {
  if (model) return model;
  if (input.model === undefined || input.model === DEFAULT_MODEL) return DEFAULT_REFERENCE;
  throw new Error(`the model ${JSON.stringify(input.model)} has not been resolved`);
}

/** How much more a network has to compute than the default one. */
function size({ binaryDim, hiddenDim }: Dimensions): number {
  return Math.max(
    1,
    (binaryDim * hiddenDim ** 2) / (DEFAULT_REFERENCE.binaryDim * DEFAULT_REFERENCE.hiddenDim ** 2),
  );
}

/** `path` says where a and b are. */
function tooLarge(path: string, a: number, b: number, { id, binaryDim }: ModelReference): InputError {
  return InputError.impossible(
    path,
    `adds up to ${a + b}: the model ${id} has binaryDim ${binaryDim}, its sums are below 2^${binaryDim} = ${2 ** binaryDim}`,
  );
}

function addOne(a: number, b: number, weights: Weights): Addition {
  const digits = (value: number) => value.toString(2).padStart(weights.binaryDim, "0");
  const [answers] = ask(weights, Int32Array.of(a, b));
  const predicted = answers!.sums[0]!;
  const sum = a + b;
  const correct = predicted === sum;
  return { a, b, predicted, predictedBits: digits(predicted), sum, sumBits: digits(sum), correct };
}

/** What `output` says of pairs, as JSON. */
function* addPairs(
  pairs: Int32Array,
  weights: Weights,
  model: string,
  { progress }: Pick<TaskContext, "progress">,
): Iterable<string | Uint8Array> {
  const total = pairs.length / 2;
  let right = 0;
  yield '{"additions":[';
  for (const answers of ask(weights, pairs)) {
    const written = answers.toJson();
    yield written.text;
    right += written.right;
    progress({ stage: "adding", done: answers.done, total, unit: "pairs" });
  }
  const accuracy = right / total;
  yield `],${JSON.stringify({ accuracy, model }).slice(1)}`;
}

function add(input: Input, context: TaskContext<Input>): End<Output> {
  const reference = modelOf(input, context.model);
  const weights = modelWeights(reference);
  const { pairs } = input;
  if (!pairs) return { result: { ...addOne(input.a!, input.b!, weights), model: reference.id } };
  const numbers = new Int32Array(2 * pairs.length);
  pairs.forEach((pair, k) => {
    numbers[2 * k] = pair[0]!;
    numbers[2 * k + 1] = pair[1]!;
  });
  return { json: addPairs(numbers, weights, reference.id, context) };
}

/** A header, and a row for each addition. */
function* csv(result: Output): Iterable<string> {
  const names = Object.keys(addition) as (keyof Addition)[];
  const additions: Addition[] = "additions" in result ? result.additions : [result];
  yield `${names.join(",")}\n`;
  for (let start = 0; start < additions.length; start += PIECE_ROWS)
    yield additions
      .slice(start, start + PIECE_ROWS)
      .map((row) => `${names.map((name) => row[name]).join(",")}\n`)
      .join("");
}

export const rnnAdd = defineJobType({
  name: "rnn.add",
  version: 1,
  path: "/v1/rnn/additions",
  summary: "Add with a trained network",
  description:
    "Adds `a` and `b`, or each of `pairs`. The answers are the network's own: a wrong one is reported as " +
    "`correct: false`, never repaired. Without `model`, the tutorial's own network adds numbers up to a sum of 255.",
  accepts: ["json"],
  input,
  output,
  example: {
    input: { a: 5, b: 7 },
    output: {
      a: 5,
      b: 7,
      predicted: 12,
      predictedBits: "00001100",
      sum: 12,
      sumBits: "00001100",
      correct: true,
      model: DEFAULT_MODEL,
    },
  },
  cost: ({ pairs }, _file, model = DEFAULT_REFERENCE) => 16 * (pairs?.length ?? 1) * size(model),
  summarize: ({ a, b, pairs, model = DEFAULT_MODEL }) =>
    pairs ? { pairs: pairs.length, model } : { a, b, model },
  read: (body) => readPairs(body, MOST_PAIRS),
  model: (input) => input.model ?? DEFAULT_MODEL,
  check(input, resolved) {
    checkShape(input);
    const model = modelOf(input, resolved);
    const limit = 2 ** model.binaryDim;
    const { a, b, pairs } = input;
    if (!pairs) {
      if (a! + b! >= limit) throw tooLarge("", a!, b!, model);
      return;
    }
    const wrong = pairs.findIndex((pair) => pair[0]! + pair[1]! >= limit);
    if (wrong >= 0) throw tooLarge(`/pairs/${wrong}`, pairs[wrong]![0]!, pairs[wrong]![1]!, model);
  },
  task: add,
  formats: { "text/csv": csv, [AVRO_TYPE]: avroOfAdditions },
  avro: additionsSchema,
});
