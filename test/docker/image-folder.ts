// Carries out docker/Dockerfile without an engine: each stage in a folder of its own, from the context that
// .dockerignore leaves. The last stage's RUN is left out: it installs Debian's packages, as root.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Instruction, readDockerfile, type Stage } from "./dockerfile.js";

/** Milliseconds for one RUN: on a busy machine and without npm's cache it takes a while. */
const RUN_TIMEOUT = 180_000;

/** What npm must know of the machine; not what the npm says that runs these tests. */
const INHERITED =
  /^(PATH|HOME|NODE_EXTRA_CA_CERTS|(https?|no)_proxy|npm_config_(registry|cache|\w*config))$/i;

/** The files of the context, copied: .dockerignore is a `*` and the exceptions from it. */
function copyContext(to: string): void {
  const patterns = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [everything, ...exceptions] = patterns;
  if (everything !== "*") throw new Error(".dockerignore: it must begin with *");
  for (const exception of exceptions) {
    const [, path] = /^!([\w./-]+)$/.exec(exception) ?? [];
    if (path === undefined) throw new Error(`.dockerignore: ${exception}`);
    cpSync(path, join(to, path), { recursive: true });
  }
}

/** `COPY [--from=STAGE] SOURCE... DESTINATION` */
function copy(text: string, context: string, stageFolder: (name: string) => string, cwd: string): void {
  const words = text.split(/\s+/);
  const from = /^--from=(.*)/.exec(words[0] ?? "")?.[1];
  const sources = from === undefined ? words.slice(0, -1) : words.slice(1, -1);
  const destination = join(cwd, words.at(-1) ?? "");
  for (const source of sources) {
    const path = join(from === undefined ? context : stageFolder(from), source);
    const intoFolder = destination.endsWith("/") && !statSync(path).isDirectory();
    const target = intoFolder ? join(destination, basename(path)) : destination;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target, { recursive: true, verbatimSymlinks: true });
  }
}

async function run(command: string, cwd: string, environment: Record<string, string>): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  const variables = { ...Object.fromEntries(inherited), npm_config_prefer_offline: "true", ...environment };
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // the tests' runner adds to the environment of each child, and what it adds is not for the compiler
  await promisify(execFile)("env", ["-i", ...words, "/bin/sh", "-c", command], { cwd, timeout: RUN_TIMEOUT });
}

/** Builds under `folder` and gives the last stage with the folder that is its root. */
export async function buildImage(folder: string): Promise<{ stage: Stage; root: string }> {
  const context = join(folder, "context");
  const stageFolder = (name: string) => join(folder, "stages", name);
  copyContext(context);
  const { stages } = readDockerfile("docker/Dockerfile");
  const last = stages.at(-1);
  if (!last) throw new Error("the Dockerfile has no stage");
  for (const stage of stages) {
    const root = stageFolder(stage.name);
    let cwd = root;
    const carryOut: Record<string, (text: string) => Promise<void> | void> = {
      WORKDIR: (text) => {
        cwd = join(root, text);
        mkdirSync(cwd, { recursive: true });
      },
      COPY: (text) => copy(text, context, stageFolder, cwd),
      RUN: (text) => (stage === last ? undefined : run(text, cwd, stage.environment)),
    };
    for (const { keyword, text } of stage.instructions as Instruction[]) await carryOut[keyword]?.(text);
  }
  return { stage: last, root: stageFolder(last.name) };
}
