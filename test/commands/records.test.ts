// `abacus dump` and `abacus load`, beside a running service and without one, on a private Redis and a shared one.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { FIRST_TASKS } from "../../src/records/kinds.js";
import { runToEnd, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { isAlive, makeWorkplace } from "../workplace.js";

const workplace = await makeWorkplace(t);
const TASKS = "/todo/api/v1.0/tasks";
const run = (args: string[], options = {}) => runToEnd(t, workplace, args, options);

let dumped = "";

t.test("beside a service: what it has is dumped, and it has what is loaded", async (t) => {
  const serve = await startProcess(t, workplace, "serve");
  const redis = (await workplace.redisPid()) as number;
  await serve.request(`${TASKS}/1`, { method: "DELETE" });
  const { code, stdout, stderr } = await run(["dump"]);
  t.strictSame({ code, stderr }, { code: 0, stderr: "" });
  t.strictSame(JSON.parse(stdout), [{ model: "tasks", pk: 2, fields: FIRST_TASKS[1] }]);

  const file = join(workplace.folder, "fixtures.json");
  const fields = { user: 5, title: "Wrote the report" };
  await writeFile(file, JSON.stringify([{ model: "entries", pk: 7, fields }], null, 2));
  t.match(await run(["load", file]), { code: 0, stdout: "Loaded 1 record.\n", stderr: "" });
  t.strictSame((await serve.request("/entry/")).body, [{ id: 7, ...fields }]);
  t.match(await serve.post("/entry/", fields), { status: 201, body: { id: 8 } });

  t.ok(isAlive(redis), "the Redis of the service goes on");
  t.equal((await serve.request("/readyz")).status, 200);
  dumped = (await run(["dump"])).stdout;
  t.equal((await serve.end("SIGTERM")).code, 0);
});

t.test("without a service, into another Redis: the same is there, and nothing more", async (t) => {
  t.equal((await run(["dump"])).stdout, dumped);
  const redis = await startRedis(t);
  const env = { REDIS_URL: redis.url };
  t.match(await run(["load", "-"], { env, stdin: dumped }), {
    code: 0,
    stdout: "Loaded 3 records.\n",
    stderr: "",
  });
  t.match(await run(["dump"], { env }), { code: 0, stdout: dumped, stderr: "" });
  const api = await startProcess(t, workplace, "api", { env });
  const { body } = await api.request(TASKS);
  t.strictSame(body, { tasks: [{ id: 2, ...FIRST_TASKS[1] }] }, "what was deleted does not come back");
});

t.test("what cannot be loaded is a sentence, and nothing changes", async (t) => {
  const task = { model: "tasks", pk: 2, fields: FIRST_TASKS[0] };
  const wrong = JSON.stringify([task, { ...task, pk: 3, fields: { title: 5 } }]);
  const more = JSON.stringify([task, { ...task, pk: 3 }]);
  // one after the other: each starts the private Redis
  const refused = await run(["load"], { env: { RECORDS: "1" }, stdin: more });
  const stderr = "tasks 3 would be more tasks than RECORDS allows, which is 1\n";
  t.match(refused, { code: 1, stdout: "", stderr });
  t.equal((await run(["dump"])).stdout, dumped);
  const [unfit, missing, settings, elsewhere] = await Promise.all([
    run(["load"], { stdin: wrong }),
    run(["load", "missing.json"]),
    run(["dump"], { env: { RECORDS: "many" } }),
    run(["dump"], { env: { DATA_DIR: join(workplace.folder, "elsewhere") } }),
  ]);
  t.match(unfit, { code: 1, stdout: "", stderr: /^record 2 \(tasks 3\): \/fields\/.*\n$/ });
  t.match(missing, { code: 1, stdout: "", stderr: /^load failed: ENOENT: .*missing/ });
  t.match(elsewhere, {
    code: 1,
    stdout: "",
    stderr: /^dump failed: there is no data in DATA_DIR, which is \/.*elsewhere\n$/,
  });
  t.match(settings, { code: 1, stdout: "", stderr: /^abacus: RECORDS / });
});

t.test("what is no command", async (t) => {
  const usage = /^usage: abacus dump \| load \[FILE\]\n/;
  const lines = [
    ["dump", "x"],
    ["load", "a", "b"],
    ["load", "--force"],
    ["dump", "--help"],
  ];
  const ends = await Promise.all(lines.map((line) => run(line)));
  for (const end of ends.slice(0, -1)) t.match(end, { code: 2, stdout: "", stderr: usage });
  t.match(ends.at(-1), { code: 0, stdout: usage, stderr: "" });
});
