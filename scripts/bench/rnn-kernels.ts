// Training and asking alone, in one thread each: interleaved rounds, medians, ratios, and what was aimed at.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileC, installDebian, type Peer, PYTHON, peerSource, startPeer } from "./peers.js";
import { median } from "./report.js";

const ABACUS = "Abacus";
const C = "C";
const NUMPY = "NumPy";
const PLAIN = "Abacus, plain TypeScript";

interface Task {
  name: string;
  /** What each contender is told. */
  command: string;
  /** How many iterations, or additions. */
  count: number;
  unit: "seconds" | "a second";
  /** What is asked for the network that was trained last. */
  isQuestion: boolean;
  /** Plain TypeScript would take minutes. */
  isLarge: boolean;
}

interface Network {
  binaryDim: number;
  hiddenDim: number;
  isLarge: boolean;
}

const named = ({ binaryDim, hiddenDim }: Network) => `B = ${binaryDim}, H = ${hiddenDim}`;

const training = (network: Network, iterations: number): Task => ({
  name: `training ${named(network)}, ${iterations} iterations`,
  command: `train ${network.binaryDim} ${network.hiddenDim} 0.1 ${iterations} 0`,
  count: iterations,
  unit: "seconds",
  isQuestion: false,
  isLarge: network.isLarge,
});
const asking = (network: Network, pairs: number): Task => ({
  name: `asking ${named(network)}, ${pairs} pairs`,
  command: `ask ${pairs}`,
  count: pairs,
  unit: "a second",
  isQuestion: true,
  isLarge: network.isLarge,
});

const SMALL = { binaryDim: 8, hiddenDim: 16, isLarge: false };
const LARGE = { binaryDim: 31, hiddenDim: 128, isLarge: true };
/** Times that each does a task when it is its turn; the median counts. */
const TURNS = 3;

/** Each contender does them in this order, so that what it is asked is what it has learned. */
const TASKS: Task[] = [
  training(SMALL, 10_000),
  asking(SMALL, 100_000),
  training(LARGE, 300),
  asking(LARGE, 2000),
];

/** Times of Abacus over the peer's, at most. */
const TARGETS: [task: Task, peer: string, most: number][] = [
  [TASKS[0]!, C, 1.15],
  [TASKS[1]!, C, 1],
  [TASKS[1]!, NUMPY, 1],
  [TASKS[2]!, C, 1.5],
  [TASKS[3]!, C, 1.5],
];
/** Additions a second that Abacus should do at least. */
const LEAST_ADDITIONS = 1_500_000;

/** Relative: sums over thousands of iterations, in other orders. */
const TOLERANCE = 1e-9;
/** Of answers: an output next to a half may be taken for either bit. */
const DOUBTFUL = 1e-3;

/** Seconds, by contender and task. */
type Times = Map<string, number[]>;
const keyOf = (task: Task, name: string) => `${task.name}: ${name}`;

export async function measureKernels(
  folder: string,
  rounds: number,
): Promise<{ versions: string[]; pairsOfC: number }> {
  mkdirSync(folder, { recursive: true });
  installDebian(
    ["python3-numpy", "gcc", "libc6-dev"],
    [
      [PYTHON, ["-c", "import numpy"]],
      ["gcc", ["--version"]],
    ],
  );
  const own = fileURLToPath(new URL("rnn-process.js", import.meta.url));
  const contenders: Record<string, Peer> = {
    [ABACUS]: await startPeer(process.execPath, [own]),
    [C]: await startPeer(compileC("rnn-c", folder), []),
    // its threads would share what the others have one of
    [NUMPY]: await startPeer(PYTHON, [peerSource("rnn-numpy.py")], { OPENBLAS_NUM_THREADS: "1" }),
    [PLAIN]: await startPeer(process.execPath, [own, "plain"]),
  };
  const times: Times = new Map();
  try {
    for (let round = 1; round <= rounds; round++)
      for (const task of TASKS) await runTask(task, contenders, times, round);
    print(Object.keys(contenders), times);
    const versions = Object.values(contenders).map((contender) => contender.versions);
    return {
      versions: [...new Set(versions)].filter((version) => !version.startsWith("Node")),
      pairsOfC: TASKS[1]!.count / median(times.get(keyOf(TASKS[1]!, C))!),
    };
  } finally {
    await Promise.all(Object.values(contenders).map((contender) => contender.close()));
  }
}

/** Nobody is timed for a wrong answer. */
async function runTask(
  task: Task,
  contenders: Record<string, Peer>,
  times: Times,
  round: number,
): Promise<void> {
  let expected: number[] | undefined;
  for (const [name, contender] of Object.entries(contenders)) {
    if (name === PLAIN && task.isLarge) continue;
    const taken: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      contender.tell(task.command);
      const [seconds = Number.NaN, ...found] = (await contender.line()).split(" ").map(Number);
      expected ??= found; // each question goes on in the same random numbers: all ask the same
      if (!found.every((value, k) => agree(task, value, expected![k]!)))
        throw new Error(`${task.name}: ${found.join(" ")} by ${name}, ${expected.join(" ")} by ${ABACUS}`);
      taken.push(seconds);
    }
    const key = keyOf(task, name);
    times.set(key, [...(times.get(key) ?? []), median(taken)]);
    console.error(`round ${round}: ${key}: ${taken.map((seconds) => seconds.toFixed(4)).join(", ")} s`);
  }
}

function agree({ isQuestion, count }: Task, one: number, other: number): boolean {
  return Math.abs(one - other) <= (isQuestion ? DOUBTFUL * count : TOLERANCE * Math.abs(other));
}

function print(names: string[], times: Times): void {
  const secondsOf = (task: Task, name: string) => median(times.get(keyOf(task, name))!);
  const cell = (task: Task, name: string) => {
    if (!times.has(keyOf(task, name))) return "";
    const seconds = secondsOf(task, name);
    return task.unit === "seconds"
      ? `${seconds.toFixed(4)} s`
      : `${Math.round(task.count / seconds).toLocaleString("en")}/s`;
  };
  console.log(
    `| one thread, medians of rounds | ${names.join(" | ")} |\n|---|${"--:|".repeat(names.length)}`,
  );
  for (const task of TASKS)
    console.log(`| ${task.name} | ${names.map((name) => cell(task, name)).join(" | ")} |`);
  console.log("\n| Abacus' time over the peer's | aimed at, at most | measured |\n|---|--:|--:|");
  for (const [task, peer, most] of TARGETS) {
    const ratio = secondsOf(task, ABACUS) / secondsOf(task, peer);
    console.log(`| ${task.name}: ${peer} | ${most} | ${ratio.toFixed(2)} |`);
  }
  const rate = TASKS[1]!.count / secondsOf(TASKS[1]!, ABACUS);
  console.log("\n| | aimed at, at least | measured |\n|---|--:|--:|");
  console.log(
    `| additions a second | ${LEAST_ADDITIONS.toLocaleString("en")} | ${Math.round(rate).toLocaleString("en")} |`,
  );
}
