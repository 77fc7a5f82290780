// docs/operations.md: its commands for back-up and restore, run as they stand there, and what else it says of the code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { settingsSchema } from "../src/config.js";
import { findServerBinary } from "../src/redis/server-binary.js";
import { spawnGuard } from "./guard.js";
import {
  type Exit,
  runToEnd,
  type ServiceProcess,
  type StartOptions,
  spawnProcess,
  startProcess,
} from "./processes.js";
import { startRedis } from "./redis-server.js";
import type { Json } from "./service.js";
import { until } from "./until.js";
import { isAlive, makeWorkplace, type Workplace } from "./workplace.js";

const PAGE = readFileSync("docs/operations.md", "utf8");

/** The commands of the page's blocks that are marked with these names. */
function commands(...names: string[]): string {
  return names
    .map((name) => {
      const found = PAGE.split(`\n\`\`\`sh ${name}\n`).slice(1);
      if (found.length !== 1) throw new Error(`the page has ${found.length} blocks called ${name}`);
      return (found[0] as string).split("\n```\n")[0];
    })
    .join("\n");
}

/** A person at a shell of the workplace's machine. */
class Operator {
  private readonly bin: string;
  private constructor(
    private readonly t: Test,
    private readonly workplace: Workplace,
    private readonly env: Record<string, string>,
  ) {
    this.bin = join(workplace.folder, "bin");
  }

  static async at(t: Test, workplace: Workplace, env: Record<string, string> = {}): Promise<Operator> {
    const operator = new Operator(t, workplace, env);
    await mkdir(operator.bin);
    // a machine's Redis may have other names: Valkey's, or that of Debian's redis-tools
    await symlink(findServerBinary().file, join(operator.bin, "redis-server"));
    await symlink(onPath("redis-cli", "valkey-cli"), join(operator.bin, "redis-cli"));
    return operator;
  }

  spawn(program: [string, ...string[]]) {
    const PATH = `${this.bin}${delimiter}${process.env.PATH}`;
    return spawnProcess(this.t, this.workplace, program, {
      DATA_DIR: this.workplace.dataDir,
      ...this.env,
      PATH,
    });
  }

  async run(script: string): Promise<Exit & { lines: string[]; stderr: string }> {
    const shell = this.spawn(["sh", "-e", "-c", script]);
    shell.stdin.end();
    const exit = await shell.exited();
    const lines = shell
      .stdout()
      .split(/\r?\n/)
      .filter((line) => line !== "");
    return { ...exit, lines, stderr: shell.stderr() };
  }

  /** Runs what must succeed; its lines. */
  async succeed(script: string): Promise<string[]> {
    const { code, lines, stderr } = await this.run(script);
    if (code !== 0) throw new Error(`exit code ${code} of\n${script}\n${stderr}`);
    return lines;
  }
}

function onPath(...names: string[]): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  if (!found) throw new Error(`none of ${names.join(", ")} is on the PATH`);
  return found;
}

const SETTINGS = { SHUTDOWN_GRACE: "0" };
const ANN = "ann has a password";
const asAnn = { authorization: `Basic ${Buffer.from(`ann:${ANN}`).toString("base64")}` };
/** Their result has more than the 64 KiB that Redis keeps. */
const MANY_PAIRS = { pairs: Array.from({ length: 1000 }, (_, i) => [i % 128, i % 127]) };
/** Goes to the batch lane, where one thread has something else to do. */
const PACKED = new Uint8Array(gzipSync("x\n1\n2\n6\n"));
const WAIT = { prefer: "wait=30" };
const upload = (body: string | Uint8Array<ArrayBuffer>, headers = {}) => ({
  method: "POST",
  headers: { "content-type": "text/csv", ...headers },
  body,
});

/** What a deployment holds at the time of its back-up. */
interface Holdings {
  storeId: string;
  /** Documents of jobs that have ended. */
  ended: Json[];
  /** The document of one with its result in a file, and that result. */
  large: Json;
  largeResult: Json;
  /** What the model called `kept` answered. */
  answer: Json;
  annsJob: string;
  running: string;
  queued: string;
}

