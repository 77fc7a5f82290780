// kill -9 of `serve`: its private Redis lives on, and the next `serve` finishes what was accepted.
import t from "tap";
import { runToEnd, startProcess } from "../processes.js";
import { until } from "../until.js";
import { isAlive, makeWorkplace } from "../workplace.js";

t.test("the next serve adopts the Redis and finishes what was accepted", async (t) => {
  const workplace = await makeWorkplace(t);
  const start = () => startProcess(t, workplace, "serve", { fixtures: true });
  const first = await start();
  const ids: string[] = [];
  // what runs at the crash outlasts everything that is done until then
  for (const [seconds, value] of [
    [3, "running"],
    [1, "second"],
    [1, "third"],
  ] as const)
    ids.push(await first.submit("/v1/test/grind", { seconds, value }));
  const blocking = await first.submit("/v1/test/spin", { seconds: 3 });
  ids.push(blocking, await first.submit("/v1/test/echo", { value: "small" }));
  const upload = await first.request("/v1/stats", {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: "x\n1\n2\n6\n",
  });
  t.match(upload, { status: 202, body: { state: "queued" } });
  await until("the first job of each lane runs", async () => {
    const running = await Promise.all([ids[0]!, blocking].map(first.job));
    return running.every(({ state }) => state === "active");
  });
  const redis = await workplace.redisPid();
  await first.end("SIGKILL");
  t.ok(redis !== undefined && isAlive(redis), "Redis lives on");

  const second = await start();
  t.equal(await workplace.redisPid(), redis, "the same Redis");
  const jobs = await Promise.all(ids.map((id) => second.ended(id)));
  t.same(
    jobs.map(({ state, result }) => [state, result]),
    ["running", "second", "third", null, "small"].map((value) => ["completed", value]),
  );
  t.same(
    jobs.slice(0, 4).map(({ attempts }) => attempts),
    [2, 1, 1, 2],
    "only what ran at the crash ran twice",
  );
  // (1 + 2 + 6) / 3
  t.match(await second.ended(upload.body.id), {
    state: "completed",
    result: { rows: 3, columns: [{ name: "x", mean: 3 }] },
  });
  t.same(await second.end("SIGTERM"), { code: 0, signal: null });
  t.notOk(redis !== undefined && isAlive(redis), "Redis is stopped");
});

t.test("a second serve on the same DATA_DIR is refused, and the first goes on", async (t) => {
  const workplace = await makeWorkplace(t);
  const serve = await startProcess(t, workplace, "serve");
  const refused = await runToEnd(t, workplace, ["serve"]);
  t.equal(refused.code, 1);
  t.equal(refused.stderr, `abacus: another abacus serve already runs on DATA_DIR ${workplace.dataDir}\n`);
  t.equal(refused.stdout, "");
  const { status, body } = await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
  t.equal(status, 200);
  t.match(body, { state: "completed", result: { sum: 12 } });
});
