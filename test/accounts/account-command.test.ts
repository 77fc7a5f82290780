import { readdir } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { ensureAdmin } from "../../src/accounts/admin.js";
import { account } from "../../src/commands/account.js";
import { createWebhookSecrets } from "../../src/webhooks/secrets.js";
import { startRedis } from "../redis-server.js";

t.test("npm run account", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect();
  const accounts = createAccounts(connection);
  const secrets = createWebhookSecrets(connection);
  t.beforeEach(() => connection.flushall());

  /** Runs a command with `input` at its standard input, which stays open as a pipe from a script may. */
  async function command(line: string, { input = "", dataDir = "/nowhere", terminal = false } = {}) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.write(input);
    const deps = {
      ...{ accounts, secrets, stdout, stderr, dataDir },
      stdin: Object.assign(stdin, { isTTY: terminal }),
    };
    const code = await account(line.split(" ").filter(Boolean), deps);
    stdout.end();
    stderr.end();
    return { code, stdout: await text(stdout), stderr: await text(stderr) };
  }

  t.test("add takes the first line of standard input", async (t) => {
    const inputs = ["correct horse\n", "correct horse\r\nmore\n", "correct horse\nmore"];
    for (const input of inputs) {
      await connection.flushall();
      t.same(await command("add ada", { input }), {
        code: 0,
        stdout: "Added the account ada.\n",
        stderr: "",
      });
      t.ok(await accounts.authenticate("ada", "correct horse"));
    }
  });

  t.test("a terminal is asked twice and shows nothing of the password", async (t) => {
    const added = await command("add ada", { input: "correct horse\rcorrect horse\r", terminal: true });
    t.same(added, {
      code: 0,
      stdout: "Added the account ada.\n",
      stderr: "Password for ada: \nThe same again: \n",
    });
    t.ok(await accounts.authenticate("ada", "correct horse"));
    const differing = await command("passwd ada", {
      input: "another horse\ranother house\r",
      terminal: true,
    });
    t.match(differing, {
      code: 1,
      stdout: "",
      stderr: /the two passwords differ, and nothing was changed\n$/,
    });
    for (const input of ["\u0003", "another horse\r\u0004"])
      t.match(await command("passwd ada", { input, terminal: true }), {
        code: 1,
        stderr: /no password was given/,
      });
    t.ok(await accounts.authenticate("ada", "correct horse"));
  });

  t.test("passwd, list and remove", async (t) => {
    await command("add ada", { input: "correct horse\n" });
    await command("add grace.hopper", { input: "correct horse\n" });
    const changed = await command("passwd ada", { input: "another horse\n" });
    t.same(changed, { code: 0, stdout: "Changed the password of ada.\n", stderr: "" });
    t.ok(await accounts.authenticate("ada", "another horse"));
    const { stdout } = await command("list");
    const rest = "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z {2}jobs:read jobs:write models:write\n";
    t.match(stdout, new RegExp(`^ada {9}  ${rest}grace\\.hopper  ${rest}$`));
    t.same(await command("remove ada"), { code: 0, stdout: "Removed the account ada.\n", stderr: "" });
    t.equal(await accounts.get("ada"), undefined);
  });

  t.test("secret prints what an account's webhooks are signed with, and replaces it", async (t) => {
    await command("add ada", { input: "correct horse\n" });
    const first = await command("secret ada");
    t.match(first, { code: 0, stdout: /^whsec_[A-Za-z0-9+/]{43}=\n$/, stderr: "" });
    t.same(await command("secret ada"), first, "the same each time");
    const rotated = await command("secret ada --rotate");
    t.match(rotated, { code: 0, stdout: /^whsec_[A-Za-z0-9+/]{43}=\n$/, stderr: "" });
    t.not(rotated.stdout, first.stdout);
    t.same(await command("secret ada"), rotated);
    for (const line of ["secret ben", "secret ben --rotate"])
      t.match(await command(line), { code: 1, stdout: "", stderr: "there is no account ben\n" });
    t.match(await command("secret Ada"), { code: 1, stdout: "" });
    t.match(await command("secret oidc:someone"), { code: 0, stdout: /^whsec_/ }, "which has no record");
    for (const line of ["secret", "secret ada --other", "secret ada --rotate more"])
      t.match(await command(line), { code: 2, stdout: "", stderr: /^usage:/ });
  });

  t.test("passwd admin removes the file of the generated password", async (t) => {
    const dataDir = t.testdir();
    const { passwordFile } = await ensureAdmin(accounts, { dataDir });
    const { code, stdout } = await command("passwd admin", { input: "correct horse\n", dataDir });
    t.equal(code, 0);
    t.equal(stdout, `Changed the password of admin.\nRemoved ${passwordFile}, which held the old one.\n`);
    t.same(await readdir(dataDir), []);
  });

  t.test("what cannot be done is one sentence on stderr and exit code 1", async (t) => {
    await command("add ada", { input: "correct horse\n" });
    const cases: [line: string, input: string, sentence: RegExp][] = [
      ["add ada", "correct horse\n", /^there is already an account ada\n$/],
      ["add Ada", "correct horse\n", /^an account's name is 1 to 64 lower-case .*\n$/],
      ["add bob", "short\n", /^a password has 8 to 1024 bytes in UTF-8, and this one has 5\n$/],
      ["add bob", "\n", /^there is no password on the first line of standard input\n$/],
      ["add bob", "x".repeat(1_000_000), /^a password has 8 to 1024 bytes .* this one has more\n$/],
      ["passwd bob", "correct horse\n", /^there is no account bob\n$/],
      ["remove bob", "", /^there is no account bob\n$/],
      ["remove admin", "", /^the account admin cannot be removed, .*\n$/],
    ];
    for (const [line, input, sentence] of cases)
      t.match(await command(line, { input }), { code: 1, stdout: "", stderr: sentence }, line);
    const latin1 = new PassThrough();
    latin1.end(Buffer.from("pass\xe9words\n", "latin1"));
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    t.equal(
      await account(["add", "bob"], {
        ...{ accounts, secrets, stdin: latin1, stdout, stderr },
        dataDir: "/nowhere",
      }),
      1,
    );
    t.match(String(stderr.read()), /^the password on standard input is not UTF-8\n$/);
    t.same(await connection.keys("*account:*"), ["{abacus}:account:ada"]);
  });

  t.test("what is not a command is answered with the usage and exit code 2", async (t) => {
    for (const line of ["", "add", "add ada bob", "list ada", "remove", "frobnicate", "constructor ada"])
      t.match(
        await command(line),
        { code: 2, stdout: "", stderr: /^usage: npm run account -- add NAME/ },
        line,
      );
    t.match(await command("--help"), { code: 0, stdout: /^usage:/, stderr: "" });
  });

  t.test("without Redis it fails in a sentence", async (t) => {
    const lost = redis.connect({ commandTimeout: 100 });
    redis.pause();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const deps = {
      accounts: createAccounts(lost),
      ...{ secrets, stdin, stdout, stderr },
      dataDir: "/nowhere",
    };
    t.equal(await account(["list"], deps), 1);
    t.match(String(stderr.read()), /^account list failed: .*timed out\n$/);
    redis.resume();
  });
});
