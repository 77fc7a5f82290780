// What a job's host would hand to a step, and what a refusal says.

import { InputError, type InputProblem } from "../../workers/input-error.js";
import type { Answer, JobType, ModelReference, Progress, TaskContext } from "../../workers/job-type.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import type { Static, TSchema } from "../../workers/typebox.js";

export function contextOf<Input>(
  input: Input,
  progress: (progress: Progress) => void = () => {},
  model?: ModelReference,
): TaskContext<Input> {
  return {
    job: { id: "job1", createdAt: "2026-01-02T03:04:05.678Z" },
    input,
    file: undefined,
    model,
    memory: 2 ** 29,
    limits: DEFAULT_LIMITS,
    threads: 1,
    progress,
    log: () => {},
  };
}

/** Runs a job type that is one whole task. */
export async function runTask<Name extends string, Input extends TSchema, Output extends TSchema>(
  type: JobType<Name, Input, Output>,
  context: TaskContext<Static<Input>>,
): Promise<Answer<Static<Output>>> {
  if (!("task" in type)) throw new Error(`${type.name} is not one whole task`);
  const end = await type.task(context.input, context);
  return "result" in end ? end : { result: JSON.parse(textOf(end.json)) };
}

function textOf(pieces: Iterable<string | Uint8Array>): string {
  return Array.from(pieces, (piece) => Buffer.from(piece as string).toString()).join("");
}

/** The problem that `check` throws, if it throws one. */
export function problemOf(check: () => void): InputProblem | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.problem;
    throw error;
  }
}
