import { execFile } from "node:child_process";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { dropStalePasswordFile, ensureAdmin } from "../../src/accounts/admin.js";
import { startRedis } from "../redis-server.js";

const run = promisify(execFile);

/** A process that does what a start does, and prints what `ensureAdmin` resolves to. */
const STARTER = `
  const { Redis } = await import(${JSON.stringify(import.meta.resolve("ioredis"))});
  const { createAccounts } = await import(${JSON.stringify(import.meta.resolve("../../src/accounts/accounts.js"))});
  const { ensureAdmin } = await import(${JSON.stringify(import.meta.resolve("../../src/accounts/admin.js"))});
  const [path, dataDir] = process.argv.slice(1);
  const redis = new Redis({ path });
  console.log(JSON.stringify(await ensureAdmin(createAccounts(redis), { dataDir })));
  redis.disconnect();`;

async function startProcess(path: string, dataDir: string) {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", STARTER, path, dataDir]);
  return JSON.parse(stdout) as { passwordFile: string | null; password?: string; notice?: string };
}

t.test("the account admin", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect();
  const accounts = createAccounts(connection);
  const signsIn = async (password: string) => (await accounts.authenticate("admin", password)) !== undefined;
  t.beforeEach(() => connection.flushall());

  t.test("the first start generates a password, keeps it in a private file, and tells it once", async (t) => {
    const dir = join(t.testdir(), "new", "data");
    const first = await ensureAdmin(accounts, { dataDir: dir });
    t.same(first, { passwordFile: join(dir, "admin-password"), password: first.password, notice: undefined });
    // 18 random bytes are 24 digits of base64url
    t.match(first.password, /^[\w-]{24}$/);
    t.equal(await readFile(first.passwordFile!, "utf8"), `${first.password}\n`);
    t.equal((await stat(first.passwordFile!)).mode & 0o777, 0o600);
    t.same(await readdir(dir), ["admin-password"], "no drafts are left");
    t.ok((await accounts.authenticate("admin", first.password!))?.scopes.has("admin"));

    const { version } = (await accounts.get("admin"))!;
    const second = await ensureAdmin(accounts, { dataDir: dir });
    t.same(second, { ...first, password: undefined });
    t.equal((await accounts.get("admin"))!.version, version);
  });

  t.test("processes that start at once on one folder agree, and Redis never sees the password", async (t) => {
    const dir = t.testdir();
    const seen: string[][] = [];
    const monitor = await redis.connect().monitor();
    monitor.on("monitor", (_time: string, command: string[]) => seen.push(command));
    const results = await Promise.all([1, 2, 3].map(() => startProcess(redis.path, dir)));
    await connection.ping();
    monitor.disconnect();

    const told = results.filter(({ password }) => password !== undefined);
    t.equal(told.length, 1, "one of them generated it");
    const { password } = told[0]!;
    for (const { passwordFile } of results) t.equal(passwordFile, join(dir, "admin-password"));
    t.equal(await readFile(join(dir, "admin-password"), "utf8"), `${password}\n`);
    t.ok(await signsIn(password!));
    t.ok(seen.length > 0);
    t.notOk(JSON.stringify(seen).includes(password!));
  });

  t.test("however close the starts are, the file holds the password that counts", async (t) => {
    const dir = t.testdir();
    const starts = Array.from({ length: 8 }, () => createAccounts(connection));
    const results = await Promise.all(starts.map((each) => ensureAdmin(each, { dataDir: dir })));
    const kept = await readFile(join(dir, "admin-password"), "utf8");
    t.same(
      results.map(({ password }) => password).filter((password) => password !== undefined),
      [kept.trim()],
    );
    t.ok(await signsIn(kept.trim()));
    t.same(await readdir(dir), ["admin-password"]);
  });

  t.test("of processes with folders of their own, one keeps the file and the others say so", async (t) => {
    const dirs = ["a", "b", "c"].map((name) => join(t.testdir(), name));
    const results = await Promise.all(dirs.map((dir) => startProcess(redis.path, dir)));
    const files = await Promise.all(dirs.map((dir) => readdir(dir)));
    t.same(files.flat(), ["admin-password"]);
    for (const [n, { passwordFile, password, notice }] of results.entries())
      if (passwordFile) t.ok(await signsIn(password!));
      else
        t.match([files[n], notice], [[], /not kept in .*`npm run account -- passwd admin` sets a new one$/]);
    t.equal(results.filter(({ passwordFile }) => passwordFile).length, 1);
  });

  t.test("a lost file is told with its remedy; nothing is generated", async (t) => {
    const dir = t.testdir();
    const { passwordFile, password } = await ensureAdmin(accounts, { dataDir: dir });
    await rm(passwordFile!);
    const next = await ensureAdmin(accounts, { dataDir: dir });
    t.match(next, { passwordFile: null, password: undefined, notice: /not kept in .*passwd admin/ });
    t.same(await readdir(dir), []);
    t.ok(await signsIn(password!));
  });

  t.test("after Redis lost everything, the file's password goes on", async (t) => {
    const dir = t.testdir();
    const { password } = await ensureAdmin(accounts, { dataDir: dir });
    await connection.flushall();
    t.match(await ensureAdmin(accounts, { dataDir: dir }), { password: undefined, notice: undefined });
    t.ok(await signsIn(password!));
  });

  t.test("a file of another Redis is left alone", async (t) => {
    const dir = t.testdir({ "admin-password": "of another one\n" });
    await accounts.add("admin", "correct horse");
    t.match(await ensureAdmin(accounts, { dataDir: dir }), {
      passwordFile: null,
      notice: /does not hold the/,
    });
    t.equal(await readFile(join(dir, "admin-password"), "utf8"), "of another one\n");
  });

  t.test("a file without a usable password stops the first start", async (t) => {
    const dir = t.testdir({ "admin-password": "" });
    await t.rejects(ensureAdmin(accounts, { dataDir: dir }), { message: /admin-password holds no usable/ });
    t.equal(await accounts.get("admin"), undefined);
  });

  t.test("ADMIN_PASSWORD wins at start, and only a new one ends the old", async (t) => {
    const dir = t.testdir();
    const generated = (await ensureAdmin(accounts, { dataDir: dir })).password!;
    const given = await ensureAdmin(accounts, { dataDir: dir, adminPassword: "correct horse" });
    t.same(given, { passwordFile: null, password: undefined, notice: undefined });
    t.notOk(await signsIn(generated));
    t.ok(await signsIn("correct horse"));
    t.same(await readdir(dir), [], "the file would lie");

    const { version } = (await accounts.get("admin"))!;
    await ensureAdmin(accounts, { dataDir: dir, adminPassword: "correct horse" });
    t.equal((await accounts.get("admin"))!.version, version);
    await ensureAdmin(accounts, { dataDir: dir, adminPassword: "another horse" });
    t.not((await accounts.get("admin"))!.version, version);
    t.notOk(await signsIn("correct horse"));
  });

  t.test("ADMIN_PASSWORD that is the file's own leaves the file", async (t) => {
    const dir = t.testdir();
    const { passwordFile, password } = await ensureAdmin(accounts, { dataDir: dir });
    const given = await ensureAdmin(accounts, { dataDir: dir, adminPassword: password });
    t.equal(given.passwordFile, passwordFile);
  });

  t.test("ADMIN_PASSWORD makes admin an administrator whatever the record said", async (t) => {
    await accounts.add("admin", "correct horse", ["jobs:read"]);
    await ensureAdmin(accounts, { dataDir: t.testdir(), adminPassword: "correct horse" });
    t.ok((await accounts.authenticate("admin", "correct horse"))?.scopes.has("admin"));
  });

  t.test("a wrong ADMIN_PASSWORD stops the start, named but not shown; an empty one is none", async (t) => {
    const dir = t.testdir();
    const start = ensureAdmin(accounts, { dataDir: dir, adminPassword: "horse" });
    await t.rejects(start, { message: /^ADMIN_PASSWORD: a password has 8 to 1024 bytes .* has 5$/ });
    t.equal(await accounts.get("admin"), undefined);
    t.ok((await ensureAdmin(accounts, { dataDir: dir, adminPassword: "" })).password);
  });

  t.test("only a stale file is dropped", async (t) => {
    const dir = t.testdir();
    t.equal(await dropStalePasswordFile(dir, "correct horse"), undefined);
    await writeFile(join(dir, "admin-password"), "correct horse\n");
    t.equal(await dropStalePasswordFile(dir, "correct horse"), undefined);
    t.equal(await dropStalePasswordFile(dir, "another horse"), join(dir, "admin-password"));
    t.same(await readdir(dir), []);
  });
});
