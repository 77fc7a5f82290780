// Where the log goes: standard error, and a file that rotates; and how much of it there is.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runToEnd, spawnMain, startProcess } from "./processes.js";
import { startRedis } from "./redis-server.js";
import { until } from "./until.js";
import { makeWorkplace } from "./workplace.js";

const FILE_BYTES = 10 * 1024 * 1024;

t.test("LOG_FILE has what standard error has, for its owner alone, and rotates", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const folder = join(workplace.folder, "logs");
  const file = join(folder, "abacus.log");
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "info", LOG_FILE: "logs/abacus.log" };

  const first = await startProcess(t, workplace, "api", { env });
  await first.submit("/v1/rnn/additions", { a: 5, b: 7 });
  t.same(await first.end("SIGTERM"), { code: 0, signal: null });
  t.match(first.stderr(), /"job accepted"/);
  t.equal(readFileSync(file, "utf8"), first.stderr(), "every line to the last");
  t.match(readFileSync(file, "utf8").trimEnd().split("\n").at(-1), /"stopped"/);
  t.equal(statSync(file).mode & 0o777, 0o600);

  // what is there is appended to, and at 10 MiB it becomes the last of the older ones
  writeFileSync(file, `${"x".repeat(FILE_BYTES - 2)}\n`);
  for (const number of [1, 2, 3, 4]) writeFileSync(`${file}.${number}`, `old ${number}\n`);
  const second = await startProcess(t, workplace, "api", { env });
  await second.submit("/v1/rnn/additions", { a: 5, b: 7 });
  await second.end("SIGTERM");
  t.same(
    readdirSync(folder).sort(),
    ["", ".1", ".2", ".3", ".4"].map((end) => `abacus.log${end}`),
  );
  for (const number of [2, 3, 4]) t.equal(readFileSync(`${file}.${number}`, "utf8"), `old ${number - 1}\n`);
  const rotated = readFileSync(`${file}.1`, "utf8");
  t.ok(rotated.length >= FILE_BYTES && rotated.length < FILE_BYTES + 10_000);
  t.equal(rotated.slice(FILE_BYTES - 1) + readFileSync(file, "utf8"), second.stderr(), "no line is lost");
});

t.test("a LOG_FILE that cannot be written stops the start", async (t) => {
  const workplace = await makeWorkplace(t);
  mkdirSync(join(workplace.folder, "folder"));
  const { code, stdout, stderr } = await runToEnd(t, workplace, ["serve"], { env: { LOG_FILE: "folder" } });
  t.same({ code, stdout }, { code: 1, stdout: "" });
  t.match(stderr, /^abacus: LOG_FILE cannot be written: .*not a file\)\n$/);
});

t.test("--log-level, also as --logLevel, wins over LOG_LEVEL", async (t) => {
  const redis = await startRedis(t);
  const workplace = await makeWorkplace(t);
  for (const [flags, isTold] of [
    [["--log-level", "info"], true],
    [["--logLevel=info"], true],
    [["--logLevel", "INFO"], true],
    [["--logLevel", "CRITICAL"], false],
    [["--log-level", "error"], false],
    [[], false],
  ] as const) {
    const env = { REDIS_URL: redis.path, LOG_LEVEL: "error" };
    const service = spawnMain(t, workplace, ["worker", ...flags], env);
    await until("it takes jobs", () => service.stdout().includes("takes jobs"));
    await service.end("SIGTERM");
    t.equal(service.stderr().includes('"stopping"'), isTold, flags.join(" "));
  }
  const { code, stderr } = await runToEnd(t, workplace, ["serve", "--logLevel", "loud"]);
  t.equal(code, 1);
  t.match(stderr, /^abacus: LOG_LEVEL must be one of .*, but is "loud"\n$/);
});