async function fill(
  t: Test,
  workplace: Workplace,
  front: ServiceProcess,
  env: Record<string, string>,
): Promise<Holdings> {
  const added = await runToEnd(t, workplace, ["account", "add", "ann"], { env, stdin: `${ANN}\n` });
  if (added.code !== 0) throw new Error(added.stderr);
  const completed = async (path: string, body: object) => {
    const { status, body: job } = await front.post(path, body, WAIT);
    if (status !== 200 || job.state !== "completed") throw new Error(JSON.stringify(job));
    return job;
  };
  const small = await completed("/v1/stats", { columns: { x: [1, 2, 6] } });
  const large = await completed("/v1/rnn/additions", MANY_PAIRS);
  const trained = await completed("/v1/rnn/models", {
    name: "kept",
    iterations: 50,
    binaryDim: 4,
    hiddenDim: 2,
  });
  const asked = await completed("/v1/rnn/additions", { a: 5, b: 7, model: "kept" });
  const failed = await front.request("/v1/stats", upload("a,b\n1,2,3\n", WAIT));
  const anns = await front.request("/v1/stats", upload("x\n1\n", { ...asAnn, ...WAIT }));
  const running = await front.submit("/v1/test/grind", {}); // for ever
  await until("it runs", async () => (await front.job(running)).state === "active");
  const queued = await front.request("/v1/stats", upload(PACKED));
  return {
    storeId: readFileSync(join(workplace.dataDir, "store-id"), "utf8"),
    ended: [small, trained, asked, failed.body],
    large,
    largeResult: (await front.request(`/v1/jobs/${large.id}/result`)).body,
    answer: asked.result,
    annsJob: anns.body.id,
    running,
    queued: queued.body.id,
  };
}

async function compare(t: Test, workplace: Workplace, front: ServiceProcess, held: Holdings): Promise<void> {
  t.equal(readFileSync(join(workplace.dataDir, "store-id"), "utf8"), held.storeId, "the store's id");
  const again = await until("what ran runs again", async () => {
    const job = await front.job(held.running);
    return job.state === "active" && job.attempts > 1;
  });
  t.ok(again, "what ran runs again");
  t.equal((await front.post(`/v1/jobs/${held.running}/cancel`)).status, 202); // others wait for its thread
  for (const job of held.ended) t.same(await front.job(job.id), job, `${job.type}, ${job.state}`);
  t.same(await front.job(held.large.id), held.large);
  t.same((await front.request(`/v1/jobs/${held.large.id}/result`)).body, held.largeResult, "a large result");
  t.match(
    (await front.post("/v1/rnn/additions", { a: 5, b: 7, model: "kept" }, WAIT)).body,
    { state: "completed", result: held.answer },
    "a model, by its name",
  );
  t.equal((await front.post("/v1/rnn/models", { name: "kept" })).status, 409, "the name is taken");
  t.match(
    await front.request(`/v1/jobs/${held.annsJob}`, { headers: asAnn }),
    { status: 200, body: { state: "completed" } },
    "an account and its job",
  );
  t.equal((await front.request(`/v1/jobs/${held.annsJob}`)).status, 404, "which is not another's");
  t.match(
    await front.ended(held.queued),
    { state: "completed", result: { rows: 3, columns: [{ mean: 3 }] } },
    "what was queued, with its upload",
  );
}

t.test("with the private Redis: stop, copy, start", async (t) => {
  const old = await makeWorkplace(t);
  const BACKUP = join(old.folder, "back-up");
  const operator = await Operator.at(t, old, { BACKUP });
  const first = await startProcess(t, old, "serve", { env: SETTINGS, fixtures: true });
  const held = await fill(t, old, first, SETTINGS);

  const watched = await operator.succeed(commands("private", "watch"));
  t.match(watched, ["2", "0", held.running, /^\d{13}$/, "0", "1", "0", "1"], "one job runs, one waits");
  t.match(watched.slice(8), [/^used_memory:\d+$/, /^maxmemory:\d+$/, /^aof_last_write_status:ok/]);
  t.same(await operator.succeed(commands("private", "more-memory")), ["OK"]);
  t.equal((await operator.run(commands("backup"))).code, 1, "a running service is not copied");
  t.notOk(existsSync(join(BACKUP, "data.tar")));

  t.same(await first.end("SIGTERM"), { code: 0, signal: null });
  await operator.succeed(commands("backup"));
  t.equal((await operator.run(commands("restore"))).code, 1, "nothing is restored over what is there");

  // another machine: neither the folder nor TMPDIR is the same, and nobody says the admin's password
  const fresh = await makeWorkplace(t);
  await (await Operator.at(t, fresh, { BACKUP })).succeed(commands("restore"));
  const env = { ...SETTINGS, ADMIN_PASSWORD: "" };
  const second = await startProcess(t, fresh, "serve", { env, fixtures: true });
  await compare(t, fresh, second, held);
  t.same(await second.end("SIGTERM"), { code: 0, signal: null });
});

