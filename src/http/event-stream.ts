// Server-sent events (HTML, 9.2) to one client each, at the client's own pace, and what keeps them open together.
import { Readable } from "node:stream";

/** What is said when there is nothing to say, so that nobody on the way takes the line for dead. */
const COMMENT = ":\n\n";

/**
 * An answer's body. `next` is asked for the newest event whenever the client has taken the one before: what it
 * is too slow for is never made, and waits nowhere.
 */
export class EventStream extends Readable {
  private readonly next: () => string | undefined;
  private isAsked = false;
  private isOver = false;

  /** `retry`: after how many milliseconds a client whose line breaks comes again. */
  constructor(next: () => string | undefined, retry: number) {
    super({ highWaterMark: 1, encoding: "utf8" });
    this.next = next;
    this.push(`retry: ${retry}\n\n`); // and with it the header, however long the first event takes
  }

  /** There may be an event. */
  wake(): void {
    if (!this.isAsked || this.readableEnded || this.destroyed) return;
    const event = this.next();
    if (event !== undefined) this.give(event);
    else if (this.isOver) this.give(null);
  }

  /** Nothing follows but what `next` still has. */
  finish(): void {
    this.isOver = true;
    this.wake();
  }

  comment(): void {
    if (this.isAsked && !this.isOver) this.give(COMMENT);
  }

  override _read(): void {
    this.isAsked = true;
    this.wake();
  }

  private give(piece: string | null): void {
    this.isAsked = false;
    this.push(piece);
  }
}

/** Between two comments; milliseconds. */
const COMMENT_INTERVAL = 15_000;
/** Within which time clients that lost a process all at once come again; milliseconds. */
const RETRY = { least: 1000, most: 3000 };

/** The open streams of a process: one timer for the comments of all, and their end when the service stops. */
export class EventStreams {
  private readonly open = new Set<EventStream>();
  private readonly interval: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(stopping: AbortSignal, interval = COMMENT_INTERVAL) {
    this.interval = interval;
    stopping.addEventListener("abort", () => {
      for (const stream of this.open) stream.finish();
    });
  }

  /** How many are open. */
  get size(): number {
    return this.open.size;
  }

  create(next: () => string | undefined): EventStream {
    const retry = RETRY.least + Math.floor(Math.random() * (RETRY.most - RETRY.least));
    const stream = new EventStream(next, retry);
    this.open.add(stream);
    this.timer ??= setInterval(() => {
      for (const one of this.open) one.comment();
    }, this.interval).unref();
    stream.once("close", () => {
      this.open.delete(stream);
      if (this.open.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    });
    return stream;
  }
}
