// The ways in which a job can fail, as the documents that its `error` shows.
import type { InputProblem } from "../../workers/input-error.js";

export const PROBLEM = "urn:abacus:problem:";

/** Titles of the problems that computations name; the document's `type` is made of the name. */
const TITLES: Record<string, string> = {
  "invalid-input": "The input does not have the expected shape",
  "impossible-value": "The input holds an impossible value",
  "malformed-json": "The body is not JSON",
  "too-large": "Too large",
  "unreadable-file": "The file cannot be read",
  diverged: "The training diverged",
  "unknown-model": "There is no such model",
  "out-of-memory": "The job needs more memory than a thread has",
  "timed-out": "The job took too long",
  "worker-lost": "The job's worker was lost too often",
  "internal-error": "The job failed through no fault of its input",
  "file-lost": "The job's file is gone",
  "disk-full": "No room on the disk",
  "name-taken": "The name is in use",
};

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { path: string; message: string }[];
}

export function problem(
  name: string,
  status: number,
  detail: string,
  errors?: { path: string; message: string }[],
): ProblemDocument {
  const document = { type: PROBLEM + name, title: TITLES[name] ?? name, status, detail };
  return errors ? { ...document, errors } : document;
}

export function problemOf(mistake: InputProblem): ProblemDocument {
  return problem(mistake.name, mistake.status, mistake.detail, mistake.errors);
}
