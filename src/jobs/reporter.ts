// Carries a running job's progress and log sentences into its record, about four times a second.
import type { Logger } from "pino";
import type { Progress } from "../../workers/job-type.js";
import type { Transitions } from "./transitions.js";

const INTERVAL = 250;
/** Sentences that wait for the next write; a task that says more than this in a quarter of a second is cut short. */
const SENTENCES = 100;
/** Characters of one sentence. */
const SENTENCE = 1000;

export class Reporter {
  private readonly id: string;
  private readonly transitions: Transitions;
  private readonly logger: Logger;
  /** When the present stage began, and when progress was told last. */
  private stageAt = Date.now();
  private toldAt = this.stageAt;
  private progress: Progress | undefined;
  private last: Progress | undefined;
  /** Milliseconds from the beginning of the stage to when it was told. */
  private elapsed = 0;
  private sentences: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  private readonly begin: () => Promise<unknown>;

  /** `begin` tells that the job has begun, if that has not been told: before, nothing of it is recorded. */
  constructor(id: string, transitions: Transitions, logger: Logger, begin: () => Promise<unknown>) {
    this.id = id;
    this.transitions = transitions;
    this.logger = logger;
    this.begin = begin;
  }

  setProgress(progress: Progress): void {
    if (this.last && progress.stage !== this.last.stage) this.stageAt = this.toldAt;
    this.toldAt = Date.now();
    this.elapsed = this.toldAt - this.stageAt;
    this.progress = progress;
    this.last = progress;
    this.schedule();
  }

  addSentence(sentence: string): void {
    if (this.sentences.length < SENTENCES) this.sentences.push(sentence.slice(0, SENTENCE));
    this.schedule();
  }

  /** Writes the sentences that are left; nothing is written afterwards. */
  async end(): Promise<void> {
    clearTimeout(this.timer);
    this.progress = undefined;
    if (this.sentences.length > 0) await this.write();
  }

  /**
   * JSON of the progress of a job that is done; `undefined` when it never told any. Details that were told on
   * the way would contradict it.
   */
  whole(): string | undefined {
    if (!this.last) return undefined;
    const { detail, ...rest } = this.last;
    const whole = { ...rest, done: rest.total, ...(rest.done >= rest.total && detail && { detail }) };
    return JSON.stringify(progressDocument(whole, this.elapsed));
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.write();
    }, INTERVAL);
  }

  /** What cannot be written is let go: a computation is worth more than the news of it. */
  private async write(): Promise<void> {
    const { progress, sentences } = this;
    this.progress = undefined;
    this.sentences = [];
    const document = progress && JSON.stringify(progressDocument(progress, this.elapsed));
    try {
      await this.begin();
      await this.transitions.report(this.id, document, sentences);
    } catch (error) {
      this.logger.warn({ err: error, job: this.id }, "progress was not recorded");
    }
  }
}

/** The job document's `progress`; `elapsed`: milliseconds that its stage took to get there. */
export function progressDocument(progress: Progress, elapsed: number) {
  const { stage, done, total, unit, detail } = progress;
  const fraction = total > 0 ? Math.min(1, done / total) : 0;
  const remainingSeconds = fraction > 0 ? Math.round((elapsed * (1 - fraction)) / fraction / 100) / 10 : null;
  return { fraction, stage, done, total, unit, remainingSeconds, detail: detail ?? null };
}
