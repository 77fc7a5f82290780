// The process of the private server: its settings, its start, and what it said when that failed.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { connect } from "./control-connection.js";
import { findServerBinary } from "./server-binary.js";

/** Milliseconds until a new server listens; it loads its data afterwards. */
const LISTEN_TIMEOUT = 20_000;
/** Bytes; a longer log is begun anew. */
const LOG_LIMIT = 1 << 20;
const TAIL_LINES = 4;

export interface ServerSettings {
  /** When an accepted write is on the disk: within a second, or before it is acknowledged. */
  readonly fsync: "everysec" | "always";
  /** Bytes; above them writes are refused. */
  readonly memory: number;
}

/** Those settings that a running server can take over, by Redis's names. */
export function adjustable({ fsync, memory }: ServerSettings): Record<string, string> {
  return { appendfsync: fsync, maxmemory: String(Math.floor(memory)), "maxmemory-policy": "noeviction" };
}

function argumentsFor(directory: string, socket: string, settings: ServerSettings): string[] {
  const all = {
    port: "0",
    unixsocket: socket,
    unixsocketperm: "700",
    dir: directory,
    pidfile: pidFile(directory),
    daemonize: "no",
    appendonly: "yes",
    save: "",
    ...adjustable(settings),
  };
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
}

const logFile = (directory: string) => join(directory, "redis.log");
const pidFile = (directory: string) => join(directory, "redis.pid");

/** What the server of `directory` logged last, in one line. */
export function logTail(directory: string): string {
  const file = logFile(directory);
  if (!existsSync(file)) return `there is no ${file}`;
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  // "1234:M 21 Nov 2026 12:00:00.000 # Bad file format …"
  const said = lines.slice(-TAIL_LINES).map((line) => line.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ \S /, ""));
  return `${file} ends with: ${said.join(" | ")}`;
}

/**
 * Throws when a server of `directory` is alive, though it could not be reached through its socket: in
 * another service's private /tmp, or because somebody removed the socket. Known on Linux only.
 */
function refuseUnreachable(directory: string): void {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(pidFile(directory), "utf8"), 10);
    if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return;
  } catch {
    return;
  }
  throw new Error(
    `a Redis server already works in ${directory} and its socket cannot be reached: stop it with \`kill ${pid}\``,
  );
}

/**
 * Starts a server for the data in `directory`, in a session of its own, so that neither the terminal's
 * signals nor the end of this process reach it. Resolves with a connection as soon as it listens. Throws
 * what its log says when it ends instead.
 */
export async function spawnServer(
  directory: string,
  socket: string,
  settings: ServerSettings,
): Promise<Redis> {
  const { file, argv0 } = findServerBinary();
  refuseUnreachable(directory);
  rmSync(socket, { force: true });

  const size = statSync(logFile(directory), { throwIfNoEntry: false })?.size ?? 0;
  const log = openSync(logFile(directory), size > LOG_LIMIT ? "w" : "a", 0o600);
  const child = spawn(file, argumentsFor(directory, socket, settings), {
    argv0,
    cwd: directory,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = error.message;
  });
  child.once("exit", () => {
    ended = logTail(directory);
  });

  for (const deadline = Date.now() + LISTEN_TIMEOUT; Date.now() < deadline; await sleep(20)) {
    // one that ends while it is being connected to has its reason in its log
    const redis = await connect(socket).catch(() => undefined);
    if (redis) return redis;
    if (ended !== undefined) throw new Error(`the private Redis server did not start; ${ended}`);
  }
  child.kill("SIGKILL");
  throw new Error(
    `the private Redis server did not start within ${LISTEN_TIMEOUT / 1000} s; ${logTail(directory)}`,
  );
}
