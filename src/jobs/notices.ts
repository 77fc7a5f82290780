// News of jobs, by Redis pub/sub: that one has ended, heard by every process, and changes of one that runs.
import type { Redis } from "ioredis";
import { changesChannel, endedChannel } from "../redis/keys.js";

type Listener = (id: string) => void;

/**
 * Pub/sub can lose a message, so whoever listens reads the record again: before it waits, and when the
 * connection was lost (`missed`).
 */
export class Notices {
  private readonly subscriber: Redis;
  private readonly waiting = new Map<string, Set<() => void>>();
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
  awaitEnd(id: string, wake: () => void): () => void {
    return listen(this.waiting, id, wake);
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
    for (const wake of this.waiting.get(id) ?? []) wake();
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

function listen(map: Map<string, Set<() => void>>, key: string, wake: () => void): () => void {
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
