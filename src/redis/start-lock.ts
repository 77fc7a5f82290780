// One process at a time starts or stops the server of a data directory: a lock file, since Redis itself
// would let two servers append to the same files.
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds. */
const POLL = 50;
/** Nobody holds the lock for longer; an older one was left by a crash, whoever has its process id now. */
const OLDEST = 90_000;
const PATIENCE = OLDEST + 15_000;
/** Two who both found a stale lock replace it one after the other within less than this; the last one has it. */
const SETTLE = 200;

/** The locks of this process, which tells them from those that a namesake of an earlier container left. */
const held = new Set<string>();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function isStale(file: string): boolean {
  const token = read(file);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (token === undefined || stat === undefined) return false;
  if (Date.now() - stat.mtimeMs > OLDEST) return true;
  // Empty when its maker is between creating and writing it.
  const pid = Number.parseInt(token, 10);
  if (Number.isNaN(pid)) return false;
  return pid === process.pid ? !held.has(token) : !isAlive(pid);
}

async function tryLock(file: string, token: string): Promise<boolean> {
  try {
    writeFileSync(file, token, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      rmSync(file, { force: true }); // on a full disk it is there, and empty
      throw error;
    }
  }
  if (!isStale(file)) return false;
  const own = `${file}.${token.replace(" ", ".")}`;
  writeFileSync(own, token, { mode: 0o600 });
  renameSync(own, file);
  await sleep(SETTLE);
  return read(file) === token;
}

/** Runs `work` while no other process runs its own under the same lock file. */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const token = `${process.pid} ${randomUUID()}`;
  const deadline = Date.now() + PATIENCE;
  held.add(token);
  try {
    while (!(await tryLock(file, token))) {
      if (Date.now() > deadline) throw new Error(`${file} is held by process ${read(file)?.split(" ")[0]}`);
      await sleep(POLL);
    }
    return await work();
  } finally {
    held.delete(token);
    if (read(file) === token) rmSync(file, { force: true });
  }
}
