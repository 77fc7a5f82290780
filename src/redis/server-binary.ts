// Which program on this machine is a Redis server, and whether it is recent enough.
import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface ServerBinary {
  /** Absolute path. */
  readonly file: string;
  /** What the program must be told that it is called. */
  readonly argv0: string;
}

/** The oldest Redis with every command that BullMQ uses. */
const OLDEST: readonly [major: number, minor: number] = [6, 2];

/**
 * Every Redis program is one binary that looks at the name it is called by. Debian's `redis-tools` brings
 * that binary, without a service, under the name redis-check-rdb.
 */
const SPELLINGS = [
  { name: "redis-server", argv0: "redis-server" },
  { name: "valkey-server", argv0: "valkey-server" },
  { name: "redis-check-rdb", argv0: "redis-server" },
];

/** What to type for a server, by the package manager that the machine has. */
const INSTALL: Record<string, string> = {
  "apt-get": "sudo apt-get install redis-tools",
  apk: "sudo apk add redis",
  dnf: "sudo dnf install valkey",
  brew: "brew install redis",
};

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  // An empty entry means the working directory; a server is not looked for there.
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function missing(): Error {
  const manager = Object.keys(INSTALL).find((name) => onPath(name));
  const command = manager && INSTALL[manager];
  return new Error(
    `no Redis server is on the PATH: ${command ? `install one with \`${command}\`` : "install Redis or Valkey"}, or set REDIS_URL`,
  );
}

/** Throws when the program is no Redis server, or is older than Abacus can use. */
function checkVersion({ file, argv0 }: ServerBinary): void {
  const { stdout } = spawnSync(file, ["--version"], { argv0, encoding: "utf8", timeout: 10_000 });
  // "Redis server v=7.0.15 sha=…", "Valkey server v=8.1.1 sha=…"
  const [, major, minor] = /\bv=(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  if (major === undefined) throw new Error(`${file} --version does not answer as a Redis server does`);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
    throw new Error(`${file} is Redis ${major}.${minor}, Abacus needs ${OLDEST.join(".")} or newer`);
  }
}

/** The Redis or Valkey server on the PATH. Throws one sentence, with the command to run, when there is none. */
export function findServerBinary(): ServerBinary {
  for (const { name, argv0 } of SPELLINGS) {
    const file = onPath(name);
    if (file === undefined) continue;
    checkVersion({ file, argv0 });
    return { file, argv0 };
  }
  throw missing();
}
