// The job types of the fuzz runs: column statistics as the service has them, and cut into parts as the input says.
import { defineJobType, type TaskContext } from "../../workers/job-type.js";
import { stats } from "../../workers/jobs/stats.js";
import type { Limits } from "../../workers/limits.js";
import type { Options } from "../../workers/stats/options.js";
import { mergeParts, type PartResult, planFile, runPart, type Sizes } from "../../workers/stats/split.js";
import Type from "../../workers/typebox.js";

interface Input {
  options: Options;
  sizes: Sizes;
  limits: Limits;
}

function limited(context: TaskContext<Input>): TaskContext<Input> {
  return { ...context, limits: context.input.limits };
}

export const cutStats = defineJobType({
  name: "test.cut-stats",
  version: 1,
  path: "/v1/test/cut-stats",
  summary: "Describe columns in parts of a given size",
  accepts: ["file"],
  input: Type.Unsafe<Input>({}),
  output: stats.output,
  example: { input: {} as Input, output: { rows: 0, columns: [] } },
  summarize: () => ({}),
  cost: () => Number.POSITIVE_INFINITY,
  plan: ({ sizes }, context) => planFile(limited(context), sizes),
  part: (part: Parameters<typeof runPart>[0], context) => runPart(part, limited(context)),
  merge: (results: PartResult[], context) => mergeParts(results, limited(context), context.input.sizes),
});

export const jobTypes = [stats, cutStats] as const;
