// When an attempt at a job is told to have begun: at once, or, if it may end within moments, only if it does not.
import type { Standing } from "./record.js";

/** An attempt at a job, which begins when it gets a thread. */
export interface Attempt {
  /** Milliseconds. */
  startedAt: number;
  /** The job's number in its lane. */
  turn: number;
  /** How often a worker has crashed with it. */
  crashes: number;
}

/** Milliseconds. An attempt that ends within them is told of together with its end, which spares Redis a script. */
const MOMENT = 30;

type Started = "started" | Standing;

export class Beginning {
  private readonly attempt: Attempt;
  private readonly start: (attempt: Attempt) => Promise<Started>;
  private telling: Promise<Started> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(attempt: Attempt, start: (attempt: Attempt) => Promise<Started>) {
    this.attempt = attempt;
    this.start = start;
  }

  /** `started`, or why there is nothing to compute. */
  tell(): Promise<Started> {
    this.telling ??= this.start(this.attempt);
    return this.telling;
  }

  /** Tells in a moment; `onOver` is called when there is nothing to compute. */
  tellLater(onOver: () => void): void {
    this.timer = setTimeout(() => {
      this.tell().then(
        (started) => started !== "started" && onOver(),
        () => {}, // it is told at the end
      );
    }, MOMENT);
  }

  /** The attempt if nothing was told of it; nothing will be any more. */
  async untold(): Promise<Attempt | undefined> {
    clearTimeout(this.timer);
    return (
      this.telling?.then(
        () => undefined,
        () => this.attempt,
      ) ?? this.attempt
    );
  }
}
