// Runs fuzz inputs in threads as the service does: each has to end in statistics or in a sentence.
import { rmSync, writeFileSync } from "node:fs";
import { pino } from "pino";
import { FileStore } from "../../src/files/file-store.js";
import { openPool } from "../../src/jobs/pool.js";
import { loadRegistry } from "../../src/jobs/registry.js";
import { type Ended, runSteps } from "../../src/jobs/run.js";
import { InputError } from "../../workers/input-error.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import type { ColumnFigures } from "../../workers/stats/describe.js";
import type { Histogram } from "../../workers/stats/full/histogram.js";
import { checkOptions } from "../../workers/stats/options.js";
import { Statistics } from "../../workers/stats/statistics.js";
import { validate } from "../../workers/validation.js";
import type { FuzzInput } from "./fuzz-inputs.js";

const THREADS = 2;
const MIB = 2 ** 20;
/** No input may take longer; milliseconds. */
const PATIENCE = 10_000;

export const EXACT = "statistics";
export const APPROXIMATE = "statistics, some of them estimates";

export interface FuzzFailure {
  index: number;
  error: string;
}

export interface FuzzSummary {
  /** How many inputs ended in statistics, or in which sentence. */
  ends: Map<string, number>;
  failures: FuzzFailure[];
}

export interface FuzzOptions {
  /** Where files are while they are read. */
  folder: string;
  inputAt(index: number): FuzzInput;
  /** Inputs [from, to). */
  from: number;
  to: number;
  onFailure?(failure: FuzzFailure, input: FuzzInput): Promise<void>;
  onEnd?(ended: number): void;
}

export async function fuzz({
  folder,
  inputAt,
  from,
  to,
  onFailure,
  onEnd,
}: FuzzOptions): Promise<FuzzSummary> {
  const threads = await openThreads(folder);
  const summary: FuzzSummary = { ends: new Map(), failures: [] };
  let next = from;
  async function work(): Promise<void> {
    while (next < to) {
      const index = next++;
      const input = inputAt(index);
      try {
        const end = await threads.endOf(`${index}`, input);
        summary.ends.set(end, (summary.ends.get(end) ?? 0) + 1);
      } catch (error) {
        const failure = { index, error: error instanceof Error ? error.stack! : String(error) };
        summary.failures.push(failure);
        await onFailure?.(failure, input);
      }
      onEnd?.(index - from + 1);
    }
  }
  try {
    await Promise.all(Array.from({ length: THREADS + 1 }, work));
  } finally {
    await threads.close();
  }
  return summary;
}

async function openThreads(folder: string) {
  const registry = await loadRegistry(new URL("./fuzz-job-types.js", import.meta.url));
  const files = await FileStore.open(folder, false);
  const settings = {
    limits: DEFAULT_LIMITS,
    memory: 64 * MIB,
    threads: THREADS,
    inlineBytes: 256 * MIB,
    results: files.folder("results"),
    made: files.folder("made"),
    durable: false,
  };
  const pool = openPool(
    registry,
    { name: "fuzz", threads: THREADS, threadMemory: 256 * MIB, nice: 0, settings },
    pino({ level: "silent" }),
  );

  async function run(id: string, { content, options, cut }: FuzzInput): Promise<Ended> {
    const type = registry.get(cut ? "test.cut-stats" : "stats")!;
    const gzip = content[0] === 0x1f && content[1] === 0x8b;
    return runSteps(
      { pool, files },
      {
        id,
        type,
        data: {
          ...{ type: type.name, version: 1, account: "fuzz", createdAt: 0, label: null, madeName: "" },
          input: { options, ...cut },
          file: { name: id, bytes: content.length, sha256: "", gzip },
        },
        model: undefined,
        signal: AbortSignal.timeout(PATIENCE),
        onStart() {},
        onProgress() {},
        onSentence() {},
      },
    );
  }

  return {
    /** EXACT, APPROXIMATE, or the sentence without its numbers. Rejects when it is none, or statistics that cannot be. */
    async endOf(id: string, input: FuzzInput): Promise<string> {
      const path = files.path("uploads", id);
      writeFileSync(path, input.content);
      try {
        checkOptions(input.options);
        const ended = await run(id, input);
        if (ended.kind === "mistake") throw new InputError(ended.problem);
        const statistics = JSON.parse(ended.result!) as Statistics;
        checkStatistics(statistics);
        return statistics.columns.some(({ approximate }) => approximate) ? APPROXIMATE : EXACT;
      } catch (error) {
        if (error instanceof InputError) return sentenceOf(error);
        throw error;
      } finally {
        rmSync(path);
      }
    },
    close: () => pool.close(),
  };
}

function sentenceOf({ problem: { status, detail } }: InputError): string {
  if (status < 400 || status > 499 || detail.length < 20) throw new Error(`${status}: ${detail}`);
  return detail.replace(/(here): .*/s, "$1: …").replace(/-?\d+/g, "#");
}

/** Throws unless they are what the schema says, and their counts add up. */
function checkStatistics(statistics: Statistics): void {
  try {
    validate(Statistics, statistics);
  } catch (error) {
    throw new Error(`not as the schema has it: ${(error as Error).message}`);
  }
  for (const column of statistics.columns) {
    const wrong = wrongFigure(column, statistics.rows);
    if (wrong) throw new Error(`${wrong} in ${JSON.stringify(column)}`);
  }
}

/** What cannot be in the figures of a column. */
function wrongFigure(column: ColumnFigures, rows: number): string | undefined {
  const { count, nulls, freq, unique, approximate } = column;
  if (count + nulls !== rows) return `${count} + ${nulls} is not ${rows}`;
  if (typeof freq === "number" && (freq < 1 || freq > count)) return `freq is ${freq}`;
  if (!approximate && typeof unique === "number" && unique > count) return `unique is ${unique}`;
  const ordered = [column.min, column["50%"], column.max].filter((figure) => typeof figure === "number");
  if (ordered.some((figure, at) => figure < (ordered[at - 1] ?? -Infinity)))
    return "the median is out of range";
  const histogram = column.histogram as Histogram | null | undefined;
  const binned = histogram?.counts.reduce((sum, bin) => sum + bin, 0) ?? count;
  return binned === count ? undefined : `${binned} numbers in the histogram`;
}
