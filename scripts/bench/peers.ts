// What a benchmark compares with: peers that this alone installs or compiles, and their processes.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** Debian's own, whatever other Python comes first in the path. */
export const PYTHON = "/usr/bin/python3";

/** The benchmark is started in the project's folder: what is not TypeScript is not in the build. */
export const peerSource = (name: string) => resolve("scripts/bench/peers", name);

/** Installs Debian's packages unless each of `commands` succeeds. Prints nothing that belongs to the results. */
export function installDebian(packages: readonly string[], commands: readonly [string, string[]][]): void {
  if (commands.every(([command, args]) => succeeds(command, args))) return;
  if (process.getuid?.() !== 0)
    throw new Error(`the peers are not all there: sudo apt-get install ${packages.join(" ")}`);
  console.error(`installing ${packages.join(", ")}`);
  runQuietly("apt-get", ["install", "-y", "--no-install-recommends", ...packages]);
}

/** Compiles the peer of that name as well as the compiler can. Where its program is. */
export function compileC(name: string, folder: string): string {
  const program = join(folder, name);
  runQuietly("gcc", ["-O3", "-march=native", "-o", program, peerSource(`${name}.c`), "-lm"]);
  return program;
}

export function runQuietly(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A process that is told lines and tells lines; the first says what it is, with its version. */
export interface Peer {
  readonly versions: string;
  tell(line: string): void;
  /** The next line that it tells. */
  line(): Promise<string>;
  close(): Promise<void>;
}

export async function startPeer(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Peer> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function line(): Promise<string> {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${[command, ...args].join(" ")} ended`);
    return value;
  }
  return {
    versions: await line(),
    tell: (text) => child.stdin.write(`${text}\n`),
    line,
    close() {
      child.stdin.end();
      return ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
