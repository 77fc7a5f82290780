// docker/systemd: systemd itself finds no mistake in the units, and what they start works and stops in order.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ROLES } from "../../src/commands/run.js";
import { readConfig, settingsSchema } from "../../src/config.js";
import { DIST, spawnProcess, untilStarted } from "../processes.js";
import { PASSWORD } from "../service.js";
import { until } from "../until.js";
import { isAlive, makeWorkplace, type Workplace } from "../workplace.js";
import { environmentOf, only, readUnit, type Unit } from "./systemd-unit.js";

const FOLDER = "docker/systemd";
const SERVICE = "abacus.service";
const WORKER = "abacus-worker@.service";
const service = readUnit(join(FOLDER, SERVICE));
const worker = readUnit(join(FOLDER, WORKER));
const units = { [SERVICE]: service, [WORKER]: worker };
/** What a unit may say that is no setting of the service. */
const FOREIGN = ["NODE_ENV", "TMPDIR"];
const ORDERLY = { code: 0, signal: null };

/** CI has it. */
const isMissing = spawnSync("systemd-analyze", ["--version"]).error !== undefined;
const noSystemd = isMissing && process.env.CI === undefined && "there is no systemd-analyze";

/** What `systemd-analyze verify` says of a unit, "" for nothing: some of its complaints leave its exit code at 0. */
function verify(t: Test, name: string, change = (text: string) => text): string {
  // where Node is on this machine is not the unit's affair
  const text = readFileSync(join(FOLDER, name), "utf8").replace(
    "ExecStart=node ",
    `ExecStart=${process.execPath} `,
  );
  const file = join(t.testdir({ [name]: change(text) }), name);
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
    encoding: "utf8",
  });
  return stdout + stderr + (status === 0 ? "" : `exit code ${status}`);
}

t.test("systemd finds no mistake in them", { skip: noSystemd }, (t) => {
  for (const name of Object.keys(units)) t.equal(verify(t, name), "", name);
  const mistakes: Record<string, (text: string) => string> = {
    "an unknown setting": (text) => text.replace("KillMode=", "KilMode="),
    "a wrong value": (text) => text.replace("KillMode=mixed", "KillMode=all"),
    "a setting of another section": (text) => text.replace("[Service]", "[Service]\nAfter=network.target"),
    "a program that there is not": (text) => text.replace(process.execPath, "/nowhere/node"),
  };
  for (const [mistake, make] of Object.entries(mistakes)) t.not(verify(t, SERVICE, make), "", mistake);
  t.end();
});

t.test("what they say is what the service needs", (t) => {
  for (const [name, unit] of Object.entries(units)) {
    const command = only(unit, "Service", "ExecStart").split(" ");
    t.strictSame(command.slice(0, -1), ["node", "dist/src/main.js"], name);
    t.ok(Object.hasOwn(ROLES, command.at(-1) as string), `${name}: a command`);
    const environment = environmentOf(unit);
    for (const variable of Object.keys(environment))
      t.ok(FOREIGN.includes(variable) || Object.hasOwn(settingsSchema.properties, variable), variable);
    const config = readConfig(environment);
    const patience = Number(only(unit, "Service", "TimeoutStopSec"));
    t.ok(patience >= config.SHUTDOWN_GRACE + 15, `${name}: what runs is put back in time`);
    t.equal(config.DATA_DIR, `/var/lib/${only(unit, "Service", "StateDirectory")}`);
    t.equal(only(unit, "Service", "KillMode"), "mixed", `${name}: the main process stops all others`);
    t.notOk(unit.Service?.MemoryDenyWriteExecute, "which V8 does not live with");
  }
  t.equal(environmentOf(service).TMPDIR, `/run/${only(service, "Service", "RuntimeDirectory")}`);
  t.strictSame(
    service.Service?.EnvironmentFile,
    ["-/etc/abacus/abacus.env"],
    "without settings it works, too",
  );
  t.strictSame(worker.Service?.EnvironmentFile, ["/etc/abacus/abacus.env", "-/etc/abacus/worker-%i.env"]);
  const own = ["After", "Description", "Type", "User", "Restart", "ProtectSystem", "NoNewPrivileges"];
  for (const unit of Object.values(units))
    for (const name of own) t.ok(unit.Unit?.[name] ?? unit.Service?.[name], name);
  t.end();
});

