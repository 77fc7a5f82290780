// A pool of threads: one task each, limited in memory, replaced when one dies.
import type { Logger } from "pino";
import { Piscina } from "piscina";
import type { FormatRequest, StepNews, StepReply, StepRequest } from "../../workers/thread.js";
import { transferables } from "../../workers/transfer.js";
import type { Registry } from "./registry.js";

const MIB = 1024 * 1024;

export interface PoolOptions {
  name: string;
  threads: number;
  /** Bytes of JavaScript heap of one thread. */
  threadMemory: number;
  /** How much lower than this process's the threads' scheduling priority is. */
  nice: number;
}

export interface Pool {
  readonly name: string;
  readonly threads: number;
  /** How many of the threads compute. */
  busy(): number;
  /** Runs one step. Aborting kills the thread in the middle of it. */
  run(request: StepRequest, signal: AbortSignal): Promise<StepReply>;
  /** Writes a result in another format to the request's target. */
  format(request: FormatRequest): Promise<void>;
  /** Receives what the steps of a job tell while they run, until it is called off. */
  listen(id: string, listener: (news: StepNews) => void): () => void;
  /** Whether a thread has answered. */
  isReady(): boolean;
  close(): Promise<void>;
}

export function openPool(registry: Registry, options: PoolOptions, logger: Logger): Pool {
  const piscina = new Piscina({
    filename: new URL("../../workers/thread-entry.cjs", import.meta.url).href,
    minThreads: options.threads,
    maxThreads: options.threads,
    niceIncrement: options.nice,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(options.threadMemory / MIB) },
    workerData: { registry: registry.module },
    recordTiming: false,
  });
  const listeners = new Map<string, (news: StepNews) => void>();
  let ready = false;
  let closing = false;

  piscina.on("error", (error) => logger.error({ err: error, pool: options.name }, "a thread failed"));
  piscina.on("message", (news: StepNews) => listeners.get(news.id)?.(news));
  piscina.run({ step: "ping" }).then(
    () => {
      ready = true;
    },
    (error) => {
      if (!closing) logger.error({ err: error, pool: options.name }, "no thread of the pool starts");
    },
  );

  let running = 0;
  async function counted<Reply>(reply: Promise<Reply>): Promise<Reply> {
    running++;
    try {
      return await reply;
    } finally {
      running--;
    }
  }

  return {
    name: options.name,
    threads: options.threads,
    busy: () => Math.min(running, options.threads),
    run: (request, signal) =>
      counted(piscina.run(request, { signal, transferList: transferables(request.payload) as never })),
    format: (request) => counted(piscina.run(request)),
    listen(id, listener) {
      listeners.set(id, listener);
      return () => listeners.delete(id);
    },
    isReady: () => ready,
    close() {
      closing = true;
      return piscina.destroy();
    },
  };
}
