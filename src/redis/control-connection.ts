// The private server's own connection: asks whose data a server has, carries the holder's name, and stops it.
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/** Milliseconds. */
const COMMAND_TIMEOUT = 30_000;
const LOADING_TIMEOUT = 600_000;
const SHUTDOWN_TIMEOUT = 60_000;

export type Purpose = "serve" | "account" | "records";

const connectionName = (purpose: Purpose) => `abacus-${purpose}`;

/** What connecting answers when no server listens: a full backlog, for one, is a server that is busy. */
const NO_SERVER = new Set(["ENOENT", "ECONNREFUSED"]);

/**
 * A connection to the server that listens on `socket`, `undefined` when there is none. It accepts commands
 * while the server still loads, does not reconnect, and ends with the event `end`.
 */
export async function connect(socket: string): Promise<Redis | undefined> {
  const redis = new Redis({
    path: socket,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    retryStrategy: null,
    commandTimeout: COMMAND_TIMEOUT,
    protocol: 2,
    disableClientInfo: true,
  });
  let cause: NodeJS.ErrnoException | undefined;
  redis.on("error", (error) => {
    cause = error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    if (NO_SERVER.has(cause?.code ?? "")) return undefined;
    throw new Error(`the Redis server on ${socket} cannot be reached`, { cause: cause ?? error });
  }
}

/** The real path of the directory with the server's data, `undefined` when it has been removed. */
export async function dataDirectoryOf(redis: Redis): Promise<string | undefined> {
  // Empty when it has been removed.
  const [, directory = ""] = (await redis.config("GET", "dir")) as string[];
  if (directory === "") return undefined;
  try {
    return realpathSync(directory);
  } catch {
    return undefined;
  }
}

/** Whether a connection other than the one with this id is a `serve`. */
function hasOtherServe(clients: string, id: number): boolean {
  return clients
    .split("\n")
    .some((line) => !line.startsWith(`id=${id} `) && line.includes(` name=${connectionName("serve")} `));
}

/** Whether another process serves from the server that `redis` is connected to. */
export async function isServed(redis: Redis): Promise<boolean> {
  return hasOtherServe(String(await redis.client("LIST")), await redis.client("ID"));
}

async function tryClaim(redis: Redis, purpose: Purpose): Promise<boolean> {
  // In one transaction, so that of two at the same time one sees the other's name.
  const replies = await redis
    .multi()
    .client("ID")
    .client("LIST")
    .client("SETNAME", connectionName(purpose))
    .exec();
  const [id, clients] = (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
  return purpose !== "serve" || !hasOtherServe(String(clients), Number(id));
}

/**
 * Names the connection after its purpose. False when that is `serve` and another connection is named so
 * already: asked twice, since the server may not yet have noticed that a killed process is gone.
 */
export async function claim(redis: Redis, purpose: Purpose): Promise<boolean> {
  if (await tryClaim(redis, purpose)) return true;
  await sleep(200);
  if (await tryClaim(redis, purpose)) return true;
  // So that the holder, when it stops, does not take this connection for another that serves.
  await redis.client("SETNAME", "abacus-refused");
  return false;
}

/** Resolves when the server has loaded its data and answers. */
export async function waitUntilLoaded(redis: Redis): Promise<void> {
  const deadline = Date.now() + LOADING_TIMEOUT;
  for (;;) {
    try {
      await redis.ping();
      return;
    } catch (error) {
      if (!/^(LOADING|BUSY) /.test((error as Error).message) || Date.now() > deadline) throw error;
    }
    await sleep(50);
  }
}

export function hasEnded(redis: Redis): boolean {
  return redis.status === "end";
}

/** Stops the server and resolves when its process is gone. */
export async function shutDown(redis: Redis): Promise<void> {
  const deadline = Date.now() + SHUTDOWN_TIMEOUT;
  while (!hasEnded(redis)) {
    const reply = await redis.shutdown().catch((error: Error) => error.message);
    if (hasEnded(redis)) return;
    // The kernel closes the connection when the process ends.
    await once(redis, "end", { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (!hasEnded(redis) && Date.now() > deadline) {
      redis.disconnect();
      throw new Error(`the private Redis server does not stop: ${reply}`);
    }
  }
}
