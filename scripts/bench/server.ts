// A server under test: a process of its own that says on which address it listens.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Server {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** `script` is a built file, by its path from this one. */
export async function startServer(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Server> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (\S+)$/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    return {
      url,
      pid: child.pid as number,
      async stop() {
        child.kill();
        await ended;
      },
    };
  }
  throw new Error(`${script} ended before it listened`);
}
