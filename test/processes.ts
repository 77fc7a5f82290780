// Real processes of the service, for end-to-end tests: started on free ports, looked at from outside, killed.
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { spawnGuard } from "./guard.js";
import { answerCheck } from "./openapi-answers.js";
import { AUTHORIZATION, type Json, PASSWORD } from "./service.js";
import { until } from "./until.js";
import type { Teardown, Workplace } from "./workplace.js";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What a process writes, and how it ends. */
export interface TestProcess {
  readonly pid: number;
  readonly stdin: Writable;
  stdout(): string;
  stderr(): string;
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Waits for its end; throws when it goes on. */
  exited(): Promise<Exit>;
  /** Sends a signal and waits for its end; throws when it goes on. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed, or `undefined` for an empty body. */
  body: Json;
}

/** `serve`, `api` or `worker`; a worker has no address. */
export interface ServiceProcess extends TestProcess {
  readonly url: string;
  /** `fetch` of a path, as admin unless the headers say otherwise. Rejects an answer that is not described. */
  request(path: string, init?: RequestInit): Promise<Answer>;
  /** Posts JSON. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Posts a job that must be accepted; its id. */
  submit(path: string, body: unknown): Promise<string>;
  job(id: string): Promise<Json>;
  /** The job when it has ended. Throws when it has not after `seconds`. */
  ended(id: string, seconds?: number): Promise<Json>;
}

const MAIN = fileURLToPath(new URL("../src/main.js", import.meta.url));
const WITH_FIXTURES = fileURLToPath(new URL("./process-with-fixtures.js", import.meta.url));

/** The build that the tests are part of. */
export const DIST = fileURLToPath(new URL("../", import.meta.url));

/** How long a process may take to be ready, in milliseconds: a machine with other work to do included. */
const START_TIMEOUT = 30_000;
const LISTENS = /listens on (https?:\S+)/;
const TAKES_JOBS = "takes jobs";

/** Settings that suit a test; a process gets them, its own, and none of the shell's. */
const SETTINGS = {
  PORT: "0",
  THREADS: "1",
  RECOVERY: "3",
  DISK_RESERVE: "0",
  RATE_LIMIT: "1000000", // tests submit faster than people
  ADMIN_PASSWORD: PASSWORD,
};

/** The shell's environment without its settings of the service, and with TMPDIR in the workplace. */
function environment(workplace: Workplace, env: Record<string, string>): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, TMPDIR: workplace.folder, ...SETTINGS, DATA_DIR: workplace.dataDir, ...env };
}

/** Starts any program in the workplace's folder; it is killed at the end of the test at the latest. */
export function spawnProcess(
  t: Teardown,
  workplace: Workplace,
  [program, ...args]: [string, ...string[]],
  env: Record<string, string> = {},
): TestProcess {
  const child = spawn(program, args, {
    cwd: workplace.folder,
    env: environment(workplace, env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const guard = spawnGuard(`kill -9 "$0"`, String(child.pid));
  const watched = watch(child);
  t.teardown(async () => {
    if (!watched.hasExited()) await watched.end("SIGKILL");
    guard.dismiss();
  });
  return watched;
}

function watch(child: ChildProcessByStdio<Writable, Readable, Readable>): TestProcess {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (process.env.TEST_LOG_LEVEL) process.stderr.write(text);
  });
  child.stdin.on("error", () => {}); // it ended without reading
  let exit: Exit | undefined;
  // `close` comes after the last of what it wrote
  child.on("close", (code, signal) => {
    exit = { code, signal };
  });
  const exited = () => until(`process ${child.pid} ends`, () => exit);
  return {
    pid: child.pid as number,
    stdin: child.stdin,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    hasExited: () => hasExited(child),
    signal: (signal) => void child.kill(signal),
    end(signal) {
      child.kill(signal);
      child.kill("SIGCONT"); // a stopped process takes no SIGTERM
      return exited();
    },
  };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Starts `abacus` with these arguments; it need not become ready. */
export function spawnMain(
  t: Teardown,
  workplace: Workplace,
  args: string[],
  env: Record<string, string> = {},
): TestProcess {
  return spawnProcess(t, workplace, [process.execPath, MAIN, ...args], env);
}

/** Runs `abacus` with these arguments to its end. */
export async function runToEnd(
  t: Teardown,
  workplace: Workplace,
  args: string[],
  { env = {}, stdin = "" }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const started = spawnMain(t, workplace, args, env);
  started.stdin.end(stdin);
  const exit = await started.exited();
  return { ...exit, stdout: started.stdout(), stderr: started.stderr() };
}

export interface StartOptions {
  env?: Record<string, string>;
  /** With the tests' job types. A path: another program that takes the command as its argument. */
  fixtures?: boolean | string;
}

/** Starts `serve`, `api` or `worker` and waits until it is ready. */
export async function startProcess(
  t: Teardown,
  workplace: Workplace,
  command: "serve" | "api" | "worker",
  { env = {}, fixtures = false }: StartOptions = {},
): Promise<ServiceProcess> {
  const program = typeof fixtures === "string" ? fixtures : fixtures ? WITH_FIXTURES : MAIN;
  return untilStarted(spawnProcess(t, workplace, [process.execPath, program, command], env));
}

/** Waits until a process has told its address and is ready. */
export async function untilStarted(started: TestProcess): Promise<ServiceProcess> {
  const running = { ...started, ...(await client(await untilSaid(started))) };
  if (running.url) await untilReady(running);
  return running;
}

/** The address that the process tells, "" for a worker. */
async function untilSaid(started: TestProcess): Promise<string> {
  for (const deadline = Date.now() + START_TIMEOUT; Date.now() < deadline; await sleep(20)) {
    const url = LISTENS.exec(started.stdout())?.[1];
    if (url) return url;
    if (started.stdout().includes(TAKES_JOBS)) return "";
    if (started.hasExited()) break;
  }
  throw new Error(`it did not start: ${started.stdout()}${started.stderr()}`);
}

export function untilReady({ url }: Pick<ServiceProcess, "url">): Promise<true> {
  return until("ready", async () => (await fetch(`${url}/readyz`)).status === 200, START_TIMEOUT / 1000);
}

async function client(url: string): Promise<Omit<ServiceProcess, keyof TestProcess>> {
  const check = url === "" ? undefined : await answerCheck(url);

  async function request(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url + path, {
      ...init,
      headers: { authorization: AUTHORIZATION, ...init.headers },
    });
    await check?.(init.method, response);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  async function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    if (body === undefined) return request(path, { method: "POST", headers });
    return request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  return {
    url,
    request,
    post,
    async submit(path, body) {
      const answer = await post(path, body);
      if (answer.status !== 202) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body.id;
    },
    async job(id) {
      return (await request(`/v1/jobs/${id}`)).body;
    },
    async ended(id, seconds = 30) {
      const { body } = await request(`/v1/jobs/${id}`, { headers: { prefer: `wait=${seconds}` } });
      if (body.finishedAt) return body;
      throw new Error(`the job has not ended after ${seconds} s: ${JSON.stringify(body)}`);
    },
  };
}
