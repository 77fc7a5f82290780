// News of jobs, by Redis pub/sub: that one has ended, heard by every process, and changes of one that runs.
import type { Redis } from "ioredis";
import { changesChannel, endedChannel } from "../redis/keys.js";
import type { Progressed } from "./record.js";

type Listener = (id: string) => void;
/** `job`: as it has ended, if that is known here. */
type Wake = (job?: Progressed) => void;

/**
 * Pub/sub can lose a message, so whoever listens reads the record again: before it waits, and when the
 * connection was lost (`missed`).
 */
export class Notices {
  private readonly subscriber: Redis;
  private readonly waiting = new Map<string, Set<Wake>>();
  private readonly deciding = new Set<string>();
  private readonly watching = new Map<string, Set<() => void>>();
  private readonly endedListeners = new Set<Listener>();
  private readonly missedListeners = new Set<() => void>();

  /** `subscriber` is a connection of its own. */
  constructor(subscriber: Redis) {
    this.subscriber = subscriber;
    subscriber.on("message", (channel: string, message: string) => {
      if (channel === endedChannel) this.ended(message);
      else for (const wake of this.watching.get(channel) ?? []) wake();
    });
    let first = true;
    subscriber.on("ready", () => {
      // an answer to PING comes after those to the subscriptions, which are made again before it is sent
      if (!first) subscriber.ping().then(() => this.missed(), ignore);
      first = false;
    });
  }

  async start(): Promise<void> {
    await this.subscriber.subscribe(endedChannel);
  }

  /** Every job that ends, in whichever process. */
  onEnded(listener: Listener): void {
    this.endedListeners.add(listener);
  }

  /** Called when messages may have been lost. */
  onMissed(listener: () => void): void {
    this.missedListeners.add(listener);
  }

  /** `wake` is called when the job has ended or news may have been lost. Returns what stops it. */
  awaitEnd(id: string, wake: Wake): () => void {
    return listen(this.waiting, id, wake);
  }

  /**
   * This process is about to end the job: those here who wait for that are left to sleep until it calls the function
   * that this returns, with the job as it has ended, which they need not read then.
   */
  decide(id: string): Wake {
    if (!this.waiting.has(id)) return () => {};
    this.deciding.add(id);
    return (job) => {
      this.deciding.delete(id);
      for (const wake of this.waiting.get(id) ?? []) wake(job);
    };
  }

  /** `wake` is called whenever the record of a running job changes. Returns what stops it. */
  async watch(id: string, wake: () => void): Promise<() => Promise<void>> {
    const channel = changesChannel(id);
    const stop = listen(this.watching, channel, wake);
    await this.subscriber.subscribe(channel);
    return async () => {
      stop();
      if (!this.watching.has(channel)) await this.subscriber.unsubscribe(channel);
    };
  }

  private ended(id: string): void {
    for (const listener of this.endedListeners) listener(id);
    if (!this.deciding.has(id)) for (const wake of this.waiting.get(id) ?? []) wake();
    for (const wake of this.watching.get(changesChannel(id)) ?? []) wake();
  }

  private missed(): void {
    for (const listener of this.missedListeners) listener();
    for (const wakes of [...this.waiting.values(), ...this.watching.values()])
      for (const wake of wakes) wake();
  }
}

/** The connection is lost again: it will be ready again, too. */
function ignore(): void {}

function listen<Call>(map: Map<string, Set<Call>>, key: string, wake: Call): () => void {
  let set = map.get(key);
  if (!set) {
    set = new Set();
    map.set(key, set);
  }
  set.add(wake);
  return () => {
    set.delete(wake);
    if (set.size === 0 && map.get(key) === set) map.delete(key);
  };
}