t.test("with a Redis of one's own: while it runs", async (t) => {
  const redis = await startRedis(t, { appendonly: true, port: true });
  await redis.connect().config("SET", "repl-diskless-sync-delay", "0"); // nobody else wants a copy
  const old = await makeWorkplace(t);
  const BACKUP = join(old.folder, "back-up");
  const places = { BACKUP, REDIS_URL: redis.url };
  const operator = await Operator.at(t, old, places);
  const options: StartOptions = { env: { ...SETTINGS, REDIS_URL: redis.url }, fixtures: true };
  const first = await startProcess(t, old, "serve", options);
  const { body: doomed } = await first.post("/v1/rnn/additions", MANY_PAIRS, WAIT);
  const held = await fill(t, old, first, { REDIS_URL: redis.url });
  t.same((await operator.succeed(commands("shared", "watch"))).slice(0, 3), ["2", "0", held.running]);

  await operator.succeed(commands("backup-redis"));
  // what happens between the two copies
  t.equal((await first.request(`/v1/jobs/${doomed.id}`, { method: "DELETE" })).status, 204);
  const { body: late } = await first.request("/v1/stats", upload(PACKED));
  await operator.succeed(commands("backup-files"));

  // the machine is lost with all that ran on it
  await Promise.all([first.end("SIGKILL"), redis.stop("SIGKILL")]);
  const fresh = await makeWorkplace(t);
  const { REDIS_DIR, REDIS_CONF } = await configureRedis(t, fresh, redis.url);
  const restorer = await Operator.at(t, fresh, { ...places, REDIS_DIR, REDIS_CONF });
  await restorer.succeed(commands("restore"));
  await restorer.succeed(commands("restore-redis"));
  restorer.spawn(["redis-server", REDIS_CONF]);
  const isSame = await until("Redis has loaded the data", async () => {
    const { lines } = await restorer.run(commands("compare"));
    return lines.length === 2 && lines[0] === lines[1];
  });
  t.ok(isSame);
  const second = await startProcess(t, fresh, "serve", options);
  await compare(t, fresh, second, held);
  t.match(await second.job(doomed.id), { state: "completed" }, "what was deleted in between comes back");
  t.match(await second.request(`/v1/jobs/${doomed.id}/result`), {
    status: 500,
    body: { type: "urn:abacus:problem:file-lost" },
  });
  t.equal((await second.request(`/v1/jobs/${late.id}`)).status, 404, "what was accepted in between does not");
  t.ok(existsSync(join(fresh.dataDir, "uploads", late.id)), "its file does");
});

/** The configuration of a Redis that its owner starts, and its empty folder; it ends with the test. */
async function configureRedis(t: Test, { folder }: Workplace, url: string) {
  const REDIS_DIR = join(folder, "redis");
  const REDIS_CONF = join(folder, "redis.conf");
  const pidFile = join(REDIS_DIR, "redis.pid");
  await mkdir(REDIS_DIR);
  const guard = spawnGuard(`kill -9 "$(cat "$0")"`, pidFile);
  t.teardown(() => {
    const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, "utf8"), 10) : undefined;
    if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    guard.dismiss();
  });
  const settings = {
    port: new URL(url).port,
    bind: "127.0.0.1",
    dir: REDIS_DIR,
    pidfile: pidFile,
    appendonly: "yes",
    save: '""',
    "maxmemory-policy": "noeviction",
  };
  await writeFile(
    REDIS_CONF,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(""),
  );
  return { REDIS_DIR, REDIS_CONF };
}

t.test("defaults and messages that the page names are the code's", async (t) => {
  const UNITS: Record<string, number> = { GiB: 2 ** 30 };
  const defaults = [...PAGE.matchAll(/`([A-Z_]+)` \(([\d,]+)(?: (s|GiB))?\)/g)];
  t.ok(defaults.length >= 8);
  const properties = settingsSchema.properties as Record<string, { default?: number }>;
  for (const [text, name = "", figure = "", unit = ""] of defaults)
    t.equal(properties[name]?.default, Number(figure.replaceAll(",", "")) * (UNITS[unit] ?? 1), text);

  const source = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join("src", name), "utf8"))
    .join("\n");
  const tables = PAGE.split(/\n(?=\| (?:log|sentence) \|)/).slice(1);
  const rows = tables.flatMap((table) => table.split("\n\n")[0]?.split("\n").slice(2) ?? []);
  const quoted = rows.flatMap((row) => row.split(" | ")[0]?.match(/`[^`]+`/g) ?? []);
  const pieces = quoted.flatMap((text) => text.split(/[`…]/)).filter((piece) => piece.trim() !== "");
  t.ok(pieces.length >= 12);
  for (const piece of pieces) t.ok(source.includes(piece.trim()), piece);
});
