// Deliveries as jobs' ends and callers bring them about: announce, list, redeliver, forget.
import type { Redis } from "ioredis";
import { openQueue } from "../redis/queue.js";
import { type Delivery, deliveryRecords, type NoDelivery } from "./records.js";

export const QUEUE = "webhooks";

/** What goes through the queue: neither the URL nor anything of the job. */
export interface DeliveryData {
  /** The job's id. */
  id: string;
  n: number;
  series: number;
}

/** An id for each series: one that is added while the series before it still runs must not be taken for that. */
function queueId({ id, n, series }: DeliveryData): string {
  return series === 0 ? `${id}-${n}` : `${id}-${n}-${series}`;
}

export interface Deliveries {
  /**
   * Has the webhook called for the end of a job that is the job's n-th and stands. May be repeated: what has been
   * delivered, or given up, stays so.
   */
  announce(id: string, n: number): Promise<void>;
  /** The deliveries of a job, by number. */
  list(id: string): Promise<Delivery[]>;
  /** Sends a delivery again, at once and with a series of attempts of its own. The delivery, or why it cannot be. */
  redeliver(id: string, n: number): Promise<Delivery | Exclude<NoDelivery, "settled">>;
  /** Takes what waits of a job's deliveries from the queue. Call it before the job's record is removed. */
  forget(id: string): Promise<void>;
}

/** `redis`: a connection of producers, which fails fast, or of workers. */
export function createDeliveries(redis: Redis): Deliveries {
  const records = deliveryRecords(redis);
  const queue = openQueue<DeliveryData>(redis, QUEUE);

  async function add(data: DeliveryData): Promise<void> {
    await queue.add(QUEUE, data, { jobId: queueId(data) });
  }

  return {
    async announce(id, n) {
      const series = await records.open(id, n);
      if (typeof series === "number") await add({ id, n, series });
    },

    list: (id) => records.list(id),

    async redeliver(id, n) {
      const series = await records.reopen(id, n);
      if (typeof series !== "number") return series as Exclude<NoDelivery, "settled">;
      // the series before waits for its next attempt, or finds at its end that there is another
      await queue.remove(queueId({ id, n, series: series - 1 }));
      await add({ id, n, series });
      return (await records.find(id, n)) ?? "gone";
    },

    async forget(id) {
      for (const { n, series, state } of await records.list(id))
        if (state === "pending") await queue.remove(queueId({ id, n, series }));
    },
  };
}
