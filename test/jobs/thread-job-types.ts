// Job types for tests of what leaves a thread: a result without end, and progress that is told all the time.
import { defineJobType } from "../../workers/job-type.js";
import Type from "../../workers/typebox.js";

const common = {
  version: 1,
  summary: "A job type of the tests",
  accepts: ["json"] as const,
  input: Type.Object({ pieces: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
  output: Type.Unknown(),
  example: { input: {}, output: null },
  summarize: () => ({}),
};

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function* pieces(count: number): Iterable<string> {
  for (let piece = 0; piece < count; piece++) {
    yield "x".repeat(65_536);
    Atomics.wait(PAUSE, 0, 0, 2);
  }
  process.exit(1); // of a thread: its own end
}

/** Writes a result that has no end; with `pieces` its thread dies after as many. */
const pour = defineJobType({
  ...common,
  name: "test.pour",
  path: "/v1/test/pour",
  cost: () => Number.POSITIVE_INFINITY,
  task: (input) => ({ json: pieces(input.pieces ?? Number.POSITIVE_INFINITY) }),
});

/** Tells progress far more often than it is passed on, and goes on when all that was expected is done. */
const tell = defineJobType({
  ...common,
  name: "test.tell",
  path: "/v1/test/tell",
  cost: () => 1,
  task(_input, { progress }) {
    for (const stage of ["first", "second"])
      for (let step = 1; step <= 200; step++)
        progress({ stage, done: Math.min(step, 100), total: 100, unit: "steps", detail: { step } });
    progress({ stage: "nothing", done: 0, total: 0, unit: "steps" });
    return { result: null };
  },
});

export const jobTypes = [pour, tell] as const;
