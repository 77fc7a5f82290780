// A real Redis of a test's own: on a Unix socket in a temporary folder, gone with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import { spawnGuard } from "./guard.js";

type ConnectOptions = Omit<RedisOptions, "path" | "replyMapping">;

export interface TestRedis {
  /** The Unix socket: the same over restarts. */
  readonly path: string;
  /** What REDIS_URL is set to for it: the port, or the socket where it has none. The same over restarts. */
  readonly url: string;
  /** The server's data folder: the same over restarts. */
  readonly dir: string;
  /** A connection that the test need not close. Lost connections are silent and tried again. */
  connect(options?: ConnectOptions): Redis;
  /** Ends the server, paused or not; with SIGKILL as a crash would. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Stops the server if it runs and starts it on the same data and socket, perhaps with further settings. */
  restart(settings?: Record<string, string>): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** How long a server may take from its start to its first answer, in milliseconds. */
const START_TIMEOUT = 30_000;

/** Debian's redis-tools hold the server's binary under another name: what it is called decides what it does. */
const PROGRAMS = ["redis-server", "valkey-server", "redis-check-rdb"];

/** Redis writes its process id there, for the guard. */
const PID_FILE = "redis.pid";

function findProgram(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const program of PROGRAMS)
    for (const folder of folders)
      try {
        const file = join(folder, program);
        accessSync(file, constants.X_OK);
        return file;
      } catch {}
  throw new Error(`none of ${PROGRAMS.join(", ")} is on the PATH: install a Redis server`);
}

function spawnServer(
  dir: string,
  socket: string,
  appendonly: boolean,
  port: number,
  more: Record<string, string>,
): ChildProcess {
  const program = findProgram();
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    unixsocket: socket,
    dir,
    logfile: join(dir, "redis.log"),
    pidfile: join(dir, PID_FILE),
    save: "",
    appendonly: appendonly ? "yes" : "no",
    "maxmemory-policy": "noeviction",
    ...more,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const argv0 = program.endsWith("valkey-server") ? "valkey-server" : "redis-server";
  return spawn(program, args, { argv0, stdio: "ignore" });
}

/**
 * A port of 127.0.0.1 that is free and stays so while the server is down: below those that systems give to
 * outgoing connections (from 32768 on Linux, from 49152 elsewhere).
 */
async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((closed) => probe.close(closed));
    if (isFree) return port;
  }
}

async function untilReady(server: ChildProcess, dir: string, socket: string): Promise<void> {
  const probe = new Redis({ path: socket, retryStrategy: () => 10, maxRetriesPerRequest: null });
  probe.on("error", () => {}); // refused until the socket is there
  const ended = once(server, "exit", { signal: AbortSignal.timeout(START_TIMEOUT) }).then(() => false);
  ended.catch(() => {}); // too late to matter once it answers
  try {
    if (await Promise.race([probe.ping().then(() => true), ended])) return;
    throw new Error(`Redis ended at once: ${await readFile(join(dir, "redis.log"), "utf8").catch(String)}`);
  } finally {
    probe.disconnect();
  }
}

/**
 * Starts a Redis that lives as long as the test `t`. Nothing is written to disk unless `appendonly` is set,
 * so that a restart begins empty. With `port` it listens on a free port of 127.0.0.1, too. Register what uses
 * its connections after it: teardowns run last to first.
 */
export async function startRedis(
  t: { teardown(end: () => Promise<void>): void },
  options: { appendonly?: boolean; port?: boolean } = {},
): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), "abacus-redis-"));
  const path = join(dir, "redis.sock");
  const port = options.port ? await findPort() : 0;
  const connections: Redis[] = [];
  let server: ChildProcess | undefined;

  const guard = spawnGuard(`kill -9 "$(cat "$0/${PID_FILE}")"; rm -rf "$0"`, dir);

  async function start(settings: Record<string, string> = {}): Promise<void> {
    server = spawnServer(dir, path, options.appendonly ?? false, port, settings);
    await untilReady(server, dir, path);
  }

  async function stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const ending = server;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, "exit");
    ending.kill(signal);
    ending.kill("SIGCONT"); // a paused process takes no SIGTERM
    await exited;
    await rm(join(dir, PID_FILE), { force: true }); // the id may soon be another's
  }

  t.teardown(async () => {
    for (const connection of connections) connection.disconnect();
    await stop("SIGKILL");
    await rm(dir, { recursive: true, force: true });
    guard.dismiss();
  });
  await start();

  return {
    path,
    url: port ? `redis://127.0.0.1:${port}` : path,
    dir,
    connect(options = {}) {
      const connection = new Redis({ path, retryStrategy: () => 50, disconnectTimeout: 100, ...options });
      connection.on("error", () => {}); // otherwise ioredis prints each lost connection
      connections.push(connection);
      return connection;
    },
    stop,
    async restart(settings) {
      await stop();
      await start(settings);
    },
    pause: () => void server?.kill("SIGSTOP"),
    resume: () => void server?.kill("SIGCONT"),
  };
}
