// Job types of the tests: a registry that behaves badly in each way that a job can.
import { existsSync } from "node:fs";
import { InputError } from "../workers/input-error.js";
import { defineJobType, type TaskContext } from "../workers/job-type.js";
import { jobTypes as own } from "../workers/job-types.js";
import Type, { type Static } from "../workers/typebox.js";

const input = Type.Object(
  { seconds: Type.Optional(Type.Number({ minimum: 0 })), value: Type.Optional(Type.Unknown()) },
  { additionalProperties: false },
);
const output = Type.Unknown();
const common = {
  version: 1,
  summary: "A job type of the tests",
  accepts: ["json"] as const,
  input,
  output,
  example: { input: {}, output: null },
  summarize: () => ({}),
};

/** Answers what it was sent. */
export const echo = defineJobType({
  ...common,
  name: "test.echo",
  path: "/v1/test/echo",
  cost: () => 1,
  task: ({ value }) => ({ result: value ?? null }),
  formats: { "text/csv": (result) => [`value\n${JSON.stringify(result)}\n`] },
});

function keepBusy({ seconds = Number.POSITIVE_INFINITY, value }: Static<typeof input>, context: TaskContext) {
  const end = Date.now() + seconds * 1000;
  context.log("spinning");
  while (Date.now() < end) context.progress({ stage: "spinning", done: 1, total: 2, unit: "turns" });
  return { result: value ?? null };
}

/** Keeps its thread busy without ever giving way: for `seconds`, or for ever. */
export const spin = defineJobType({
  ...common,
  name: "test.spin",
  path: "/v1/test/spin",
  cost: () => 1,
  task: keepBusy,
});

/** The same in the batch lane. */
export const grind = defineJobType({
  ...common,
  name: "test.grind",
  path: "/v1/test/grind",
  cost: () => Number.POSITIVE_INFINITY,
  task: keepBusy,
});

/** Fills the heap of its thread. */
export const hoard = defineJobType({
  ...common,
  name: "test.hoard",
  path: "/v1/test/hoard",
  cost: () => 1,
  task() {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1000).fill(kept.length));
  },
});

/** Throws: a defect, or with a value a caller's mistake. */
export const fail = defineJobType({
  ...common,
  name: "test.fail",
  path: "/v1/test/fail",
  cost: () => 1,
  task({ value }) {
    if (value !== undefined) throw InputError.impossible("/value", "was refused by the task");
    throw new Error("a defect of the task");
  },
});

/** Fails until there is a file at the path `value`. */
export const flaky = defineJobType({
  ...common,
  name: "test.flaky",
  path: "/v1/test/flaky",
  cost: () => 1,
  task({ value }) {
    if (!existsSync(String(value))) throw InputError.impossible("/value", "is not there yet");
    return { result: "there" };
  },
});

/** Squares the numbers 1 … value in parts of one number each, and adds up the squares in two rounds of merging. */
export const split = defineJobType({
  ...common,
  name: "test.split",
  path: "/v1/test/split",
  cost: () => Number.POSITIVE_INFINITY,
  plan: ({ value }) => ({
    parts: Array.from({ length: Number(value) }, (_, i) => ({ square: i + 1 })),
  }),
  part(part: { square: number } | { add: Float64Array }, context) {
    context.progress({ stage: "squaring", done: 1, total: Number(context.input.value), unit: "numbers" });
    if ("square" in part) return new Float64Array([part.square ** 2]);
    return new Float64Array([part.add.reduce((sum, one) => sum + one, 0)]);
  },
  merge(results: Float64Array[]) {
    if (results.length === 1) return { result: results[0]![0] };
    return { parts: [{ add: new Float64Array(results.map(([square]) => square!)) }] };
  },
});

export const jobTypes = [...own, echo, spin, grind, hoard, fail, flaky, split] as const;
