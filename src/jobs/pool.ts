// A pool of threads: one task each, limited in memory, replaced when one dies.
import type { Logger } from "pino";
import { Piscina } from "piscina";
import type { StepNews, StepReply, StepRequest, StepSettings, ThreadData } from "../../workers/thread.js";
import type { FormatRequest } from "../../workers/write-format.js";
import type { Registry } from "./registry.js";
import { StepLine, type TogetherReply } from "./step-line.js";

const MIB = 1024 * 1024;

export interface PoolOptions {
  name: string;
  threads: number;
  /** Bytes of JavaScript heap of one thread. */
  threadMemory: number;
  /** How much lower than this process's the threads' scheduling priority is. */
  nice: number;
  /** For a pool that runs steps. */
  settings?: StepSettings;
}

export interface Pool {
  readonly name: string;
  readonly threads: number;
  /** How many of the threads compute. */
  busy(): number;
  /**
   * Runs one step; `onStart` is called when it gets its thread, which `isSmall` ones share. Aborting kills the
   * thread in the middle of it.
   */
  run(request: StepRequest, signal: AbortSignal, isSmall: boolean, onStart: () => void): Promise<StepReply>;
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
    workerData: { registry: registry.module, settings: options.settings } satisfies ThreadData,
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

  let formatting = 0;
  const line = new StepLine(
    options.threads,
    (request, signal) => piscina.run(request, { signal, transferList: request.envelopes as never }),
    (requests, signal) => piscina.run({ step: "together", requests }, { signal }) as Promise<TogetherReply[]>,
  );

  return {
    name: options.name,
    threads: options.threads,
    busy: () => Math.min(line.busy + formatting, options.threads),
    run: (request, signal, isSmall, onStart) => line.run(request, signal, isSmall, onStart),
    async format(request) {
      formatting++;
      try {
        await piscina.run(request);
      } finally {
        formatting--;
      }
    },
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
