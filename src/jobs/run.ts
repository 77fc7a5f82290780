// Runs the steps of one job in a pool: a whole task, or a plan, its parts in turns with other jobs', and a merge.
import { setImmediate } from "node:timers/promises";
import type { Envelope } from "../../workers/envelope.js";
import { InputError } from "../../workers/input-error.js";
import type { AnyJobType, ModelReference, Progress, SourceFile } from "../../workers/job-type.js";
import type { Referred, StepNews, StepReply, StepRequest } from "../../workers/thread.js";
import type { FileStore } from "../files/file-store.js";
import type { JobData } from "./lanes.js";
import type { Pool } from "./pool.js";

/** The cost of a job up to which its steps are small: some hundred additions, a table of some kilobytes. */
const SMALL = 4096;

export interface Run {
  id: string;
  type: AnyJobType;
  data: JobData;
  model: ModelReference | undefined;
  signal: AbortSignal;
  /** Called whenever a step gets its thread. */
  onStart(): void;
  /** Called as often as the steps tell something, with the progress of all parts together. */
  onProgress(progress: Progress): void;
  onSentence(sentence: string): void;
}

export interface Runner {
  pool: Pool;
  files: FileStore;
}

export type Ended = Extract<StepReply, { kind: "answer" | "mistake" }>;

/** What a body that was stored unparsed refers to. Throws InputError for a mistake in it. */
export async function referTo(runner: Runner, run: Omit<Run, "model">): Promise<Referred> {
  const request = { ...requestOf(runner, { ...run, model: undefined }), step: "refer" as const };
  const reply = await runner.pool.run(request, run.signal, false, run.onStart);
  if (reply.kind === "mistake") throw new InputError(reply.problem);
  return (reply as { value: unknown }).value as Referred;
}

/** Whether the input is in the job's file, unparsed. */
export function isStored(data: JobData): boolean {
  return data.input === undefined && data.file !== undefined;
}

/** Resolves with the answer or the caller's mistake; rejects when a thread dies, throws or is aborted. */
export async function runSteps(runner: Runner, run: Run): Promise<Ended> {
  const news = new Tally(run);
  const stop = runner.pool.listen(run.id, (told) => news.hear(told));
  const base = requestOf(runner, run);
  const isSmall =
    base.file === undefined &&
    "value" in base.input &&
    run.type.cost(run.data.input, undefined, run.model) <= SMALL;
  const held = new Set<Envelope>();
  let hasEnded = false;
  const step = async (request: Partial<StepRequest>) => {
    const whole = { ...base, ...request } as StepRequest;
    // small steps may have to begin again, and an envelope can be opened once
    const reply = await runner.pool.run(whole, run.signal, isSmall && !request.envelopes, run.onStart);
    for (const envelope of envelopesIn(reply))
      if (hasEnded) envelope.close();
      else held.add(envelope);
    if (reply.said) await news.hearOut(reply.said);
    return reply;
  };
  try {
    let reply = await step({ step: "task" in run.type ? "task" : "plan" });
    while (reply.kind === "parts") {
      const { envelopes } = reply;
      news.beginRound();
      const results = await inTurns(envelopes, runner.pool.threads, (envelope, part) =>
        step({ step: "part", envelopes: [envelope], part }),
      );
      const mistake = results.find((result) => result.kind === "mistake");
      if (mistake) return mistake as Ended;
      news.beginRound();
      reply = await step({ step: "merge", envelopes: results.flatMap(envelopesIn) });
    }
    return reply as Ended;
  } finally {
    stop();
    hasEnded = true;
    // for those that were opened it does nothing
    for (const envelope of held) envelope.close();
  }
}

function envelopesIn(reply: StepReply): Envelope[] {
  return "envelopes" in reply ? reply.envelopes : [];
}

function requestOf(runner: Runner, run: Run): Omit<StepRequest, "step"> {
  const { id, data } = run;
  const file: SourceFile | undefined = data.file && { ...data.file, path: runner.files.path("uploads", id) };
  const stored = isStored(data) && file !== undefined;
  return {
    type: data.type,
    part: 0,
    job: { id, createdAt: new Date(data.createdAt).toISOString() },
    input: stored ? { body: file.path, bare: data.bare === true } : { value: data.input },
    file: stored ? undefined : file,
    model: run.model,
  };
}

/**
 * At most `width` at a time, so that a job of many parts has no more of them in the pool's line than there
 * are threads, and other jobs' tasks get their turn in between. Results are in the order of `items`.
 */
async function inTurns<Item, Result>(
  items: Item[],
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  async function take(): Promise<void> {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as Item, index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, take));
  return results;
}

/** What a thread has told before its reply is there within two turns of the event loop. */
const TURNS = 100;

/** Adds up what the parts of a round tell: each says how much of the whole it has done itself. */
class Tally {
  private readonly run: Run;
  private parts = new Map<number, Progress>();
  private roundAt = performance.now();
  /** Sentences that were heard, and that the steps which have ended have told. */
  private heard = 0;
  private said = 0;

  constructor(run: Run) {
    this.run = run;
  }

  beginRound(): void {
    this.parts = new Map();
    this.roundAt = performance.now();
  }

  /** Waits for those of the sentences of a step that has ended which are under way; a lost one is let go. */
  async hearOut(said: number): Promise<void> {
    this.said += said;
    for (let turn = 0; this.heard < this.said && turn < TURNS; turn++) await setImmediate();
  }

  hear({ part, progress, sentence }: StepNews): void {
    if (sentence !== undefined) {
      this.heard++;
      this.run.onSentence(sentence);
    }
    if (!progress) return;
    this.parts.set(part, progress);
    const told = [...this.parts.values()];
    const done = told.reduce((sum, one) => sum + one.done, 0);
    const { rate, ...rest } = progress;
    const seconds = (performance.now() - this.roundAt) / 1000;
    const detail = { ...sums(told), ...(rate && { [rate]: Math.round(done / seconds) }) };
    this.run.onProgress({ ...rest, done, ...(Object.keys(detail).length > 0 && { detail }) });
  }
}

/** Details that are numbers add up like `done`; others are the last part's. */
function sums(told: Progress[]): Record<string, unknown> {
  const total: Record<string, unknown> = {};
  for (const { detail } of told)
    for (const [name, value] of Object.entries(detail ?? {})) {
      const before = total[name];
      total[name] = typeof value === "number" && typeof before === "number" ? before + value : value;
    }
  return total;
}
