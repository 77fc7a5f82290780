// scripts/setup in a small checkout of its own, with a PATH on which npm, the package managers, sudo and id
// are stand-ins that write down how they were called.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import t, { type Test } from "tap";

const TOOLS =
  "sh cat chmod cksum cp dirname env find grep ls mkdir mktemp node rm rmdir sed sleep sort tr true".split(
    " ",
  );

/** Two packages; the second is for other platforms. As npm writes them, with fewer fields. */
const first = { version: "1.0.0", integrity: "sha512-first" };
const LOCK = {
  packages: {
    "": { name: "abacus" },
    "node_modules/first": first,
    "node_modules/second": { version: "2.0.0", integrity: "sha512-second", optional: true },
  },
};
const INSTALLED = { packages: { "node_modules/first": first } };

function onPath(tool: string): string {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const file = tool === "node" ? process.execPath : folders.map((f) => join(f, tool)).find(existsSync);
  if (!file) throw new Error(`${tool} is not on the PATH`);
  return file;
}

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
  /** How the stand-ins were called. */
  calls: string[];
}

const NOTHING: Outcome = { status: 0, stdout: "", stderr: "", calls: [] };

class Checkout {
  readonly root: string;
  readonly bin: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(t: Test) {
    const folder = mkdtempSync(join(tmpdir(), "abacus-setup-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    this.root = join(folder, "check out");
    this.bin = join(folder, "bin");
    for (const name of ["src", "workers", "test/fixtures", "scripts", "node_modules"]) {
      mkdirSync(join(this.root, name), { recursive: true });
    }
    mkdirSync(this.bin);
    for (const name of ["package.json", "tsconfig.json", "asconfig.json", "scripts/setup"]) {
      copyFileSync(name, join(this.root, name));
    }
    this.write("src/main.ts", "export {};\n");
    this.write("package-lock.json", JSON.stringify(LOCK));
    this.write("installed.json", JSON.stringify(INSTALLED));
    for (const tool of TOOLS) symlinkSync(onPath(tool), join(this.bin, tool));
    this.env = { PATH: this.bin, TMPDIR: folder, CALLS: join(folder, "calls"), OUT: join(folder, "out") };
    this.stand(
      "npm",
      'case "$1" in',
      "ci) mkdir -p node_modules; cp installed.json node_modules/.package-lock.json ;;",
      "run) mkdir dist; echo built >dist/main.js ;;",
      "esac",
    );
    this.stand("id", "echo 1000");
    this.stand("redis-server");
    this.forget();
  }

  /** Puts a stand-in on the PATH, which notes its call, and whether something had been said before it. */
  stand(name: string, ...script: string[]): void {
    const note = `said=; [ ! -s "$OUT" ] || said=' after a word'; echo "${name} $*$said" >>"$CALLS"`;
    const text = ["#!/bin/sh", name === "id" ? "" : note, ...script, ""].join("\n");
    writeFileSync(join(this.bin, name), text, { mode: 0o755 });
  }

  /** A package manager whose packages bring a server under this name. */
  standManager(name: string, brings: string): void {
    this.stand(
      name,
      `case "$*" in *install*|*add*) : >"${this.bin}/${brings}"; chmod +x "${this.bin}/${brings}" ;; esac`,
    );
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, name), text);
  }

  remove(name: string): void {
    rmSync(join(this.root, name), { recursive: true });
  }

  has(name: string): boolean {
    return existsSync(join(this.root, name));
  }

  run(...args: string[]): Outcome {
    // Standard output goes to a file, so that the stand-ins can see whether something was said.
    const script = `"$0" "$@" >"$OUT"`;
    const { status, stderr } = spawnSync(
      "/bin/sh",
      ["-c", script, join(this.root, "scripts/setup"), ...args],
      {
        cwd: "/",
        env: this.env,
        encoding: "utf8",
      },
    );
    return { status, stdout: readFileSync(this.env.OUT ?? "", "utf8"), stderr, calls: this.calls() };
  }

