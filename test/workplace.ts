// A folder of an end-to-end test's own, in which its processes run.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnGuard } from "./guard.js";

export interface Teardown {
  teardown(end: () => unknown): void;
}

/** A folder of a test's own, with a DATA_DIR in it. It goes at the end, with whatever still runs on it. */
export interface Workplace {
  readonly folder: string;
  readonly dataDir: string;
  /** The process id of the private Redis; `undefined` when none is noted. */
  redisPid(): Promise<number | undefined>;
}

/** Whether a process runs: one that has ended and waits for somebody to ask how does not. */
export function isAlive(pid: number): boolean {
  const { stdout, error } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  if (error) throw error;
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

/** Makes a folder that lives as long as the test. What is started in it is to be registered after it. */
export async function makeWorkplace(t: Teardown): Promise<Workplace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "abacus-e2e-")));
  const dataDir = join(folder, "data");
  const pidFile = join(dataDir, "redis", "redis.pid");
  const guard = spawnGuard(`kill -9 "$(cat "$0/data/redis/redis.pid")"; rm -rf "$0"`, folder);
  const redisPid = async () => {
    const text = await readFile(pidFile, "utf8").catch(() => undefined);
    return text === undefined ? undefined : Number.parseInt(text, 10);
  };
  t.teardown(async () => {
    const pid = await redisPid();
    if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guard.dismiss();
  });
  return { folder, dataDir, redisPid };
}
