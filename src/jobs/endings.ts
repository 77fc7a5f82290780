// How a computation ended, as it is written into the job's record.
import { type ProblemDocument, problem, problemOf } from "./problems.js";
import type { Progressed } from "./record.js";
import type { Reporter } from "./reporter.js";
import type { Ended } from "./run.js";
import type { Ending, Finished } from "./transitions.js";

/** What the record of a completed job says besides what it said before. */
export function completed(
  { progress = "null", resultBytes, result }: Ending,
  { number, expiresAt, attempts }: Finished["written"],
  startedAt: number,
  finishedAt: number,
): Progressed {
  return {
    state: "completed",
    startedAt,
    finishedAt,
    expiresAt,
    attempts,
    number,
    position: null,
    progress,
    error: "null",
    resultBytes: resultBytes ?? null,
    result: result === undefined ? null : Buffer.from(result),
  };
}

export function failure(error: ProblemDocument): Ending {
  return { state: "failed", error: JSON.stringify(error) };
}

/** How a job ends whose steps have. */
export function endingOf(ended: Ended, reporter: Reporter): Ending {
  if (ended.kind === "mistake") return failure(problemOf(ended.problem));
  const { bytes, result, made } = ended;
  const progress = reporter.whole();
  return {
    state: "completed",
    resultBytes: bytes,
    ...(progress !== undefined && { progress }),
    ...(result !== null && { result }),
    ...(made !== undefined && { made }),
  };
}

/** What went wrong in a thread, in words for the caller; the log has the rest. */
export function mishap(error: unknown): ProblemDocument {
  const message = error instanceof Error ? error.message : String(error);
  if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY")
    return problem("out-of-memory", 500, "a thread reached its limit of memory (THREAD_MEMORY)");
  // of a thread's error only the message arrives; it names a path, which is nobody's business
  if (message.startsWith("ENOENT")) return problem("file-lost", 500, "the job's file is no longer there");
  if (/^(ENOSPC|EDQUOT)/.test(message)) return problem("disk-full", 500, "the disk is full");
  return problem("internal-error", 500, message);
}