  calls(): string[] {
    const calls = readFileSync(this.env.CALLS ?? "", "utf8")
      .split("\n")
      .slice(0, -1);
    this.forget();
    return calls;
  }

  forget(): void {
    writeFileSync(this.env.CALLS ?? "", "");
  }
}

const INSTALL = "npm ci --include=dev after a word";
const BUILD = "npm run build after a word";
const SAID_INSTALL = "Installing the packages: npm ci\n";
const SAID_BUILD = "Building: npm run build\n";

/** A checkout in which setup has run. */
function readyCheckout(t: Test): Checkout {
  const checkout = new Checkout(t);
  const { status, stderr } = checkout.run();
  t.equal(status, 0, stderr);
  return checkout;
}

t.test("a fresh checkout: packages and build; a second run says and does nothing", (t) => {
  const checkout = new Checkout(t);
  checkout.write("node_modules/half", "an installation that was broken off");
  const stdout = SAID_INSTALL + SAID_BUILD;
  t.strictSame(checkout.run(), { status: 0, stdout, stderr: "", calls: [INSTALL, BUILD] });
  t.strictSame(checkout.run(), NOTHING);
  t.strictSame(
    readdirSync(checkout.root).filter((name) => name.startsWith(".")),
    [],
    "no lock is left",
  );
  t.strictSame(
    readdirSync(join(checkout.root, "..")).sort(),
    ["bin", "calls", "check out", "out"],
    "and no temporary file",
  );
  t.end();
});

t.test("packages that differ from package-lock.json are installed", (t) => {
  const changes: Record<string, object> = {
    "another version": { "node_modules/first": { ...first, version: "1.0.1" } },
    "another content": { "node_modules/first": { ...first, integrity: "sha512-other" } },
    "one more": { "node_modules/first": first, "node_modules/third": { version: "3.0.0" } },
    "one fewer": {},
  };
  for (const [name, packages] of Object.entries(changes)) {
    const checkout = readyCheckout(t);
    checkout.write("node_modules/.package-lock.json", JSON.stringify({ packages }));
    t.strictSame(checkout.run().calls, [INSTALL], name);
  }
  const checkout = readyCheckout(t);
  checkout.write("node_modules/.package-lock.json", "{ broken off");
  t.strictSame(checkout.run().calls, [INSTALL], "unreadable");
  t.end();
});

t.test("what was changed, added or deleted is built, without remains of the last build", (t) => {
  const checkout = readyCheckout(t);
  const changes: Record<string, () => void> = {
    changed: () => checkout.write("src/main.ts", "export const changed = 1;\n"),
    added: () => checkout.write("workers/more.ts", "export {};\n"),
    deleted: () => checkout.remove("workers/more.ts"),
    "tsconfig.json": () => checkout.write("tsconfig.json", "{}"),
    "asconfig.json": () => checkout.write("asconfig.json", "{}"),
    "dist is gone": () => checkout.remove("dist"),
  };
  for (const [name, change] of Object.entries(changes)) {
    change();
    if (checkout.has("dist")) checkout.write("dist/remains.js", "");
    t.strictSame(checkout.run(), { status: 0, stdout: SAID_BUILD, stderr: "", calls: [BUILD] }, name);
    t.notOk(checkout.has("dist/remains.js"));
  }
  checkout.write("test/fixtures/new.csv", "a\n1\n");
  t.strictSame(checkout.run().calls, [], "fixtures are not built");
  t.end();
});

t.test("what fails is shown, and tried again the next time", (t) => {
  const checkout = new Checkout(t);
  const npm = readFileSync(join(checkout.bin, "npm"), "utf8");
  const failing = (verb: string) =>
    writeFileSync(join(checkout.bin, "npm"), `${npm}[ "$1" != ${verb} ] || { echo no luck; exit 7; }\n`);

  failing("ci");
  t.strictSame(checkout.run(), {
    status: 1,
    stdout: SAID_INSTALL,
    stderr: "no luck\nsetup: npm ci failed\n",
    calls: [INSTALL],
  });
  failing("run");
  t.strictSame(checkout.run(), {
    status: 1,
    stdout: SAID_INSTALL + SAID_BUILD,
    stderr: "no luck\nsetup: the build failed\n",
    calls: [INSTALL, BUILD],
  });
  writeFileSync(join(checkout.bin, "npm"), npm);
  t.strictSame(checkout.run(), { status: 0, stdout: SAID_BUILD, stderr: "", calls: [BUILD] });
  t.end();
});

