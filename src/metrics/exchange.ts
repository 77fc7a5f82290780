// The metrics of processes that answer no HTTP: they leave them in Redis, and whoever is asked for metrics adds them.
import os from "node:os";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from "prom-client";
import { metricsKey } from "../redis/keys.js";

/** Milliseconds. */
const INTERVAL = 5000;
/** How long those of a process are shown that leaves no newer ones; milliseconds. */
const KEPT = 16_000;

type Metric = MetricObjectWithValues<MetricValue<string>>;

interface Left {
  /** Milliseconds. */
  at: number;
  metrics: Metric[];
}

/** Leaves the metrics of this process in Redis, labelled with its name, until that is stopped. */
export function leaveMetrics(registry: Registry, redis: Redis, logger: Logger): () => void {
  const name = `${os.hostname()}:${process.pid}`;
  registry.setDefaultLabels({ process: name });

  async function leave(): Promise<void> {
    const left = { at: Date.now(), metrics: await registry.getMetricsAsJSON() };
    await redis.multi().hset(metricsKey, name, JSON.stringify(left)).pexpire(metricsKey, KEPT).exec();
  }
  let busy = false;
  async function tryTo(): Promise<void> {
    if (busy) return; // Redis is away: it gets the newest when it is back
    busy = true;
    await leave().catch((err) => logger.warn({ err }, "the metrics were not left in Redis"));
    busy = false;
  }
  const timer = setInterval(tryTo, INTERVAL);
  void tryTo();
  return () => {
    clearInterval(timer);
    redis.hdel(metricsKey, name).catch(() => {}); // with Redis away they run out by themselves
  };
}

async function metricsOfOthers(redis: Redis): Promise<Metric[][]> {
  const left = Object.entries(await redis.hgetall(metricsKey));
  const before = Date.now() - KEPT;
  const read = left.map(([name, text]) => ({ name, ...(JSON.parse(text) as Left) }));
  const gone = read.filter(({ at }) => at <= before).map(({ name }) => name);
  if (gone.length > 0) await redis.hdel(metricsKey, ...gone);
  return read.filter(({ at }) => at > before).map(({ metrics }) => metrics);
}

/**
 * With each value as it is: the label `process` keeps those of different processes apart, and of some families
 * prom-client would drop all, as of the times of their start.
 */
function kept(metrics: Metric[]): Metric[] {
  return metrics.map((metric) => ({ ...metric, aggregator: "first" }));
}

/** All metrics in the text format of Prometheus: this process's own, and those that others have left. */
export async function allMetrics(registry: Registry, redis: Redis): Promise<string> {
  const others = await metricsOfOthers(redis).catch(() => []); // Redis is away: its own are there still
  if (others.length === 0) return registry.metrics();
  const own = (await registry.getMetricsAsJSON()) as Metric[];
  return AggregatorRegistry.aggregate([own, ...others].map(kept) as never).metrics();
}
