// Tidies after a test that is killed, which nothing in its own process can do.
import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * A process that outlives a test which is killed, and then runs `script`: when the pipe to it breaks. In a
 * session of its own, so that a terminal's Ctrl-C does not reach it.
 */
export function spawnGuard(script: string, argument: string): { dismiss(): void } {
  const guard = spawn("sh", ["-c", `cat; ${script}`, argument], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as Socket).unref();
  return { dismiss: () => void guard.kill("SIGKILL") };
}
