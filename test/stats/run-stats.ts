// Runs the job type `stats` in this thread, round by round, as the host does in several.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seal, unseal } from "../../workers/envelope.js";
import type { Progress, Round, TaskContext } from "../../workers/job-type.js";
import { DEFAULT_LIMITS, type Limits } from "../../workers/limits.js";
import type { Options } from "../../workers/stats/options.js";
import {
  mergeParts,
  type Part,
  type PartResult,
  planFile,
  runPart,
  type Sizes,
} from "../../workers/stats/split.js";
import type { Statistics } from "../../workers/stats/statistics.js";

export interface Settings {
  options?: Options;
  limits?: Partial<Limits>;
  memory?: number;
  threads?: number;
  sizes?: Sizes;
  /** Where log sentences go. */
  sentences?: string[];
  /** Where progress goes. */
  told?: Progress[];
}

type Context = TaskContext<{ options?: Options }>;

/** A context for an upload that holds `content`, in a file of its own that `remove` deletes. */
export function contextOf(content: string | Uint8Array, settings: Settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "abacus-stats-"));
  const path = join(folder, "upload");
  const bytes = Buffer.from(content);
  writeFileSync(path, bytes);
  const context: Context = {
    job: { id: "test", createdAt: "2024-01-01T00:00:00.000Z" },
    input: { options: settings.options ?? {} },
    file: {
      path,
      name: null,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      gzip: bytes[0] === 0x1f && bytes[1] === 0x8b,
    },
    model: undefined,
    memory: settings.memory ?? 2 ** 30,
    limits: { ...DEFAULT_LIMITS, ...settings.limits },
    threads: settings.threads ?? 2,
    progress: (progress) => settings.told?.push(progress),
    log: (sentence) => settings.sentences?.push(sentence),
  };
  return { context, remove: () => rmSync(folder, { recursive: true }) };
}

function across<Value>(value: Value): Value {
  return unseal(seal(value)) as Value;
}

/** Statistics of a file that holds `content`; what crosses between steps moves or is cloned, as between threads. */
export async function statsOf(content: string | Uint8Array, settings: Settings = {}): Promise<Statistics> {
  const { context, remove } = contextOf(content, settings);
  // each step of a job has a context of its own
  const fresh = (): Context => ({ ...context });
  try {
    let round: Round<Statistics, Part> = await planFile(fresh(), settings.sizes);
    while ("parts" in round) {
      const results: PartResult[] = [];
      for (const part of round.parts) results.push(across(await runPart(across(part), fresh())));
      round = await mergeParts(results, fresh(), settings.sizes);
    }
    return round.result;
  } finally {
    remove();
  }
}

/** The sentence with which reading `content` fails. */
export async function mistakeOf(content: string | Uint8Array, settings: Settings = {}): Promise<string> {
  try {
    await statsOf(content, settings);
  } catch (error) {
    if ((error as Error).name === "InputError") return (error as Error).message;
    throw error;
  }
  return "no mistake";
}

/** The types of the columns, the simplest of answers. */
export function dtypesOf({ columns }: Statistics): string[] {
  return columns.map(({ dtype }) => dtype);
}
