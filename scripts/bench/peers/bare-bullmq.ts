// The peer of waited jobs: BullMQ alone, which adds a job and waits for its end, in one process.
// usage: bare-bullmq.js SOCKET CONCURRENCY SECONDS AT_ONCE; prints how many a second.
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";

const [path = "", concurrency = "50", seconds = "4", atOnce = "50"] = process.argv.slice(2);
const connect = () => new Redis({ path, maxRetriesPerRequest: null });
const WARM_UP = 5000;

const queue = new Queue<{ a: number; b: number }, { sum: number }>("bare", { connection: connect() });
const events = new QueueEvents("bare", { connection: connect() });
for (const emitter of [queue, events]) emitter.setMaxListeners(0);
const worker = new Worker("bare", async ({ data }) => ({ sum: data.a + data.b }), {
  connection: connect(),
  concurrency: Number(concurrency),
});
await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);

let done = 0;
async function addAndWait(): Promise<void> {
  for (;;) {
    // a job that is removed at once may be gone before its end is looked for
    const job = await queue.add("add", { a: 5, b: 7 }, { removeOnComplete: { count: 1000 } });
    const { sum } = await job.waitUntilFinished(events);
    if (sum !== 12) throw new Error(`5 + 7 was ${sum}`);
    done++;
  }
}
for (let i = 0; i < Number(atOnce); i++) void addAndWait();
await sleep(WARM_UP);
const [before, began] = [done, performance.now()];
await sleep(Number(seconds) * 1000);
process.stdout.write(`${((done - before) / (performance.now() - began)) * 1000}\n`, () => process.exit());
