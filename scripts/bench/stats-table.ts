// How long describing each file takes, beside the peers: interleaved rounds, medians, ratios, and what was aimed at.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { describeMachine, median } from "./report.js";
import { startStatsJobs } from "./stats-abacus.js";
import { assertAgreement, type Contender } from "./stats-contender.js";
import { FILE_KINDS, type FileKind, sizeOf, statsFile } from "./stats-files.js";
import { installPeers, peersIn } from "./stats-peers.js";

const ABACUS = "Abacus";
/** Descriptions of a file before it is timed: the threads' code is compiled as it gets hot. */
const WARM_UPS = 5;

/** How many times the peer's time Abacus' should be. */
const TARGETS: [file: FileKind, peer: string, ratio: number][] = [
  ["numeric", "pandas", 5],
  ["mixed", "pandas", 3.5],
  ["wide", "pandas", 5],
  ["heavy-tailed", "pandas", 3],
  ["numeric", "Polars", 2.5],
  ["mixed", "DuckDB SUMMARIZE", 1.7],
  ["numeric", "C, one thread", 1],
  ["wide", "C, one thread", 1],
];

/** Texts are none of the C reader's business. */
const canRead = (name: string, kind: FileKind) => name !== "C, one thread" || kind !== "mixed";

export interface TableOptions {
  folder: string;
  rounds: number;
  scale: number;
}

export async function printTable({ folder, rounds, scale }: TableOptions): Promise<void> {
  const paths = new Map<FileKind, string>();
  for (const kind of FILE_KINDS) paths.set(kind, await statsFile(folder, kind, sizeOf(kind, scale)));
  const packages = join(folder, "peers");
  installPeers(packages);
  const scratch = await mkdtemp(join(folder, "jobs-"));
  const contenders: Record<string, Contender> = {};
  try {
    const starts = { [ABACUS]: () => startStatsJobs(scratch), ...peersIn(packages) };
    for (const [name, start] of Object.entries(starts)) contenders[name] = await start();
    const versions = Object.values(contenders).map((contender) => contender.versions);
    console.log(describeMachine([...new Set(versions)]));
    const seconds = await measure(contenders, paths, rounds);
    print(Object.keys(contenders), seconds, scale);
  } finally {
    await Promise.all(Object.values(contenders).map((contender) => contender.close()));
    await rm(scratch, { recursive: true });
  }
}

/** Medians, by "file, contender". */
type Seconds = Map<string, number>;
const keyOf = (kind: FileKind, name: string) => `${kind}, ${name}`;

async function measure(
  contenders: Record<string, Contender>,
  paths: Map<FileKind, string>,
  rounds: number,
): Promise<Seconds> {
  const times = new Map<string, number[]>();
  for (const [kind, path] of paths) await warmUp(contenders, kind, path);
  for (let round = 1; round <= rounds; round++)
    for (const [kind, path] of paths)
      for (const [name, contender] of Object.entries(contenders)) {
        if (!canRead(name, kind)) continue;
        const { seconds } = await contender.describe(path);
        const key = keyOf(kind, name);
        times.set(key, [...(times.get(key) ?? []), seconds]);
        console.error(`round ${round}: ${key}: ${seconds.toFixed(3)} s`);
      }
  return new Map([...times].map(([key, numbers]) => [key, median(numbers)]));
}

/** Also finds out whether all of them say the same. */
async function warmUp(contenders: Record<string, Contender>, kind: FileKind, path: string): Promise<void> {
  const { [ABACUS]: abacus, ...peers } = contenders;
  for (let i = 1; i < WARM_UPS; i++) await abacus!.describe(path);
  const { figures: ours } = await abacus!.describe(path);
  for (const [name, peer] of Object.entries(peers))
    if (canRead(name, kind)) assertAgreement(name, (await peer.describe(path)).figures, ours);
}

function print(names: string[], seconds: Seconds, scale: number): void {
  const ratio = (kind: FileKind, name: string) =>
    (seconds.get(keyOf(kind, name)) ?? Number.NaN) / (seconds.get(keyOf(kind, ABACUS)) ?? Number.NaN);
  const cell = (kind: FileKind, name: string) => {
    const time = seconds.get(keyOf(kind, name));
    if (time === undefined) return "";
    return name === ABACUS ? time.toFixed(3) : `${time.toFixed(2)} (${ratio(kind, name).toFixed(1)}×)`;
  };
  console.log(`| seconds, medians | ${names.join(" | ")} |\n|---|${"--:|".repeat(names.length)}`);
  for (const kind of FILE_KINDS) {
    const megabytes = sizeOf(kind, scale) / 1e6;
    console.log(`| ${kind}, ${megabytes} MB | ${names.map((name) => cell(kind, name)).join(" | ")} |`);
  }
  console.log("\n| times as fast as | aimed at | measured |\n|---|--:|--:|");
  for (const [kind, peer, target] of TARGETS)
    console.log(`| ${peer}, ${kind} | ${target.toFixed(1)} | ${ratio(kind, peer).toFixed(2)} |`);
}
