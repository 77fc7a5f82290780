// The private Redis server of a data directory, for a machine without REDIS_URL: found or started, started
// again when it dies, and stopped by whoever held it.
import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { naming } from "../config.js";
import {
  claim,
  connect,
  hasEnded,
  isServed,
  type Purpose,
  shutDown,
  waitUntilLoaded,
} from "./control-connection.js";
import { type Attached, attach, removeLeftovers } from "./server-place.js";
import { adjustable, logTail, type ServerSettings } from "./server-process.js";
import { checkOwner } from "./socket-directory.js";
import { withLock } from "./start-lock.js";

/** Milliseconds before a server that died is started again; doubled while it keeps dying young. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
const YOUNG = 10_000;

export interface PrivateServerOptions extends ServerSettings {
  readonly dataDir: string;
  /** At most one process holds a server to `serve`; `account` may come beside it, for a short time. */
  readonly purpose: Purpose;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

export interface PrivateServer {
  /** The Unix socket, for `new Redis({ path })`. */
  readonly path: string;
  /** True when the server ran already. */
  readonly adopted: boolean;
  /**
   * Stops the server, unless another `serve` uses it or, for `account`, it ran already. Close the other
   * connections first. May be called again.
   */
  stop(): Promise<void>;
}

class HeldServer implements PrivateServer {
  readonly adopted: boolean;
  readonly path: string;
  readonly #directory: string;
  readonly #options: PrivateServerOptions;
  readonly #stopping = new AbortController();
  #control: Redis;
  /** Whether this process started it, now or when it had died. */
  #started: boolean;
  #attachedAt = Date.now();
  #pause = FIRST_PAUSE;
  #recovery: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(directory: string, options: PrivateServerOptions, attached: Attached) {
    this.#directory = directory;
    this.#options = options;
    this.path = attached.path;
    this.adopted = attached.adopted;
    this.#started = !attached.adopted;
    this.#control = attached.redis;
    this.#watch();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #watch(): void {
    const recover = () => {
      if (!this.#stopping.signal.aborted) this.#recovery = this.#recover();
    };
    if (this.#control.status === "end") recover();
    else this.#control.once("end", recover);
  }

  async #recover(): Promise<void> {
    const { logger } = this.#options;
    logger.warn("the private Redis server is gone: starting it again");
    if (Date.now() - this.#attachedAt > YOUNG) this.#pause = FIRST_PAUSE;
    for (;;) {
      await sleep(this.#pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      try {
        await this.#reattach();
        logger.info("the private Redis server runs again");
        return;
      } catch (error) {
        logger.error({ err: error }, "the private Redis server could not be started again");
      }
    }
  }

  async #reattach(): Promise<void> {
    const { path, redis, adopted } = await open(this.#directory, this.#options, this.path);
    if (path !== this.path) {
      redis.disconnect();
      throw new Error(`the private Redis server now listens on ${path} instead of ${this.path}`);
    }
    this.#started ||= !adopted;
    this.#control = redis;
    this.#attachedAt = Date.now();
    this.#watch();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#recovery;
    await withLock(lockFile(this.#directory), async () => {
      const redis = this.#control.status === "ready" ? this.#control : await connect(this.path);
      if (redis && !(await this.#mayStop(redis))) return redis.disconnect();
      if (redis) await shutDown(redis);
      removeLeftovers(this.#directory, this.path);
    });
  }

  async #mayStop(redis: Redis): Promise<boolean> {
    if (this.#options.purpose !== "serve" && !this.#started) return false;
    try {
      return !(await isServed(redis));
    } catch (error) {
      if (!hasEnded(redis)) throw error;
      return true;
    }
  }
}

const lockFile = (directory: string) => join(directory, "start.lock");

/** Finds or starts the server, names the connection to it, and waits until it has loaded its data. */
async function open(directory: string, options: PrivateServerOptions, known?: string): Promise<Attached> {
  const attached = await withLock(lockFile(directory), async () => {
    const candidate = await attach(directory, options, known);
    const { redis } = candidate;
    if (await answered(directory, redis, claim(redis, options.purpose))) return candidate;
    redis.disconnect();
    throw new Error(`another abacus serve already runs on DATA_DIR ${options.dataDir}`);
  });
  await answered(directory, attached.redis, prepare(attached, options));
  return attached;
}

async function prepare({ redis, adopted }: Attached, options: PrivateServerOptions): Promise<void> {
  await waitUntilLoaded(redis);
  // An account's settings may be those of another shell; what counts is what `serve` was told.
  if (adopted && options.purpose === "serve")
    for (const setting of Object.entries(adjustable(options))) await redis.config("SET", ...setting);
}

/** A server that listens may still end before it answers, for one when its data is damaged: its log says why. */
async function answered<T>(directory: string, redis: Redis, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    redis.disconnect();
    const { message } = error as Error;
    throw new Error(`the private Redis server does not answer: ${message}; ${logTail(directory)}`);
  }
}

/**
 * Holds the Redis server of `dataDir` until `stop()`: the one that runs there, or a new one, started again
 * within about a second when it dies. Its data is in `dataDir/redis`. Throws one sentence when there is no
 * Redis on the machine, when another `serve` holds it, or with what Redis's log says.
 */
export async function startPrivateServer(options: PrivateServerOptions): Promise<PrivateServer> {
  const named = join(options.dataDir, "redis");
  await mkdir(named, { recursive: true, mode: 0o700 }).catch(naming("DATA_DIR"));
  const directory = realpathSync(named);
  checkOwner(directory);
  const attached = await open(directory, options);
  options.logger.info(
    { path: attached.path },
    attached.adopted ? "found the private Redis server running" : "started the private Redis server",
  );
  return new HeldServer(directory, options, attached);
}
