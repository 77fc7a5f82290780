// A small upload on an idle service: from the request to the result.
import { JSON_HEADERS, startAbacus } from "./abacus.js";
import { startOwnRedis } from "./own-redis.js";
import { describeMachine, quantile } from "./report.js";
import { csv } from "./stats-files.js";

const BYTES = 10_000;
const REQUESTS = 300;
/** Requests before it is counted. */
const WARM_UP = 300;
const MIB = 2 ** 20;

export async function measureSmall(): Promise<void> {
  const body = Buffer.concat([...csv("numeric", BYTES)]);
  const headers = { ...JSON_HEADERS, "content-type": "text/csv", prefer: "wait=10" };
  const own = await startOwnRedis(256 * MIB);
  try {
    const server = await startAbacus(own, "serve");
    try {
      const request = async () => {
        const began = performance.now();
        const response = await fetch(`${server.url}/v1/stats`, { method: "POST", headers, body });
        const answer = (await response.json()) as { state?: string };
        if (answer.state !== "completed")
          throw new Error(`answered ${response.status}: ${JSON.stringify(answer)}`);
        return performance.now() - began;
      };
      for (let i = 0; i < WARM_UP; i++) await request();
      const times: number[] = [];
      for (let i = 0; i < REQUESTS; i++) times.push(await request());
      const [p50, p99, max] = [0.5, 0.99, 1].map((fraction) => quantile(times, fraction).toFixed(1));
      console.log(describeMachine([]));
      console.log("| milliseconds | median | aimed at | p99 | max |\n|---|--:|--:|--:|--:|");
      console.log(`| ${body.length} bytes, from request to result | ${p50} | 10 | ${p99} | ${max} |`);
    } finally {
      await server.stop();
    }
  } finally {
    await own.stop();
  }
}
