// The line of steps before a pool's threads: a free thread takes the next, and small ones several at a time.
import type { StepReply, StepRequest } from "../../workers/thread.js";

interface WaitingStep {
  readonly request: StepRequest;
  readonly signal: AbortSignal;
  readonly isSmall: boolean;
  onStart(): void;
  resolve(reply: StepReply): void;
  reject(error: unknown): void;
  /** Listens to the signal while it waits. */
  leave?: () => void;
}

/** Runs steps in one thread, one after the other. Rejects when the thread dies, or is killed by the signal. */
export type RunTogether = (requests: StepRequest[], signal: AbortSignal) => Promise<TogetherReply[]>;
export type TogetherReply = StepReply | { kind: "threw"; message: string };
export type RunAlone = (request: StepRequest, signal: AbortSignal) => Promise<StepReply>;

/** Small steps that share a turn. What crosses between threads costs as much as they do, and then crosses once. */
const TOGETHER = 16;
/** When a turn of small steps takes longer, one of them is not small: each gets a thread of its own; milliseconds. */
const PATIENCE = 1000;

export class StepLine {
  private readonly line: WaitingStep[] = [];
  private readonly threads: number;
  private readonly alone: RunAlone;
  private readonly together: RunTogether;
  private taken = 0;

  constructor(threads: number, alone: RunAlone, together: RunTogether) {
    this.threads = threads;
    this.alone = alone;
    this.together = together;
  }

  /** How many threads are taken. */
  get busy(): number {
    return this.taken;
  }

  /**
   * `isSmall`: it takes so little time that others may share its thread's turn. `onStart` is called when it gets its
   * thread. Aborting takes it out of the line, or kills the thread.
   */
  run(request: StepRequest, signal: AbortSignal, isSmall: boolean, onStart: () => void): Promise<StepReply> {
    return new Promise((resolve, reject) => {
      this.enter({ request, signal, isSmall, onStart, resolve, reject }, this.line.length);
    });
  }

  private enter(step: WaitingStep, place: number): void {
    const { signal } = step;
    if (signal.aborted) {
      step.reject(signal.reason);
      return;
    }
    step.leave = () => {
      this.line.splice(this.line.indexOf(step), 1);
      step.reject(signal.reason);
    };
    signal.addEventListener("abort", step.leave);
    this.line.splice(place, 0, step);
    this.feed();
  }

  private feed(): void {
    while (this.taken < this.threads && this.line.length > 0) {
      this.taken++;
      void this.work(this.line.splice(0, this.nextCount())).then(() => {
        this.taken--;
        this.feed();
      });
    }
  }

  /** How many of those at the head of the line share the next turn. */
  private nextCount(): number {
    const other = this.line.findIndex(({ isSmall }) => !isSmall);
    const small = other < 0 ? this.line.length : other;
    return Math.max(1, Math.min(small, TOGETHER));
  }

  /** Never rejects. */
  private async work(steps: WaitingStep[]): Promise<void> {
    for (const step of steps) {
      if (step.leave) step.signal.removeEventListener("abort", step.leave);
      step.onStart();
    }
    const [first] = steps as [WaitingStep];
    if (steps.length === 1) await this.alone(first.request, first.signal).then(first.resolve, first.reject);
    else await this.share(steps);
  }

  private async share(steps: WaitingStep[]): Promise<void> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, PATIENCE);
    for (const { signal } of steps) signal.addEventListener("abort", abort);
    try {
      const requests = steps.map(({ request }) => request);
      const replies = await this.together(requests, controller.signal);
      for (const [at, { resolve, reject }] of steps.entries()) {
        const reply = replies[at] as TogetherReply;
        if (reply.kind === "threw") reject(new Error(reply.message));
        else resolve(reply);
      }
    } catch {
      // one was to be stopped, took too long, or took the thread with it: the others begin again
      for (const step of steps.toReversed()) this.enter({ ...step, isSmall: false }, 0);
    } finally {
      clearTimeout(timer);
      for (const { signal } of steps) signal.removeEventListener("abort", abort);
    }
  }
}