t.test("no Redis, as root: installed, and said before", (t) => {
  const installs: Record<string, [brings: string, calls: string[]]> = {
    "apt-get": [
      "redis-check-rdb",
      [
        "apt-get update after a word",
        "apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 redis-tools after a word",
      ],
    ],
    apk: ["redis-server", ["apk add redis after a word"]],
    dnf: ["valkey-server", ["dnf install -y valkey after a word"]],
    brew: ["redis-server", ["brew install redis after a word"]],
  };
  for (const [manager, [brings, calls]] of Object.entries(installs)) {
    const checkout = readyCheckout(t);
    rmSync(join(checkout.bin, "redis-server"));
    checkout.stand("id", "echo 0");
    checkout.standManager(manager, brings);
    const done = checkout.run();
    t.match(done, { status: 0, stderr: "" }, manager);
    t.strictSame(done.calls, calls);
    t.match(done.stdout, /^There is no Redis server: installing one, without a service \(.*\)\n$/);
    t.strictSame(checkout.run(), NOTHING);
  }
  t.end();
});

t.test("no Redis, with password-less sudo", (t) => {
  const checkout = readyCheckout(t);
  rmSync(join(checkout.bin, "redis-server"));
  checkout.standManager("apt-get", "redis-check-rdb");
  checkout.stand("sudo", 'shift; exec "$@"');
  const { status, calls } = checkout.run();
  t.equal(status, 0);
  t.equal(calls[0], "sudo -n true", "the rights are looked for before anything is said");
  t.match(calls.slice(1), [
    /^sudo -n env .*apt-get update/,
    /^apt-get update/,
    /^sudo -n env .*install/,
    /^apt-get install/,
  ]);
  t.end();
});

t.test("no Redis and no rights: the one command, and nothing else", (t) => {
  const commands = {
    "apt-get": "sudo apt-get install redis-tools",
    apk: "sudo apk add redis",
    dnf: "sudo dnf install valkey",
  };
  for (const [manager, command] of Object.entries(commands)) {
    const checkout = new Checkout(t);
    rmSync(join(checkout.bin, "redis-server"));
    checkout.standManager(manager, "redis-server");
    const expected = `setup: there is no Redis server: run \`${command}\`, or set REDIS_URL\n`;
    const refused = { status: 1, stdout: "", stderr: expected, calls: [] };
    t.strictSame(checkout.run(), refused, `${manager}, no sudo`);
    checkout.stand("sudo", "exit 1");
    t.strictSame(checkout.run(), { ...refused, calls: ["sudo -n true"] }, `${manager}, sudo with a password`);
  }
  const checkout = new Checkout(t);
  rmSync(join(checkout.bin, "redis-server"));
  const stderr = "setup: there is no Redis server: install Redis or Valkey 6.2 or newer, or set REDIS_URL\n";
  t.strictSame(checkout.run(), { status: 1, stdout: "", stderr, calls: [] }, "no package manager");
  t.end();
});

t.test("no Redis, and the installation fails: its words, then the one command", (t) => {
  const checkout = readyCheckout(t);
  rmSync(join(checkout.bin, "redis-server"));
  checkout.stand("id", "echo 0");
  checkout.stand("apt-get", "echo no network; exit 100");
  t.match(checkout.run(), { status: 1, stderr: /^no network\nsetup: .*`sudo apt-get install redis-tools`/ });
  t.end();
});

