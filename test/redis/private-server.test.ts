// The private server with a real Redis and real processes. Without one on the PATH every test fails, saying so.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { pino } from "pino";
import t, { type Test } from "tap";
import { type PrivateServerOptions, startPrivateServer } from "../../src/redis/private-server.js";
import { socketPath } from "../../src/redis/socket-directory.js";
import { isAlive } from "../workplace.js";

const HOLDER = fileURLToPath(new URL("./hold-private-server.js", import.meta.url));
const logger = pino({ level: "silent" });

/** A fresh DATA_DIR and TMPDIR; whatever still runs there at the end of the test is killed. */
function freshDataDir(t: Test, ...below: string[]): string {
  const outer = process.env.TMPDIR;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "abacus-test-")));
  process.env.TMPDIR = folder;
  const dataDir = join(folder, ...below, "data");
  t.teardown(() => {
    const pid = serverPid(dataDir);
    if (pid !== undefined) killIfAlive(pid);
    if (outer === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outer;
    rmSync(folder, { recursive: true, force: true });
  });
  return dataDir;
}

function serverPid(dataDir: string): number | undefined {
  const file = join(dataDir, "redis", "redis.pid");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : undefined;
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function start(t: Test, dataDir: string, more: Partial<PrivateServerOptions> = {}) {
  const options = {
    dataDir,
    fsync: "everysec",
    memory: 64 << 20,
    purpose: "serve",
    logger,
    ...more,
  } as const;
  return startPrivateServer(options).then((server) => {
    t.teardown(() => server.stop());
    return server;
  });
}

/** A client as the rest of the project has them: it reconnects by itself. */
function client(t: Test, path: string): Redis {
  const redis = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  t.teardown(() => redis.disconnect());
  return redis;
}

interface Said {
  path: string;
  adopted: boolean;
  error?: string;
}

/** Starts another process that holds the server, and resolves with what it says. */
async function hold(
  t: Test,
  dataDir: string,
  purpose = "serve",
): Promise<{ child: ChildProcess; said: Said }> {
  const child = spawn(process.execPath, [HOLDER, dataDir, purpose], { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) return { child, said: JSON.parse(line) };
  throw new Error("the holder ended without a word");
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  return ((await redis.config("GET", name)) as string[])[1];
}

t.test("starts, answers, keeps data over a restart, leaves no socket", async (t) => {
  const dataDir = freshDataDir(t);
  const first = await start(t, dataDir);
  t.equal(first.adopted, false);
  const redis = client(t, first.path);
  t.equal(await redis.ping(), "PONG");
  await redis.set("kept", "yes");
  redis.disconnect();
  await first.stop();
  await first.stop();
  t.notOk(existsSync(dirname(first.path)), "the socket's directory is gone");
  t.strictSame(readdirSync(join(dataDir, "redis")).sort(), ["appendonlydir", "redis.log"]);

  const second = await start(t, dataDir);
  t.equal(second.adopted, false);
  const again = client(t, second.path);
  t.equal(await again.get("kept"), "yes");
  again.disconnect();
  await second.stop();
});

t.test("is private: modes, settings, no TCP port", async (t) => {
  const dataDir = freshDataDir(t);
  const server = await start(t, dataDir, { fsync: "always", memory: 12_345_678 });
  const mode = (path: string) => lstatSync(path).mode & 0o777;
  t.equal(mode(dirname(server.path)), 0o700);
  t.equal(mode(dirname(dirname(server.path))), 0o700);
  t.equal(mode(server.path), 0o700);
  t.equal(mode(join(dataDir, "redis")), 0o700);
  t.notOk(server.path.startsWith(dataDir));

  const redis = client(t, server.path);
  const expected = {
    port: "0",
    "tls-port": "0",
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    maxmemory: "12345678",
    "maxmemory-policy": "noeviction",
    dir: realpathSync(join(dataDir, "redis")),
  };
  for (const [name, value] of Object.entries(expected)) t.equal(await setting(redis, name), value, name);

  if (process.platform === "linux") {
    const folder = `/proc/${serverPid(dataDir)}`;
    const sockets = readdirSync(`${folder}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
    t.ok(sockets.length > 0, "it has its Unix socket");
    // The tenth column of /proc/net/tcp is the inode (proc(5)).
    const inodes = ["tcp", "tcp6"]
      .filter((table) => existsSync(`${folder}/net/${table}`))
      .flatMap((table) => readFileSync(`${folder}/net/${table}`, "utf8").split("\n"))
      .map((line) => line.trim().split(/\s+/)[9]);
    t.notOk(
      sockets.some((inode) => inodes.includes(inode)),
      "and no TCP socket",
    );
  }
});

t.test("after kill -9 of its holder it lives on and is adopted, with the settings of now", async (t) => {
  const dataDir = freshDataDir(t);
  const { child, said } = await hold(t, dataDir);
  const redis = client(t, said.path);
  await redis.set("accepted", "yes");
  const pid = serverPid(dataDir);
  child.kill("SIGKILL");
  await once(child, "exit");
  t.equal(await redis.ping(), "PONG");

  const server = await start(t, dataDir, { fsync: "always", memory: 9_999_999 });
  t.equal(server.adopted, true);
  t.equal(server.path, said.path);
  t.equal(serverPid(dataDir), pid);
  t.equal(await redis.get("accepted"), "yes");
  t.equal(await setting(redis, "appendfsync"), "always");
  t.equal(await setting(redis, "maxmemory"), "9999999");
  redis.disconnect();
  await server.stop();
  t.notOk(existsSync(said.path), "the adopter stops it");
});

t.test("is found where it is, whatever TMPDIR says now", async (t) => {
  const dataDir = freshDataDir(t);
  const { said } = await hold(t, dataDir);
  const elsewhere = join(dirname(dataDir), "elsewhere");
  mkdirSync(elsewhere);
  process.env.TMPDIR = elsewhere;
  const server = await start(t, dataDir, { purpose: "account" });
  t.equal(server.path, said.path);
  t.strictSame(readdirSync(elsewhere), []);
});

t.test("a terminal's Ctrl-C does not reach it", { skip: process.platform !== "linux" }, async (t) => {
  const dataDir = freshDataDir(t);
  await start(t, dataDir);
  // The sixth field of /proc/<pid>/stat is the session (proc(5)); a leader's is its own process id.
  const session = (pid: number) =>
    Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[3],
    );
  const pid = serverPid(dataDir)!;
  t.equal(session(pid), pid);
  t.not(session(process.pid), pid);
});

t.test("two serve on one DATA_DIR are refused", async (t) => {
  const dataDir = freshDataDir(t);
  const server = await start(t, dataDir);
  const { said } = await hold(t, dataDir);
  t.match(said.error, "another abacus serve");
  t.match(said.error, dataDir);
  const redis = client(t, server.path);
  t.equal(await redis.ping(), "PONG", "the first one is not disturbed");
});

t.test("of several serve at the same moment exactly one holds it", async (t) => {
  const dataDir = freshDataDir(t);
  const holders = await Promise.all([1, 2, 3].map(() => hold(t, dataDir)));
  const errors = holders.flatMap(({ said }) => said.error ?? []);
  t.equal(errors.length, 2);
  for (const error of errors) t.match(error, "another abacus serve");
});

t.test("account uses a running server and leaves it", async (t) => {
  const dataDir = freshDataDir(t);
  const server = await start(t, dataDir, { fsync: "always" });
  const redis = client(t, server.path);
  const account = await start(t, dataDir, { purpose: "account" });
  t.equal(account.adopted, true);
  t.equal(account.path, server.path);
  t.equal(await setting(redis, "appendfsync"), "always", "its settings stay those of serve");
  await account.stop();
  t.equal(await redis.ping(), "PONG");
});

t.test("account starts a server for its own time", async (t) => {
  const dataDir = freshDataDir(t);
  const account = await start(t, dataDir, { purpose: "account" });
  t.equal(account.adopted, false);
  await account.stop();
  t.notOk(existsSync(account.path));
});

t.test("a server that account started stays for the serve that came meanwhile", async (t) => {
  const dataDir = freshDataDir(t);
  const account = await start(t, dataDir, { purpose: "account" });
  const server = await start(t, dataDir);
  t.equal(server.adopted, true);
  await account.stop();
  const redis = client(t, server.path);
  t.equal(await redis.ping(), "PONG");
  redis.disconnect();
  await server.stop();
  t.notOk(existsSync(server.path));
});

t.test("a server that dies is started again, with what was written", async (t) => {
  const dataDir = freshDataDir(t);
  const server = await start(t, dataDir, { fsync: "always" });
  const redis = client(t, server.path);
  for (const round of ["first", "second"]) {
    await redis.set("round", round);
    process.kill(serverPid(dataDir)!, "SIGKILL");
    t.equal(await redis.get("round"), round);
  }
  const { said } = await hold(t, dataDir);
  t.match(said.error, "another abacus serve", "the name is held again");
  redis.disconnect();
  await server.stop();
  await sleep(500);
  t.notOk(existsSync(server.path), "and after stop() it stays away");
});

t.test("what is not this user's own directory is refused", async (t) => {
  const dataDir = freshDataDir(t);
  mkdirSync(join(dataDir, "redis"), { recursive: true });
  const directory = dirname(socketPath(join(dataDir, "redis")));
  const target = join(dirname(dataDir), "target");
  mkdirSync(target, { mode: 0o700 });

  symlinkSync(target, dirname(directory));
  await t.rejects(start(t, dataDir), { message: /must be a directory, not a symbolic link/ });
  t.strictSame(readdirSync(target), []);
  rmSync(dirname(directory));

  mkdirSync(directory, { recursive: true });
  chmodSync(dirname(directory), 0o755);
  await t.rejects(start(t, dataDir), { message: /must have mode 0700 and has 0755/ });
  chmodSync(dirname(directory), 0o700);

  const { getuid } = process;
  t.teardown(() => Object.assign(process, { getuid }));
  rmSync(dirname(directory), { recursive: true });
  Object.assign(process, { getuid: () => (getuid?.() ?? 0) + 1 });
  await t.rejects(start(t, dataDir), { message: /belongs to user id \d+, and Abacus runs as user id \d+/ });
});

t.test("a DATA_DIR with a long and odd path", async (t) => {
  const dataDir = freshDataDir(t, "long".repeat(40), "spaces and 'quotes' \"too\"", "ünï");
  t.ok(Buffer.byteLength(dataDir) > 107);
  const server = await start(t, dataDir);
  const redis = client(t, server.path);
  t.equal(await redis.ping(), "PONG");
  t.ok(existsSync(join(dataDir, "redis", "appendonlydir")));
});

t.test("a stale socket and a stale lock are no obstacle", async (t) => {
  const dataDir = freshDataDir(t);
  const { child, said } = await hold(t, dataDir);
  const redisPid = serverPid(dataDir)!;
  for (const pid of [child.pid!, redisPid]) process.kill(pid, "SIGKILL");
  await once(child, "exit");
  while (isAlive(redisPid)) await sleep(20);
  t.ok(existsSync(said.path), "Redis had no time to remove its socket");
  writeFileSync(join(dataDir, "redis", "start.lock"), `${child.pid} of a killed process`);
  const server = await start(t, dataDir);
  t.equal(server.adopted, false);
});

t.test("a copied DATA_DIR gets a server of its own, a moved one is not mistaken", async (t) => {
  const dataDir = freshDataDir(t);
  const { said } = await hold(t, dataDir);
  const copy = `${dataDir}-copy`;
  cpSync(dataDir, copy, { recursive: true });
  rmSync(join(copy, "redis", "redis.pid"));
  const server = await start(t, copy);
  t.not(server.path, said.path);
  await server.stop();

  const pid = serverPid(dataDir)!;
  t.teardown(() => killIfAlive(pid));
  rmSync(dataDir, { recursive: true });
  await t.rejects(start(t, dataDir), { message: /another Redis server listens on .* has been removed/ });
});

t.test("a server of a killed process whose DATA_DIR was removed makes way", async (t) => {
  const dataDir = freshDataDir(t);
  const { child } = await hold(t, dataDir);
  const pid = serverPid(dataDir)!;
  t.teardown(() => killIfAlive(pid));
  process.kill(child.pid!, "SIGKILL");
  await once(child, "exit");
  rmSync(dataDir, { recursive: true });
  const server = await start(t, dataDir);
  t.equal(server.adopted, false);
  t.not(serverPid(dataDir), pid);
  t.equal(isAlive(pid), false, "the old one has ended");
});

t.test(
  "a server that is alive without its socket is not doubled",
  { skip: process.platform !== "linux" },
  async (t) => {
    const dataDir = freshDataDir(t);
    const { said } = await hold(t, dataDir);
    rmSync(dirname(said.path), { recursive: true });
    await t.rejects(start(t, dataDir, { purpose: "account" }), {
      message: new RegExp(`stop it with \`kill ${serverPid(dataDir)}\``),
    });
  },
);

t.test("a start that fails says what Redis's log says", async (t) => {
  const dataDir = freshDataDir(t);
  const server = await start(t, dataDir);
  const redis = client(t, server.path);
  await redis.set("a", "b");
  redis.disconnect();
  await server.stop();
  const files = join(dataDir, "redis", "appendonlydir");
  const base = readdirSync(files).find((name) => name.includes(".base."))!;
  truncateSync(join(files, base), 3);
  await t.rejects(start(t, dataDir), { message: /redis\.log ends with: / });
});

t.test("Debian's spelling: only redis-check-rdb on the PATH; and none at all", async (t) => {
  const dataDir = freshDataDir(t);
  const binary = (process.env.PATH ?? "")
    .split(":")
    .flatMap((folder) =>
      ["redis-check-rdb", "redis-server", "valkey-server"].map((name) => join(folder, name)),
    )
    .find((file) => existsSync(file));
  if (!binary) return t.fail("there is no Redis server on this machine: scripts/setup installs one");
  const bin = join(dirname(dataDir), "bin");
  mkdirSync(bin);
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = bin;

  writeFileSync(join(bin, "apt-get"), "", { mode: 0o755 });
  await t.rejects(start(t, dataDir), {
    message:
      "no Redis server is on the PATH: install one with `sudo apt-get install redis-tools`, or set REDIS_URL",
  });
  symlinkSync(binary, join(bin, "redis-check-rdb"));
  const server = await start(t, dataDir);
  const redis = client(t, server.path);
  t.equal(await redis.ping(), "PONG");
});

t.test("a Redis that is too old is refused", async (t) => {
  const dataDir = freshDataDir(t);
  const bin = join(dirname(dataDir), "bin");
  mkdirSync(bin);
  // As `redis-server --version` of Debian 11 prints it.
  const version = "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=6d95e1af3a2c082a";
  writeFileSync(join(bin, "redis-server"), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${bin}:${PATH}`;
  await t.rejects(start(t, dataDir), { message: /is Redis 6\.0, Abacus needs 6\.2 or newer/ });
});
