// The demo as a process without a terminal: what it prints, how it ends, and that nothing of it is left.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";

const DEMO = fileURLToPath(new URL("../scripts/demo.js", import.meta.url));

interface Demo {
  /** The folder under which all its temporary files are. */
  folder: string;
  lines: string[];
  stderr: string;
  process: ReturnType<typeof spawn>;
  /** When a line that matches has been printed. */
  line(pattern: RegExp): Promise<void>;
  /** The exit code. */
  ended: Promise<number | null>;
}

function startDemo(t: Test, env: NodeJS.ProcessEnv = {}): Demo {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "abacus-demo-test-")));
  const child = spawn(process.execPath, [DEMO], {
    env: { ...process.env, TMPDIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const demo: Demo = {
    folder,
    lines: [],
    stderr: "",
    process: child,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        lines.on("line", (line) => pattern.test(line) && resolve());
        child.once("close", () => reject(new Error(`it ended without the line: ${demo.stderr}`)));
      }),
    ended: once(child, "close").then(([code]) => code),
  };
  const lines = createInterface({ input: child.stdout }).on("line", (line) => demo.lines.push(line));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    demo.stderr += text;
  });
  t.teardown(() => {
    child.kill("SIGKILL");
    for (const { pid } of processesOf(folder)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  return demo;
}

/** Every process that has the folder in its arguments or its environment; one that has ended has neither. */
function processesOf(folder: string): { pid: number; command: string }[] {
  const rows = execFileSync("ps", ["axeww", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 1 << 26 });
  return rows
    .split("\n")
    .filter((row) => row.includes(folder))
    .map((row) => ({ pid: Number.parseInt(row, 10), command: row.replace(/^ *\d+ /, "") }));
}

function assertNothingLeft(t: Test, { folder }: Demo): void {
  t.same(readdirSync(folder), [], "no temporary file is left");
  t.same(processesOf(folder), [], "no process is left");
}

t.test("it shows statistics, a training and a sum, and leaves nothing behind", async (t) => {
  // neither a Redis nor a limit that the user has set is the demo's affair
  const demo = startDemo(t, { REDIS_URL: "redis://127.0.0.1:9", COLUMNS: "3", PORT: "1" });
  t.equal(await demo.ended, 0);
  t.equal(demo.stderr, "");
  const cells = demo.lines.map((line) => line.trim().split(/\s{2,}/));
  // pandas 1.5.3, to two decimals: fixtures/pandas/expected/penguins.csv.json
  for (const row of [
    ["numbers", "count", "mean", "std", "min", "25%", "50%", "75%", "max"],
    ["bill_length_mm", "342", "43.92", "5.46", "32.1", "39.23", "44.45", "48.5", "59.6"],
    ["body_mass_g", "342", "4201.75", "801.95", "2700", "3550", "4050", "4750", "6300"],
    ["text", "count", "unique", "top", "freq"],
    ["species", "344", "3", "Adelie", "152"],
    ["sex", "333", "2", "male", "168"],
  ])
    t.strictSame(
      cells.find(([first]) => first === row[0]),
      row,
    );
  t.ok(demo.lines.includes("5 + 7 = 12"));
  t.ok(demo.lines.includes("  uploading  15,241 of 15,241 bytes"), "a line in place of a bar");
  t.ok(demo.lines.includes("  training   50,000 of 50,000 iterations"));
  for (const place of ["npm start", "README", "/docs"])
    t.ok(
      demo.lines.some((line) => line.includes(place)),
      `it points to ${place}`,
    );
  t.notMatch(demo.lines.join("\n"), "\x1b", "no control sequences");
  t.ok(
    demo.lines.every((line) => line.length <= 80),
    "it fits a terminal",
  );
  assertNothingLeft(t, demo);
});

t.test("Ctrl-C stops everything", async (t) => {
  const demo = startDemo(t);
  await demo.line(/^ {2}it listens on /);
  const commands = processesOf(demo.folder).map(({ command }) => command);
  t.ok(
    commands.some((command) => /main\.js serve/.test(command)),
    "the service runs",
  );
  t.ok(
    commands.some((command) => /^(redis|valkey)/.test(command)),
    "its Redis runs",
  );
  demo.process.kill("SIGINT");
  t.equal(await demo.ended, 128 + 2);
  t.equal(demo.stderr, "demo: stopped by SIGINT\n");
  assertNothingLeft(t, demo);
});

t.test("a service that dies ends the demo, which says so", async (t) => {
  const demo = startDemo(t);
  await demo.line(/^ {2}it listens on /);
  const service = processesOf(demo.folder).find(({ command }) => /main\.js serve/.test(command));
  process.kill(service!.pid, "SIGKILL");
  t.equal(await demo.ended, 1);
  t.match(demo.stderr, /^demo: .*the service was ended by SIGKILL$/m);
  t.notOk(demo.lines.includes("5 + 7 = 12"));
  assertNothingLeft(t, demo);
});

t.test("without a Redis on the machine it says what is missing", async (t) => {
  const demo = startDemo(t, { PATH: "/nowhere" });
  t.equal(await demo.ended, 1);
  t.match(demo.stderr, /^demo: the service ended with exit code 1; it said:\n.*no Redis server/);
  assertNothingLeft(t, demo);
});

t.test("it ends when nobody reads what it prints", async (t) => {
  const demo = startDemo(t);
  await demo.line(/^ {2}it listens on /);
  demo.process.stdout?.destroy();
  t.equal(await demo.ended, 1);
  assertNothingLeft(t, demo);
});
