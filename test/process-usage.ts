// What a process takes of the machine, looked at from outside.
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

/** Bytes of memory that a process has at the moment. */
export function residentMemory(pid: number): number {
  const { stdout, error } = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  if (error) throw error;
  return Number(stdout) * 1024;
}

/** How many files and sockets a process has open; 0 where the system does not tell. */
export async function openDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}

/** Milliseconds that a process's event loop has had a processor, and that it has waited for one; zeros where the system does not tell. */
export async function processorTimes(pid: number): Promise<{ had: number; waited: number }> {
  const text = await readFile(`/proc/${pid}/task/${pid}/schedstat`, "utf8").catch(() => "0 0 0");
  const [had = 0, waited = 0] = text.split(" ").map((nanoseconds) => Number(nanoseconds) / 1e6);
  return { had, waited };
}
