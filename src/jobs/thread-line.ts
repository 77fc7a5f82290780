// The line before a pool's threads: whoever is at its head knows that a thread is free, and so when its step begins.

interface Waiting {
  begin(): void;
}

export class ThreadLine {
  readonly threads: number;
  private readonly line: Waiting[] = [];
  private taken = 0;

  constructor(threads: number) {
    this.threads = threads;
  }

  /** How many threads are taken. */
  get busy(): number {
    return this.taken;
  }

  /** Runs `work` as soon as a thread is free. Rejects when `signal` is aborted before. */
  async take<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    if (this.taken < this.threads) this.taken++;
    else await this.wait(signal);
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      if (next)
        next.begin(); // takes over this thread
      else this.taken--;
    }
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.line.splice(this.line.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        begin() {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", leave, { once: true });
      this.line.push(waiting);
    });
  }
}
