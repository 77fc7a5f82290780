// The front never blocks: with every batch thread busy, status requests and small jobs are answered quickly.
import t from "tap";
import { startProcess } from "../processes.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

/** Milliseconds, medians: what the project promises on two cores. */
const POLL = 50;
const ADDITION = 150;
const TIMES = 50;

async function medianTime(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[TIMES / 2]!;
}

t.test("with both batch threads busy a poll and a waited addition are quick", async (t) => {
  const workplace = await makeWorkplace(t);
  const serve = await startProcess(t, workplace, "serve", { env: { THREADS: "2" }, fixtures: true });
  const add = async () => {
    const { status, body } = await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
    if (status !== 200 || body.result.sum !== 12) t.fail("not added", { status, body });
  };
  await add(); // the thread trains the default model at its first use
  const grinding = await Promise.all([1, 2].map(() => serve.submit("/v1/test/grind", {})));
  await until("both are busy", async () =>
    (await Promise.all(grinding.map(serve.job))).every(({ progress }) => progress !== null),
  );
  const poll = await medianTime(async () => {
    const { status } = await serve.request(`/v1/jobs/${grinding[0]}`);
    if (status !== 200) t.fail("not answered", { status });
  });
  t.ok(poll < POLL, `median poll: ${poll.toFixed(1)} ms`);
  const addition = await medianTime(add);
  t.ok(addition < ADDITION, `median waited addition: ${addition.toFixed(1)} ms`);
  for (const id of grinding) t.match(await serve.job(id), { state: "active", attempts: 1 });
});
