// Connections to Redis: producers fail fast, waiters wait for ever, and what counts as Redis being away.
import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "pino";

/** A Redis on the network, or the private one on its Unix socket. */
export type RedisAddress = { url: string } | { path: string };

/** A command that has not been answered by then fails, so that a request is answered within a second. */
const COMMAND_TIMEOUT = 800;

type ConnectOptions = Omit<RedisOptions, "path" | "replyMapping">;

export interface Connections {
  /** For requests: a command fails at once while Redis is away, and after COMMAND_TIMEOUT when it hangs. */
  producer(): Redis;
  /** For workers: a command waits until Redis is back. */
  waiting(): Redis;
  /** Ends every connection that was handed out. */
  close(): void;
}

export function openConnections(address: RedisAddress, logger: Logger): Connections {
  const open: Redis[] = [];

  function connect(options: ConnectOptions): Redis {
    const all: ConnectOptions = {
      retryStrategy: (attempt) => Math.min(50 * attempt, 1000),
      ...options,
    };
    const redis = "url" in address ? new Redis(address.url, all) : new Redis({ ...all, path: address.path });
    let away = false;
    redis.on("error", (error: Error) => {
      if (!away) logger.warn({ err: error }, "Redis is away");
      away = true;
    });
    redis.on("ready", () => {
      if (away) logger.info("Redis is back");
      away = false;
    });
    open.push(redis);
    return redis;
  }

  return {
    producer: () =>
      connect({ enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: COMMAND_TIMEOUT }),
    waiting: () => connect({ maxRetriesPerRequest: null }),
    close() {
      for (const redis of open) redis.disconnect();
    },
  };
}

/**
 * Resolves when the connection is ready; for commands of a start that must not fail while Redis loads.
 * Rejects within a second after `signal` is aborted.
 */
export async function untilReady(redis: Redis, signal?: AbortSignal): Promise<Redis> {
  while (redis.status !== "ready") {
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, 1000);
      function done() {
        clearTimeout(timer);
        redis.off("ready", done);
        resolve();
      }
      redis.once("ready", done);
    });
  }
  return redis;
}

const REPLIES = /\b(OOM|MISCONF|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY)\b/;
/** What ioredis says of commands that it could not send, or had no answer to. */
const UNSENT = /Connection is closed|isn't writeable|Command timed out|max retries per request/;
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Whether an error means that Redis cannot take commands now, which a later try may find otherwise. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "ReplyError") return REPLIES.test(error.message);
  if (error.name === "MaxRetriesPerRequestError" || error.name === "AbortError") return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return UNSENT.test(error.message);
  // a missing file is ENOENT too, and so is a Unix socket that nobody listens on
  return syscall === "connect" || (syscall !== undefined && NETWORK.has(code));
}

/** Whether a command may have been carried out although it failed: it was sent, and no answer came. */
export function isUndecided(error: unknown): boolean {
  return error instanceof Error && /Command timed out|Connection is closed|max retries/.test(error.message);
}