/** As systemd starts it: with the unit's own variables and, for its file of settings, `settings`; no others. */
function start(t: Test, workplace: Workplace, unit: Unit, settings: Record<string, string>) {
  const here = ([name, value]: [string, string]) => [
    name,
    value.replace("/var/lib/abacus", workplace.dataDir).replace("/run/abacus", runtimeOf(workplace)),
  ];
  const variables = Object.fromEntries(Object.entries(environmentOf(unit)).map(here));
  const [, program = "", command = ""] = only(unit, "Service", "ExecStart").split(" ");
  return spawnClean(t, workplace, { ...variables, ...settings }, [program, command]);
}

/** Starts a program of the build, with these variables and none of the shell's. */
function spawnClean(t: Test, workplace: Workplace, variables: Record<string, string>, words: string[]) {
  const [program = "", ...args] = words;
  const all = { PATH: process.env.PATH, ...variables };
  const assignments = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const file = join(DIST, program.replace(/^dist\//, ""));
  return spawnProcess(t, workplace, ["env", "-i", ...assignments, process.execPath, file, ...args]);
}

const runtimeOf = ({ folder }: Workplace) => join(folder, "run");

t.test("abacus.service and a worker beside it", async (t) => {
  const workplace = await makeWorkplace(t);
  mkdirSync(runtimeOf(workplace), { mode: 0o700 });
  const settings = { PORT: "0", THREADS: "1", DISK_RESERVE: "0", ADMIN_PASSWORD: PASSWORD };
  const first = await untilStarted(start(t, workplace, service, settings));
  const redisPid = (await workplace.redisPid()) as number;
  const socket = readFileSync(join(workplace.dataDir, "redis", "socket"), "utf8");
  t.ok(socket.startsWith(`${runtimeOf(workplace)}/`), "which other processes of its user can reach");
  first.signal(signalOf(service, "ExecReload"));
  const place = { DATA_DIR: workplace.dataDir };
  const account = spawnClean(t, workplace, place, ["dist/src/main.js", "account", "list"]);
  t.match(await account.exited(), { code: 0 }, "the command finds its Redis");
  t.match(account.stdout(), /^admin /);

  const beside = start(t, workplace, worker, { THREADS: "1", REDIS_URL: socket });
  await until("the worker takes jobs", () => beside.stdout().includes("takes jobs"));
  t.same(await beside.end(signalOf(worker, "KillSignal")), ORDERLY);

  // its main process is lost: systemd kills what is left, removes the runtime directory, and starts it again
  t.notOk(first.hasExited(), "to read its certificate is not its end");
  const id = await first.submit("/v1/rnn/additions?delay=600", { a: 5, b: 7 });
  await first.end("SIGKILL");
  process.kill(redisPid, "SIGKILL");
  await until("its Redis is gone", () => !isAlive(redisPid));
  rmSync(runtimeOf(workplace), { recursive: true });
  mkdirSync(runtimeOf(workplace), { mode: 0o700 });
  const second = await untilStarted(start(t, workplace, service, settings));
  t.match(await second.job(id), { state: "queued" });

  const nextPid = (await workplace.redisPid()) as number;
  t.not(nextPid, redisPid);
  t.same(await second.end(signalOf(service, "KillSignal")), ORDERLY);
  t.notOk(isAlive(nextPid), "with its Redis");
});

/** `SIGTERM`, or `kill -HUP $MAINPID` */
function signalOf(unit: Unit, setting: string): NodeJS.Signals {
  const name = /^(?:SIG|kill -)(\w+)(?: \$MAINPID)?$/.exec(only(unit, "Service", setting))?.[1];
  return `SIG${name}` as NodeJS.Signals;
}
