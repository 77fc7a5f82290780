// A deliverer of a test's own, with short times, and what its deliveries are announced with.
import { Writable } from "node:stream";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { summaryOf } from "../../src/http/job-document.js";
import { type AttemptOutcome, type DelivererOptions, startDeliverer } from "../../src/webhooks/deliverer.js";
import { createDeliveries } from "../../src/webhooks/deliveries.js";
import type { Delivery } from "../../src/webhooks/records.js";
import { createWebhookTargets } from "../../src/webhooks/targets.js";
import type { TestRedis } from "../redis-server.js";
import { until } from "../until.js";
import type { Teardown } from "../workplace.js";
import { type EndedJob, writeEnded } from "./ended-job.js";

export interface DeliveringOptions extends Partial<DelivererOptions> {
  /** Without it deliveries are only announced. */
  deliver?: boolean;
}

export async function startDelivering(t: Teardown, server: TestRedis, options: DeliveringOptions = {}) {
  const { deliver = true, ...more } = options;
  const redis = server.connect({ maxRetriesPerRequest: null });
  const deliveries = createDeliveries(redis);
  const outcomes: AttemptOutcome[] = [];
  let log = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  async function start() {
    const deliverer = await startDeliverer({
      redis,
      targets: createWebhookTargets({ allow: ["127.0.0.1"] }),
      document: summaryOf,
      version: "test",
      logger: pino({ level: "trace" }, destination),
      recovery: 2,
      delays: [20, 20, 20],
      onAttempt: (outcome) => outcomes.push(outcome),
      ...more,
    });
    t.teardown(() => deliverer.stop(0));
    return deliverer;
  }
  const deliverer = deliver ? await start() : undefined;

  /** Announces the end of a job that there was not; its id. */
  async function end(job: EndedJob): Promise<string> {
    const id = await writeEnded(redis, job);
    await deliveries.announce(id, job.deliveries ?? 1);
    return id;
  }

  const delivery = async (id: string, n = 1): Promise<Delivery | undefined> =>
    (await deliveries.list(id)).find((one) => one.n === n);

  /** The delivery when it is no longer pending. */
  const settled = (id: string, n = 1): Promise<Delivery> =>
    until("the delivery is settled", async () => {
      const found = await delivery(id, n);
      return found && found.state !== "pending" && found;
    });

  return { redis, deliveries, deliverer, start, end, delivery, settled, outcomes, log: () => log };
}

/** Keys of the queue that belong to no delivery. */
const QUEUE_KEYS = /^\{abacus\}:webhooks:(meta|id|events|marker|stalled-check|stalled|active|pc)$/;

/** The keys that there are besides the queue's own and the accounts' secrets. */
export async function keysOf(redis: Redis): Promise<string[]> {
  const keys = await redis.keys("*");
  return keys.filter((key) => !QUEUE_KEYS.test(key) && !key.startsWith("{abacus}:webhook-secret:")).sort();
}
