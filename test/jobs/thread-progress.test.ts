// Which progress leaves a thread: what is told first, then four times a second, and the end of each stage.

import { pino } from "pino";
import t from "tap";
import { openPool } from "../../src/jobs/pool.js";
import { loadRegistry } from "../../src/jobs/registry.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import type { StepNews } from "../../workers/thread.js";
import { until } from "../until.js";

t.test("the end of a stage is always told, and once", async (t) => {
  const registry = await loadRegistry(new URL("./thread-job-types.js", import.meta.url));
  const folder = t.testdir();
  const settings = {
    ...{ limits: DEFAULT_LIMITS, memory: 1e6, threads: 1, inlineBytes: 100, durable: false },
    ...{ results: folder, made: folder },
  };
  const options = { name: "one", threads: 1, threadMemory: 64 * 1024 * 1024, nice: 0, settings };
  const pool = openPool(registry, options, pino({ level: "silent" }));
  t.teardown(() => pool.close());
  const told: StepNews[] = [];
  pool.listen("j", (news) => told.push(news));
  const request = {
    ...{ type: "test.tell", step: "task" as const, part: 0, job: { id: "j", createdAt: "" } },
    ...{ input: { value: {} }, file: undefined, model: undefined },
  };
  await pool.run(request, new AbortController().signal, false, () => {});
  await until("the last is told", () => told.at(-1)?.progress?.stage === "nothing");
  const ends = told.filter(({ progress }) => progress?.done === progress?.total);
  t.match(ends[0]?.progress, { stage: "first", done: 100, detail: { step: 100 } });
  t.match(ends[1]?.progress, { stage: "second", done: 100, detail: { step: 100 } });
  t.equal(ends[2]?.progress?.stage, "nothing");
  t.equal(ends.length, 3);
  t.equal(told[0]?.progress?.done, 1, "the first is told");
});
