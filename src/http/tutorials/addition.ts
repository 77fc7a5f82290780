// The addition network of "Building Restful APIs on AWS for Everyone" (2017), asked for one sum.
import type { FastifyInstance } from "fastify";
import { rnnAdd } from "../../../workers/jobs/rnn-add.js";
import { DEFAULT_REFERENCE } from "../../../workers/rnn/default-model.js";
import Type from "../../../workers/typebox.js";
import { JSON_TYPE } from "../job-replies.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";
import { ANY_FIELDS, ANY_MEDIA_TYPE, readSmallBody } from "../small-bodies.js";
import { COMPUTATION_PROBLEMS, type ComputationDeps, compute, computed } from "./computation.js";

/** Characters of a wrong value that are told again. */
const SHOWN = 100;

/** What sums stay below. */
const LIMIT = 2 ** DEFAULT_REFERENCE.binaryDim;

const bits = (description: string) => Type.String({ pattern: "^\\[[01]( [01]){7}\\]$", description });
const addend = Type.Integer({ minimum: 0, maximum: LIMIT - 1 });
const answerSchema = Type.Object(
  {
    num1: addend,
    num2: addend,
    pred_bin: bits("The network's answer in binary digits, the highest first."),
    pred_num: Type.Integer({ description: "The network's own answer." }),
    true_bin: bits("The sum in binary digits."),
    true_num: Type.Integer({ description: "The sum." }),
  },
  { $id: "RnnAddition" },
);
const EXAMPLE = {
  ...{ num1: 5, num2: 7, pred_bin: "[0 0 0 0 1 1 0 0]", pred_num: 12 },
  ...{ true_bin: "[0 0 0 0 1 1 0 0]", true_num: 12 },
};

const parameter = (other: string) =>
  Type.Optional(
    Type.String({
      description: `A whole number from 0; with ${other} it adds up to at most ${LIMIT - 1}. In the query or in the body.`,
      examples: ["5"],
    }),
  );
const querystring = Type.Object({ number1: parameter("`number2`"), number2: parameter("`number1`") });
const NUMBERS = { number1: 5, number2: 7 };
const numbers = Type.Object({ number1: Type.Optional(addend), number2: Type.Optional(addend) });

/** A number that was sent as JSON or as text. Throws HttpProblem (400) unless it is a whole number from 0. */
function wholeNumber(name: string, given: unknown): number {
  if (given === undefined || given === "") throw wrong(`${name} is missing`);
  const isWhole = typeof given === "string" ? /^\s*[+-]?\d+\s*$/.test(given) : Number.isInteger(given);
  if (!isWhole)
    throw wrong(`${name} is ${JSON.stringify(given).slice(0, SHOWN)}, which is not a whole number`);
  const value = Number(given);
  if (value < 0) throw wrong(`${name} is ${value}: it must not be negative`);
  return value;
}

function wrong(detail: string): HttpProblem {
  return new HttpProblem(400, "invalid-input", detail);
}

function inTutorialWords(result: Record<string, unknown>): string {
  const { a, b, predictedBits, predicted, sumBits, sum } = result;
  const array = (bits: unknown) => `[${[...String(bits)].join(" ")}]`;
  return JSON.stringify({
    ...{ num1: a, num2: b, pred_bin: array(predictedBits), pred_num: predicted },
    ...{ true_bin: array(sumBits), true_num: sum },
  });
}

export function additionRoutes(app: FastifyInstance, deps: ComputationDeps): void {
  app.post(
    "/RNNaddition",
    {
      config: { scope: "jobs:write" },
      schema: describe({
        operationId: "RNNaddition",
        tags: ["Tutorials"],
        summary: "Add two numbers with the tutorial's network",
        querystring,
        body: {
          description: "What the query lacks, as JSON or as a form.",
          required: false,
          content: Object.fromEntries(
            ANY_MEDIA_TYPE.map((mediaType) => [
              mediaType,
              { schema: numbers, examples: { "RNNaddition.numbers": NUMBERS } },
            ]),
          ),
        },
        answers: computed(rnnAdd, {
          description: "The network's answer beside the sum. It may be wrong.",
          content: json(answerSchema, { RNNaddition: EXAMPLE }),
        }),
        problems: [
          ...COMPUTATION_PROBLEMS,
          ...(["malformed-json", "cut-off", "too-large", "unsupported-media-type"] as const),
        ],
        limited: true,
      }),
      onRequest: deps.limit,
    },
    async (request, reply) => {
      const sent = await readSmallBody(request, reply, ANY_FIELDS, ANY_MEDIA_TYPE);
      const { number1, number2 } = { ...sent, ...(request.query as object) } as Record<string, unknown>;
      const a = wholeNumber("number1", number1);
      const b = wholeNumber("number2", number2);
      if (a + b >= LIMIT)
        throw wrong(`number1 and number2 add up to ${a + b}: the network adds up to ${LIMIT - 1}`);
      return compute(deps, request, reply, {
        type: rnnAdd,
        read: () => ({ input: { a, b } }),
        send: ({ result }) => reply.type(JSON_TYPE).send(inTutorialWords(JSON.parse(String(result)))),
      });
    },
  );
}
