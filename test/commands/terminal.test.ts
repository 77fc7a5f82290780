// `npm start` in a terminal: Ctrl-C, which reaches a process under npm twice, is one orderly stop.
//
// The terminal is `script` of util-linux, which every Debian has (package bsdutils, essential); other systems
// have a `script` with other options.
import { copyFile, mkdir, readdir, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { DIST, spawnProcess, startProcess, untilStarted } from "../processes.js";
import { until } from "../until.js";
import { makeWorkplace, type Workplace } from "../workplace.js";

const CTRL_C = "\x03";
const options = { skip: process.platform !== "linux" && "this system's `script` takes other options" };

/** A project of the same package.json and build. What scripts/setup does is its own test's affair. */
async function makeProject({ folder }: Workplace): Promise<void> {
  await copyFile("package.json", join(folder, "package.json"));
  await mkdir(join(folder, "scripts"));
  await writeFile(join(folder, "scripts", "setup"), "#!/bin/sh\n", { mode: 0o755 });
  await symlink(DIST, join(folder, "dist"));
}

async function npmStart(t: Test) {
  const workplace = await makeWorkplace(t);
  await makeProject(workplace);
  const env = { HOME: workplace.folder, npm_config_update_notifier: "false", LOG_LEVEL: "error" };
  const terminal = spawnProcess(
    t,
    workplace,
    ["script", "--quiet", "--return", "--command", "exec npm start", "/dev/null"],
    env,
  );
  return { workplace, service: await untilStarted(terminal) };
}

/** Which processes work in the folder or below. */
async function processesIn({ folder }: Workplace): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(ids.map((id) => readlink(`/proc/${id}/cwd`).catch(() => "")));
  return ids.filter((_, i) => places[i]!.startsWith(folder));
}

t.test(
  "Ctrl-C, even pressed twice, lets the running job end, stops Redis, leaves no process, exits with 0",
  options,
  async (t) => {
    const { workplace, service } = await npmStart(t);
    const id = await service.submit("/v1/rnn/models", { iterations: 50_000 });
    await until("it runs", async () => (await service.job(id)).state === "active");
    service.stdin.write(CTRL_C);
    // npm's own doubling comes so soon that the system may merge the two
    await sleep(200);
    service.stdin.write(CTRL_C);
    t.same(await service.exited(), { code: 0, signal: null });
    t.same(await processesIn(workplace), []);
    const next = await startProcess(t, workplace, "serve");
    t.match(await next.job(id), { state: "completed", attempts: 1 });
  },
);

t.test("a second Ctrl-C, a second later, ends it at once", options, async (t) => {
  const { workplace, service } = await npmStart(t);
  const id = await service.submit("/v1/rnn/models", { iterations: 10_000_000 });
  await until("it runs", async () => (await service.job(id)).state === "active");
  service.stdin.write(CTRL_C);
  await sleep(1200);
  t.notOk(service.hasExited(), "the running job still has its grace");
  service.stdin.write(CTRL_C);
  t.same(await service.exited(), { code: 1, signal: null });
  const next = await startProcess(t, workplace, "serve");
  await until("the job runs again", async () => (await next.job(id)).attempts === 2);
  t.equal((await next.post(`/v1/jobs/${id}/cancel`)).status, 202);
  t.match(await next.ended(id), { state: "canceled" });
});

t.test("a terminal that is closed is an orderly stop, too", options, async (t) => {
  const { workplace, service } = await npmStart(t);
  const id = await service.submit("/v1/rnn/models", { iterations: 50_000 });
  await until("it runs", async () => (await service.job(id)).state === "active");
  await service.end("SIGKILL"); // the terminal
  await until("nothing is left", async () => (await processesIn(workplace)).length === 0);
  const next = await startProcess(t, workplace, "serve");
  t.match(await next.job(id), { state: "completed", attempts: 1 });
});