t.test("with REDIS_URL no server is looked for", (t) => {
  const checkout = readyCheckout(t);
  rmSync(join(checkout.bin, "redis-server"));
  t.equal(checkout.run().status, 1);
  checkout.write(".env", "# REDIS_URL=redis://example\nREDIS_URL=\n");
  t.equal(checkout.run().status, 1, "not set in .env");
  checkout.write(".env", "REDIS_URL=redis://example\n");
  t.strictSame(checkout.run(), NOTHING);
  checkout.remove(".env");
  checkout.env.REDIS_URL = "redis://example";
  t.strictSame(checkout.run(), NOTHING);
  t.end();
});

t.test("an old Node, and none", (t) => {
  const checkout = new Checkout(t);
  const wanted = "20.20.2"; // engines in package.json
  const versions = {
    "18.20.8": 1,
    "20.9.3": 1,
    "20.20.1": 1,
    "20.20.2": 0,
    "22.0.0": 0,
    "26.1.0-nightly": 0,
  };
  const real = `exec "${process.execPath}" "$@"`;
  for (const [version, status] of Object.entries(versions)) {
    rmSync(join(checkout.bin, "node"));
    writeFileSync(
      join(checkout.bin, "node"),
      `#!/bin/sh\n[ "$1" != -p ] || { echo ${version}; exit; }\n${real}\n`,
      { mode: 0o755 },
    );
    const done = checkout.run();
    t.equal(done.status, status, version);
    if (status === 0) continue;
    t.equal(
      done.stderr,
      `setup: Abacus needs Node.js ${wanted} or newer, and this is ${version}: https://nodejs.org\n`,
    );
    t.strictSame(done.calls, []);
  }
  rmSync(join(checkout.bin, "node"));
  t.match(checkout.run(), { status: 1, stderr: /needs Node\.js 20\.20\.2 or newer, and there is none/ });
  t.end();
});

t.test("--quiet keeps standard output empty", (t) => {
  const checkout = new Checkout(t);
  const calls = ["npm ci --include=dev", "npm run build"];
  t.strictSame(checkout.run("--quiet"), { ...NOTHING, calls });
  rmSync(join(checkout.bin, "redis-server"));
  checkout.stand("id", "echo 0");
  checkout.standManager("apt-get", "redis-check-rdb");
  t.match(checkout.run("--quiet"), {
    status: 0,
    stdout: "",
    stderr: /^There is no Redis server: installing one/,
  });
  t.end();
});

t.test("two at the same time do the work once", async (t) => {
  const checkout = new Checkout(t);
  const npm = readFileSync(join(checkout.bin, "npm"), "utf8");
  writeFileSync(join(checkout.bin, "npm"), npm.replace("ci)", "ci) sleep 1;"));
  writeFileSync(checkout.env.OUT ?? "", "");
  const runs = [1, 2].map(() =>
    once(spawn(join(checkout.root, "scripts/setup"), { env: checkout.env, stdio: "ignore" }), "exit"),
  );
  for (const [code] of await Promise.all(runs)) t.equal(code, 0);
  t.strictSame(checkout.calls(), ["npm ci --include=dev", "npm run build"]);
});

t.test("a lock that was left by a killed one is no obstacle", (t) => {
  const checkout = new Checkout(t);
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(checkout.root, ".setup-lock", String(pid)), { recursive: true });
  t.strictSame(checkout.run().calls, [INSTALL, BUILD]);
  t.notOk(checkout.has(".setup-lock"));
  mkdirSync(join(checkout.root, ".setup-lock"));
  checkout.remove("dist");
  t.strictSame(checkout.run().calls, [BUILD], "nor one whose maker did not get to sign it");
  t.end();
});

t.test("a checkout that cannot be written to", { skip: process.getuid?.() === 0 }, (t) => {
  const checkout = new Checkout(t);
  chmodSync(checkout.root, 0o555);
  t.teardown(() => chmodSync(checkout.root, 0o755));
  t.match(checkout.run(), { status: 1, stderr: /cannot be written to/ });
  t.end();
});
