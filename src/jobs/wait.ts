// Waiting for a job's end: listening begins before the first look, so that an end in between is not missed.
import type { Notices } from "./notices.js";
import { hasEnded, type JobRecord, type Progressed, recordOf } from "./record.js";

type Find = () => Promise<JobRecord | undefined>;

/** Waits for one job, for a number of seconds or until `signal` is aborted. Call `stop` in any case. */
export class Wait {
  private readonly timer: NodeJS.Timeout;
  private readonly stopListening: () => void;
  private readonly signal: AbortSignal;
  private over: boolean;
  private news = false;
  /** How the job has ended, if it has ended in this process. */
  private end: Progressed | undefined;
  private wake: () => void = () => {};

  constructor(notices: Notices, id: string, seconds: number, signal: AbortSignal) {
    this.signal = signal;
    this.over = signal.aborted;
    this.timer = setTimeout(this.stopWaiting, seconds * 1000);
    signal.addEventListener("abort", this.stopWaiting);
    this.stopListening = notices.awaitEnd(id, this.notify);
  }

  /**
   * The job when it has ended, or as it is when the wait is over; `undefined` when there is none.
   * `accepted`: the job as it was a moment ago, so that the first look can wait for the first news.
   */
  async ended(find: Find, accepted?: JobRecord): Promise<JobRecord | undefined> {
    if (accepted) await this.nextNews();
    for (;;) {
      if (accepted && this.end) return recordOf(accepted, accepted.input, this.end);
      const job = await find();
      if (!job || hasEnded(job.state) || this.over) return job;
      await this.nextNews();
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener("abort", this.stopWaiting);
    this.stopListening();
  }

  private readonly notify = (end?: Progressed): void => {
    this.end ??= end;
    this.news = true;
    this.wake();
  };

  private readonly stopWaiting = (): void => {
    this.over = true;
    this.notify();
  };

  private async nextNews(): Promise<void> {
    if (!this.news && !this.over)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.news = false;
  }
}
