// Starts that are refused: one sentence on standard error, an exit code other than 0, nothing else.
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { runToEnd, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { makeWorkplace } from "../workplace.js";

async function refusal(t: Test, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await runToEnd(t, await makeWorkplace(t), args, {
    env: { LOG_LEVEL: "error", ...env },
  });
  t.same({ code, signal, stdout }, { code: 1, signal: null, stdout: "" }, args.join(" "));
  return stderr;
}

t.test("api and worker without REDIS_URL", async (t) => {
  for (const command of ["api", "worker"])
    t.equal(
      await refusal(t, [command]),
      `abacus: REDIS_URL is not set: \`abacus ${command}\` works on a Redis that processes share\n`,
    );
});

t.test("wrong settings", async (t) => {
  const wrong: [Record<string, string>, string][] = [
    [{ PORT: "eighty" }, 'PORT must be integer, but is "eighty"'],
    [{ PORT: "65536" }, 'PORT must be <= 65535, but is "65536"'],
    [{ THREADS: "0" }, 'THREADS must be >= 1, but is "0"'],
    [
      { LOG_LEVEL: "loud" },
      "LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is",
    ],
    [{ SHUTDOWN_GRACE: "-1" }, 'SHUTDOWN_GRACE must be >= 0, but is "-1"'],
    [{ DATA_DIR: "/dev/null/data" }, "DATA_DIR: ENOTDIR"],
    [{ HOST: "192.0.2.1" }, "HOST and PORT: listen EADDRNOTAVAIL"],
    [{ UPLOAD_BYTES: "4GiB" }, 'UPLOAD_BYTES must be integer, but is "4GiB"'],
    [{ JOB_TIMEOUT: "Infinity" }, 'JOB_TIMEOUT must be a finite number, but is "Infinity"'],
  ];
  for (const [env, sentence] of wrong) {
    const said = await refusal(t, ["serve"], env);
    t.ok(said.startsWith(`abacus: ${sentence}`), said);
    t.equal(said.trim().split("\n").length, 1);
  }
  for (const args of [["api"], ["worker"], ["account", "list"]])
    t.equal(
      await refusal(t, args, { QUEUE_DEPTH: "0" }),
      'abacus: QUEUE_DEPTH must be >= 1, but is "0"\n',
      args.join(" "),
    );
});

t.test("a wrong setting in .env", async (t) => {
  const workplace = await makeWorkplace(t);
  await writeFile(join(workplace.folder, ".env"), "ACCOUNT_JOBS=many\n");
  const { code, stdout, stderr } = await runToEnd(t, workplace, ["serve"]);
  t.same({ code, stdout }, { code: 1, stdout: "" });
  t.equal(stderr, 'abacus: ACCOUNT_JOBS must be integer, but is "many"\n');
});

t.test("a port that is in use", async (t) => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  t.teardown(() => new Promise((closed) => other.close(closed)));
  const { port } = other.address() as { port: number };
  const redis = await startRedis(t);
  const said = await refusal(t, ["api"], { REDIS_URL: redis.path, PORT: String(port) });
  t.match(said, new RegExp(`^abacus: .*address already in use.*:${port}\n$`));
});

t.test("who cannot listen has taken no job", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "error" };
  const workplace = await makeWorkplace(t);
  const api = await startProcess(t, workplace, "api", { env });
  const id = await api.submit("/v1/rnn/models", { iterations: 10_000_000 });
  const port = new URL(api.url).port;
  const { code } = await runToEnd(t, workplace, ["serve"], { env: { ...env, PORT: port } });
  t.equal(code, 1);
  t.match(await api.job(id), { state: "queued", attempts: 0 });
});

t.test("a DATA_DIR that is not the one of the other processes", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "error" };
  await startProcess(t, await makeWorkplace(t), "api", { env });

  const elsewhere = await makeWorkplace(t);
  const { code, stdout, stderr } = await runToEnd(t, elsewhere, ["worker"], { env });
  t.same({ code, stdout }, { code: 1, stdout: "" });
  t.match(
    stderr,
    new RegExp(`^abacus: ${elsewhere.dataDir} is not the folder of the other processes on this Redis .*\n$`),
  );
});

t.test("an unknown command, and what is one argument too many", async (t) => {
  for (const [args, sentence] of [
    [["sreve"], "unknown command sreve"],
    [["serve", "extra"], "extra is one argument too many"],
  ] as const) {
    const { code, stdout, stderr } = await runToEnd(t, await makeWorkplace(t), [...args]);
    t.same({ code, stdout }, { code: 2, stdout: "" });
    t.ok(stderr.startsWith(`abacus: ${sentence}\nusage: abacus `), stderr);
  }
});
