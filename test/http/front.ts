// The HTTP side and a worker, put together by hand of their real parts, so that a test reaches what a whole
// service keeps to itself: log lines, listeners, and how long a body may pause.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { createAccounts } from "../../src/accounts/accounts.js";
import { countAhead } from "../../src/accounts/count-ahead.js";
import { createRateLimit } from "../../src/accounts/rate-limit.js";
import { createTokens } from "../../src/accounts/tokens.js";
import { limitsOf, readConfig } from "../../src/config.js";
import { FileStore } from "../../src/files/file-store.js";
import { buildApp } from "../../src/http/app.js";
import { createIdempotency } from "../../src/jobs/idempotency.js";
import { createJobs } from "../../src/jobs/jobs.js";
import { openQueues } from "../../src/jobs/lanes.js";
import { Notices } from "../../src/jobs/notices.js";
import { openPool } from "../../src/jobs/pool.js";
import { startWorker } from "../../src/jobs/worker.js";
import { createMetrics } from "../../src/metrics/metrics.js";
import { createModels } from "../../src/models/models.js";
import { createRecords } from "../../src/records/records.js";
import { openConnections, untilReady } from "../../src/redis/connections.js";
import { createDeliveries } from "../../src/webhooks/deliveries.js";
import { createWebhookTargets } from "../../src/webhooks/targets.js";
import { fixtureRegistry } from "../fixture-registry.js";
import { answerCheck } from "../openapi-answers.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION, PASSWORD } from "../service.js";
import type { Teardown } from "../workplace.js";

export interface Front {
  readonly url: string;
  readonly dataDir: string;
  /** What was logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** What was logged, as written. */
  text(): string;
  /** How many wait for the end of a job. */
  listeners(): number;
  /** `fetch` of a path, as admin unless the headers say otherwise. Rejects an answer that is not described. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

export async function startFront(
  t: Teardown,
  { env = {}, stall }: { env?: Record<string, string>; stall?: number } = {},
): Promise<Front> {
  const address = await startRedis(t, { appendonly: true });
  const dataDir = await mkdtemp(join(tmpdir(), "abacus-test-"));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const config = readConfig({ DISK_RESERVE: "0", THREADS: "1", ...env, DATA_DIR: dataDir });
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const logger = pino({ level: "trace" }, destination);
  const connections = openConnections({ path: address.path }, logger);
  t.teardown(async () => connections.close());
  const producer = await untilReady(connections.producer());
  const waiting = connections.waiting();
  const registry = await fixtureRegistry();
  const files = await FileStore.open(dataDir, false);
  const notices = new Notices(connections.waiting());
  await notices.start();
  const accounts = createAccounts(producer);
  await accounts.add("admin", PASSWORD);
  const models = createModels(producer, files);
  const deliveries = createDeliveries(producer);
  const webhooks = deliveries;
  const metrics = createMetrics();
  const onEnded = metrics.jobEnded;
  const worker = await startWorker({
    ...{ config, registry, redis: waiting, notices, models, webhooks, onEnded, files, logger },
  });
  t.teardown(() => worker.stop(0));
  const formats = openPool(registry, { name: "formats", threads: 1, threadMemory: 2 ** 26, nice: 0 }, logger);
  t.teardown(() => formats.close());
  const stopping = new AbortController();
  const jobs = createJobs({
    ...{ redis: producer, queues: openQueues(producer), notices, webhooks, onEnded, files, models, logger },
    ...{
      limits: limitsOf(config),
      capacity: config,
      interactiveCost: config.INTERACTIVE_COST,
      retention: config.RETENTION,
    },
  });
  const app = await buildApp({
    ...{ config, version: "test", registry, jobs, models, accounts, files, formats, logger },
    ...{ deliveries, metrics, allMetrics: () => metrics.registry.metrics() },
    records: createRecords(producer, config.RECORDS),
    idempotency: createIdempotency(producer),
    webhookTargets: createWebhookTargets({ allow: config.WEBHOOK_ALLOW ?? [] }),
    submissions: countAhead(createRateLimit(producer, "submissions", config.RATE_LIMIT)),
    tokens: createTokens(producer),
    ready: async () => ({}),
    stopping: stopping.signal,
    ...(stall !== undefined && { stall }),
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  t.teardown(async () => {
    stopping.abort();
    app.server.closeAllConnections();
    await app.close();
  });

  const check = await answerCheck(url);
  const { waiting: listening } = notices as unknown as { waiting: Map<string, Set<unknown>> };
  return {
    url,
    dataDir,
    get lines() {
      return text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    },
    text: () => text,
    listeners: () => [...listening.values()].reduce((sum, { size }) => sum + size, 0),
    async request(path, init = {}) {
      const headers = { authorization: AUTHORIZATION, ...init.headers };
      const response = await fetch(url + path, { ...init, headers });
      await check(init.method, response);
      return response;
    },
  };
}
