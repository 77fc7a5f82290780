// What column statistics are compared with: the peers' packages, which this alone installs, and their processes.
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { versionOf } from "./report.js";
import type { Contender, Figures } from "./stats-contender.js";

const PACKAGES = {
  "@duckdb/node-api": "1.5.6-r.1",
  "nodejs-polars": "0.26.1",
  // what that one depends on; npm leaves it out on Node 20, on which it runs
  [`nodejs-polars-linux-${process.arch}-gnu`]: "0.26.1",
};
const DEBIAN_PACKAGES = ["python3-pandas", "python3-bottleneck", "python3-numexpr", "gcc", "libc6-dev"];
/** Debian's own, whatever other Python comes first in the path. */
const PYTHON = "/usr/bin/python3";
const THREADS = "2";

/** The benchmark is started in the project's folder: what is not TypeScript is not in the build. */
const source = (name: string) => resolve("scripts/bench/peers", name);

/** Installs what is missing, in `folder` where it can be. Prints nothing that belongs to the results. */
export function installPeers(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const packages = Object.entries(PACKAGES);
  if (packages.some(([name, version]) => versionIn(folder, name) !== version)) {
    const wanted = packages.map(([name, version]) => `${name}@${version}`);
    console.error(`installing ${wanted.join(", ")} in ${folder}`);
    run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error", ...wanted]);
  }
  if (!succeeds(PYTHON, ["-c", "import pandas, bottleneck, numexpr"]) || !succeeds("gcc", ["--version"])) {
    const install = ["install", "-y", "--no-install-recommends", ...DEBIAN_PACKAGES];
    if (process.getuid?.() !== 0)
      throw new Error(`the peers are not all there: sudo apt-get install ${DEBIAN_PACKAGES.join(" ")}`);
    console.error(`installing ${DEBIAN_PACKAGES.join(", ")}`);
    run("apt-get", install);
  }
  run("gcc", ["-O3", "-march=native", "-o", join(folder, "stats-c"), source("stats-c.c"), "-lm"]);
}

/** Each a process that has its imports behind it. */
export function peersIn(folder: string): Record<string, () => Promise<Contender>> {
  const duckdb = (mode: string) => [source("stats-duckdb.mjs"), folder, mode, THREADS];
  const polars = (mode: string) => [source("stats-polars.mjs"), folder, mode];
  return {
    pandas: () => startPeer(PYTHON, [source("stats-pandas.py")]),
    "DuckDB SUMMARIZE": () => startPeer(process.execPath, duckdb("summarize")),
    "DuckDB exact": () => startPeer(process.execPath, duckdb("exact")),
    Polars: () => startPeer(process.execPath, polars("plain")),
    "Polars, tuned": () => startPeer(process.execPath, polars("tuned")),
    "C, one thread": () => startPeer(join(folder, "stats-c"), []),
  };
}

/** A process that says its versions, then answers each path with "done" and a line of figures. */
async function startPeer(command: string, args: string[]): Promise<Contender> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, POLARS_MAX_THREADS: THREADS },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function line(): Promise<string> {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${[command, ...args].join(" ")} ended`);
    return value;
  }
  return {
    versions: await line(),
    async describe(path) {
      const began = performance.now();
      child.stdin.write(`${path}\n`);
      await line();
      const seconds = (performance.now() - began) / 1000;
      return { seconds, figures: JSON.parse(await line()) as Figures };
    },
    close: () => end(child),
  };
}

async function end(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin.end();
  await once(child, "exit");
}

function versionIn(folder: string, name: string): string | undefined {
  try {
    return versionOf(name, folder).slice(name.length + 1);
  } catch {
    return undefined;
  }
}

function run(command: string, args: string[]): void {
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
