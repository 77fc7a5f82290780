// Holds this project's samples against scikit-learn's: reads what `samples.py --random` prints, which says how to run it.
import { createInterface } from "node:readline";
import { samples } from "../../workers/jobs/samples.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import { makeClassification } from "../../workers/samples/make-classification.js";
import { DEFAULTS } from "../../workers/samples/settings.js";
import { writeJson } from "../../workers/samples/write-json.js";
import type { Static } from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";

const TOLERANCE = 1e-12;

type Input = Static<typeof samples.input>;
type Columns = Record<string, (number | null)[]>;

interface Reference {
  input: Input;
  columns?: Columns;
  /** What scikit-learn says when it refuses. */
  error?: string;
}

function ownAnswer(input: Input): Columns | Error {
  try {
    validate(samples.input, input);
    samples.check!(input, undefined, DEFAULT_LIMITS);
  } catch (error) {
    return error as Error;
  }
  const pieces = writeJson(makeClassification({ ...DEFAULTS, ...input }));
  return JSON.parse([...pieces].join("")).columns;
}

/** Of numbers beyond 1 relative to the number; infinite where only one is `null`. */
function difference(found: number | null, expected: number | null): number {
  if (found === null || expected === null) return found === expected ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
}

/** What differs, in words; `undefined` when all agrees. */
function disagreement({ columns, error }: Reference, own: Columns | Error): string | undefined {
  if (own instanceof Error) return error === undefined ? `refused: ${own.message}` : undefined;
  if (columns === undefined) return `not refused: ${error}`;
  if (Object.keys(own).join() !== Object.keys(columns).join()) return `columns ${Object.keys(own)}`;
  for (const [name, expected] of Object.entries(columns)) {
    const found = own[name]!;
    if (found.length !== expected.length) return `${name} has ${found.length} numbers`;
    const row = expected.findIndex((number, i) => !(difference(found[i]!, number) <= TOLERANCE));
    if (row !== -1) return `${name}[${row}] is ${found[row]}, not ${expected[row]}`;
  }
  return undefined;
}

const counts = { agree: 0, refused: 0, differ: 0 };
for await (const line of createInterface(process.stdin)) {
  const reference: Reference = JSON.parse(line);
  const wrong = disagreement(reference, ownAnswer(reference.input));
  if (wrong !== undefined) console.log(`${wrong}: ${JSON.stringify(reference.input)}`);
  counts[wrong !== undefined ? "differ" : reference.error !== undefined ? "refused" : "agree"]++;
}
console.log(`${counts.agree} agree, ${counts.refused} are refused by both, ${counts.differ} differ`);
process.exitCode = counts.differ === 0 && counts.agree > 0 ? 0 : 1;
