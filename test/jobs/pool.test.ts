// Pools: the batch threads give way to everything else of the process, and files are synced where that is asked for.
import { readdir, readFile } from "node:fs/promises";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";
import { until } from "../until.js";

/** The nice values of this process's threads (proc(5): the 19th field; the 2nd is in brackets). */
async function niceValues(): Promise<number[]> {
  const ids = await readdir("/proc/self/task");
  const lines = await Promise.all(
    ids.map((id) => readFile(`/proc/self/task/${id}/stat`, "utf8").catch(() => "")),
  );
  return lines.filter(Boolean).map((line) => Number(line.slice(line.lastIndexOf(")")).split(" ")[17]));
}

t.test("batch threads are niced by ten, no others", { skip: process.platform !== "linux" }, async (t) => {
  const service = await startTestService(t, { env: { THREADS: "3" } });
  await until("ready", async () => (await service.request("/readyz")).status === 200);
  const base = Math.min(...(await niceValues()));
  // a pool is ready when one of its threads has answered: the others may still start
  const niced = await until("three threads give way", async () => {
    const values = (await niceValues()).filter((nice) => nice > base);
    return values.length >= 3 && values;
  });
  t.same(niced, [base + 10, base + 10, base + 10]);
});

t.test("a job of many parts on many threads is no leak of listeners", async (t) => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on("warning", hear);
  t.teardown(() => process.off("warning", hear));
  const registry = await fixtureRegistry();
  const service = await startTestService(t, { registry, env: { THREADS: "12" } });
  const { body } = await service.post("/v1/test/split", { value: 24 }, { prefer: "wait=60" });
  t.match(body, { state: "completed", result: (24 * 25 * 49) / 6 });
  t.same(warnings, []);
});

t.test("with REDIS_FSYNC=always uploads, results and what is made are written all the same", async (t) => {
  const service = await startTestService(t, { env: { REDIS_FSYNC: "always", INLINE_BYTES: "10" } });
  const wait = { prefer: "wait=30" };
  const trained = await service.post("/v1/rnn/models", { iterations: 10 }, wait);
  const pairs = Array.from({ length: 2000 }, (_, i) => [i % 100, 1]);
  const added = await service.post("/v1/rnn/additions", { pairs, model: trained.body.id }, wait);
  t.match(added.body, { state: "completed", result: null }, "over 64 KiB it is a file");
  const result = (await (await service.request(added.body.links.result)).json()) as { additions: unknown[] };
  t.equal(result.additions.length, 2000);
});
