// Abacus as it is timed: a `stats` job from its start to its result, in a pool of two threads as in the service.
import { readFile, rm, stat, symlink } from "node:fs/promises";
import { basename } from "node:path";
import { pino } from "pino";
import { limitsOf, readConfig } from "../../src/config.js";
import { FileStore } from "../../src/files/file-store.js";
import { openPool } from "../../src/jobs/pool.js";
import { loadRegistry } from "../../src/jobs/registry.js";
import { type Ended, runSteps } from "../../src/jobs/run.js";
import type { Statistics } from "../../workers/stats/statistics.js";
import { versionOf } from "./report.js";
import type { Contender, Figures } from "./stats-contender.js";

const THREADS = 2;

/** `folder`: what it writes, results of many columns among it. */
export async function startStatsJobs(folder: string): Promise<Contender> {
  const config = readConfig({});
  const registry = await loadRegistry();
  const type = registry.get("stats")!;
  const files = await FileStore.open(folder, false);
  const settings = {
    limits: limitsOf(config),
    memory: config.JOB_MEMORY,
    threads: THREADS,
    inlineBytes: 65_536,
    results: files.folder("results"),
    made: files.folder("made"),
    durable: false,
  };
  const pool = openPool(
    registry,
    { name: "batch", threads: THREADS, threadMemory: config.THREAD_MEMORY, nice: 0, settings },
    pino({ level: "error" }, pino.destination(2)),
  );

  async function resultOf(ended: Ended, id: string): Promise<string> {
    if (ended.kind === "mistake") throw new Error(`the job failed: ${JSON.stringify(ended.problem)}`);
    return ended.result ?? (await readFile(files.path("results", id), "utf8"));
  }

  return {
    versions: versionOf("piscina"),
    async describe(path) {
      const id = basename(path);
      const link = files.path("uploads", id);
      await rm(link, { force: true });
      await symlink(path, link);
      const run = {
        id,
        type,
        data: {
          type: type.name,
          version: type.version,
          account: "bench",
          createdAt: Date.now(),
          label: null,
          madeName: "",
          input: { options: {} },
          file: { name: id, bytes: (await stat(path)).size, sha256: "", gzip: false },
        },
        model: undefined,
        signal: new AbortController().signal,
        onStart() {},
        onProgress() {},
        onSentence() {},
      };
      const began = performance.now();
      const result = await resultOf(await runSteps({ pool, files }, run), id);
      const seconds = (performance.now() - began) / 1000;
      const { columns } = JSON.parse(result) as Statistics;
      return {
        seconds,
        figures: Object.fromEntries(columns.map((column) => [column.name, column])) as Figures,
      };
    },
    close: () => pool.close(),
  };
}
