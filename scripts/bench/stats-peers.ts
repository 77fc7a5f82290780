// What column statistics are compared with: the peers' packages, which this alone installs, and their processes.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { compileC, installDebian, PYTHON, peerSource, runQuietly, startPeer } from "./peers.js";
import { versionOf } from "./report.js";
import type { Contender, Figures } from "./stats-contender.js";

const PACKAGES = {
  "@duckdb/node-api": "1.5.6-r.1",
  "nodejs-polars": "0.26.1",
  // what that one depends on; npm leaves it out on Node 20, on which it runs
  [`nodejs-polars-linux-${process.arch}-gnu`]: "0.26.1",
};
const DEBIAN_PACKAGES = ["python3-pandas", "python3-bottleneck", "python3-numexpr", "gcc", "libc6-dev"];
const THREADS = "2";

/** Installs what is missing, in `folder` where it can be. */
export function installPeers(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const packages = Object.entries(PACKAGES);
  if (packages.some(([name, version]) => versionIn(folder, name) !== version)) {
    const wanted = packages.map(([name, version]) => `${name}@${version}`);
    console.error(`installing ${wanted.join(", ")} in ${folder}`);
    runQuietly("npm", [
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      ...wanted,
    ]);
  }
  installDebian(DEBIAN_PACKAGES, [
    [PYTHON, ["-c", "import pandas, bottleneck, numexpr"]],
    ["gcc", ["--version"]],
  ]);
  compileC("stats-c", folder);
}

/** Each a process that has its imports behind it. */
export function peersIn(folder: string): Record<string, () => Promise<Contender>> {
  const duckdb = (mode: string) => [peerSource("stats-duckdb.mjs"), folder, mode, THREADS];
  const polars = (mode: string) => [peerSource("stats-polars.mjs"), folder, mode];
  return {
    pandas: () => startContender(PYTHON, [peerSource("stats-pandas.py")]),
    "DuckDB SUMMARIZE": () => startContender(process.execPath, duckdb("summarize")),
    "DuckDB exact": () => startContender(process.execPath, duckdb("exact")),
    Polars: () => startContender(process.execPath, polars("plain")),
    "Polars, tuned": () => startContender(process.execPath, polars("tuned")),
    "C, one thread": () => startContender(join(folder, "stats-c"), []),
  };
}

/** A process that answers each path with "done" and a line of figures. */
async function startContender(command: string, args: string[]): Promise<Contender> {
  const { versions, tell, line, close } = await startPeer(command, args, { POLARS_MAX_THREADS: THREADS });
  return {
    versions,
    async describe(path) {
      const began = performance.now();
      tell(path);
      await line();
      const seconds = (performance.now() - began) / 1000;
      return { seconds, figures: JSON.parse(await line()) as Figures };
    },
    close,
  };
}

function versionIn(folder: string, name: string): string | undefined {
  try {
    return versionOf(name, folder).slice(name.length + 1);
  } catch {
    return undefined;
  }
}
