// A service of the demo's own: a process on a free port, whose data, Redis included, is gone with it.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/client/connection.js";
import { settingsSchema } from "../../src/config.js";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));
/** How long the start and the stop may take on a slow machine; milliseconds. */
const START_LIMIT = 60_000;
const STOP_LIMIT = 30_000;
/** Characters of the service's log that are told when it fails: the last ones. */
const LOG_TAIL = 2000;

export interface OwnService {
  /** Where it listens and who may use it, as soon as it does. */
  ready(): Promise<Address>;
  /** Aborted when the service ends before it is asked to. */
  readonly ended: AbortSignal;
  /** Ends it and removes its folder. Throws when it did not end in order. */
  stop(): Promise<void>;
}

export async function startOwnService(): Promise<OwnService> {
  const folder = await mkdtemp(join(tmpdir(), "abacus-demo-"));
  const dataDir = join(folder, "data");
  const child = spawn(process.execPath, [MAIN, "serve"], {
    // no settings but these: neither the user's own nor those of a .env
    cwd: folder,
    env: { ...foreignVariables(), ...settings(dataDir), TMPDIR: folder },
    // a terminal's Ctrl-C reaches the demo alone, which then stops the service once and in order
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close").catch(() => {});
  const log = tailOf(child.stderr);
  const ended = new AbortController();
  let stopping = false;
  child.once("error", (error) => ended.abort(error));
  child.once("close", () => stopping || ended.abort(new Error(`the service ${howItEnded(child)}${log()}`)));

  return {
    ended: ended.signal,
    async ready() {
      const url = await addressIn(child.stdout, ended.signal);
      const password = (await readFile(join(dataDir, "admin-password"), "utf8")).trim();
      return { url, account: "admin", password };
    },
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
      await closed;
      clearTimeout(timer);
      await endRedis(dataDir);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      // one that had only begun to start ends by the signal itself
      if (child.exitCode !== 0 && child.signalCode !== "SIGTERM")
        throw new Error(`the service ${howItEnded(child)}${log()}`);
    },
  };
}

function settings(dataDir: string): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    DATA_DIR: dataDir,
    LOG_LEVEL: "warn",
    DISK_RESERVE: "0",
    SHUTDOWN_GRACE: "1",
  };
}

/** The environment without what would set something of the service. */
function foreignVariables(): NodeJS.ProcessEnv {
  const own = Object.keys(settingsSchema.properties);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.includes(name)));
}

function tailOf(stream: Readable): () => string {
  let tail = "";
  stream.setEncoding("utf8").on("data", (text) => {
    tail = (tail + text).slice(-LOG_TAIL);
  });
  return () => (tail === "" ? "" : `; it said:\n${tail.trimEnd()}`);
}

/** The address from the line "Abacus 0.1.0 listens on http://…". */
async function addressIn(stdout: Readable, ended: AbortSignal): Promise<string> {
  const late = AbortSignal.timeout(START_LIMIT);
  return new Promise((resolve, reject) => {
    const over = AbortSignal.any([ended, late]);
    over.addEventListener("abort", () =>
      reject(
        late.aborted ? new Error(`the service did not start within ${START_LIMIT / 1000} s`) : over.reason,
      ),
    );
    createInterface({ input: stdout }).on("line", (line) => {
      const url = / listens on (\S+)$/.exec(line)?.[1];
      if (url) resolve(url);
    });
  });
}

/** The private Redis outlives a service that was killed. One that ended in order has removed its file. */
async function endRedis(dataDir: string): Promise<void> {
  const pid = await readFile(join(dataDir, "redis", "redis.pid"), "utf8").catch(() => undefined);
  if (!pid) return;
  try {
    process.kill(Number(pid), "SIGKILL"); // nobody needs its data
  } catch {
    // it has ended by itself
  }
}

function howItEnded({ exitCode, signalCode }: ChildProcessByStdio<null, Readable, Readable>): string {
  return exitCode === null ? `was ended by ${signalCode}` : `ended with exit code ${exitCode}`;
}
