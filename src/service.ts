// One process of the service, made of its parts: Redis, and in front or behind it what the command asks for.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { createAccounts } from "./accounts/accounts.js";
import { type AdminPassword, ensureAdmin } from "./accounts/admin.js";
import { countAhead } from "./accounts/count-ahead.js";
import { createFailedSignIns } from "./accounts/failed-sign-ins.js";
import { createOidc } from "./accounts/oidc.js";
import { createRateLimit } from "./accounts/rate-limit.js";
import { createTokens } from "./accounts/tokens.js";
import { type Config, limitsOf, naming } from "./config.js";
import { FileStore } from "./files/file-store.js";
import { claimStore } from "./files/store-id.js";
import { buildApp } from "./http/app.js";
import { closeApp } from "./http/closing.js";
import { summaryOf } from "./http/job-document.js";
import type { Certificate } from "./http/tls.js";
import { createIdempotency } from "./jobs/idempotency.js";
import { createJobs } from "./jobs/jobs.js";
import { openQueues } from "./jobs/lanes.js";
import { Notices } from "./jobs/notices.js";
import { openPool } from "./jobs/pool.js";
import { loadRegistry, type Registry } from "./jobs/registry.js";
import { startSweeper } from "./jobs/sweeper.js";
import { type JobWorker, startWorker } from "./jobs/worker.js";
import { allMetrics, leaveMetrics } from "./metrics/exchange.js";
import { createMetrics, type Metrics } from "./metrics/metrics.js";
import { watchQueues } from "./metrics/queues.js";
import { createModels } from "./models/models.js";
import { FIRST_TASKS } from "./records/kinds.js";
import { createRecords } from "./records/records.js";
import { type Connections, openConnections, type RedisAddress, untilReady } from "./redis/connections.js";
import { untilAlive } from "./redis/liveness.js";
import { warnOfUnsafeRedis } from "./redis/safety.js";
import { type Deliverer, startDeliverer } from "./webhooks/deliverer.js";
import { createDeliveries } from "./webhooks/deliveries.js";
import { createWebhookTargets, type WebhookTargets } from "./webhooks/targets.js";

/** What a process does: answer HTTP, compute, or both. */
export interface Roles {
  http: boolean;
  work: boolean;
}

export interface Service {
  /** Where it listens, with the HTTP role. */
  readonly url: string | undefined;
  /** What answers, with the HTTP role. */
  readonly app: FastifyInstance | undefined;
  readonly admin: AdminPassword | undefined;
  /** After a pause of the whole process: resolves when its connections answer again, or Redis is away. */
  untilAlive(): Promise<void>;
  /**
   * Ends in order: not ready, no new work, waits ended; running jobs get `grace` seconds, the rest is put
   * back, and polls are answered meanwhile; then HTTP, then the connections.
   */
  stop(grace?: number): Promise<void>;
}

export interface ServiceOptions {
  config: Config;
  roles: Roles;
  redis: RedisAddress;
  version: string;
  logger: Logger;
  registry?: Registry;
  /**
   * False: the app is handed its requests and no port is opened. Whoever does so may stop the clock in between,
   * so that tidying, which could stop half-way for hours, is left to the workers.
   */
  listen?: boolean;
  /** Makes the HTTP role HTTPS. */
  certificate?: Certificate | undefined;
  /** Aborted: a start that still waits for Redis is given up. */
  signal?: AbortSignal;
}

/** The format pool makes CSV and the like on demand: one thread is enough for what people download. */
const FORMAT_THREADS = 1;

export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, roles, logger } = options;
  const dataDir = resolve(config.DATA_DIR);
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch(naming("DATA_DIR"));
  const registry = options.registry ?? (await loadRegistry());
  const connections = openConnections(options.redis, logger);
  const waiting = await untilReady(connections.waiting(), options.signal);
  await warnOfUnsafeRedis(waiting, logger);
  await claimStore(waiting, dataDir);
  const files = await FileStore.open(dataDir, config.REDIS_FSYNC === "always");
  const subscriber = connections.waiting();
  const notices = new Notices(subscriber);
  await notices.start();
  const webhookTargets = createWebhookTargets({ allow: config.WEBHOOK_ALLOW ?? [] });
  const metrics = createMetrics();
  const shared = { ...options, registry, connections, waiting, files, notices, webhookTargets, metrics };
  const sweeper =
    options.listen === false
      ? undefined
      : startSweeper({ redis: waiting, files, logger, interval: config.SWEEP_INTERVAL });

  // the front first: a start that cannot listen has taken no job
  let worker: JobWorker | undefined;
  const computes = () => !roles.work || worker?.isReady() === true;
  const front = roles.http ? await startFront(shared, dataDir, computes) : undefined;
  let deliverer: Deliverer | undefined;
  if (roles.work) {
    worker = await startLanes(shared);
    deliverer = await startDeliveries(shared);
    for (const pool of worker.pools) metrics.watchPool(pool);
  }
  const stopLeaving = roles.http ? undefined : leaveMetrics(metrics.registry, waiting, logger);

  return {
    url: front?.url,
    app: front?.app,
    admin: front?.admin,
    untilAlive: () => untilAlive([waiting, subscriber, ...(front ? [front.producer] : [])]),
    async stop(grace = config.SHUTDOWN_GRACE) {
      const deadline = Date.now() + grace * 1000;
      sweeper?.stop();
      front?.refuse();
      await Promise.all([worker?.stop(grace), deliverer?.stop(grace)]);
      await front?.stop(deadline);
      stopLeaving?.();
      connections.close();
    },
  };
}

interface Shared extends ServiceOptions {
  registry: Registry;
  connections: Connections;
  waiting: Redis;
  files: FileStore;
  notices: Notices;
  webhookTargets: WebhookTargets;
  metrics: Metrics;
}

function startLanes(shared: Shared): Promise<JobWorker> {
  const { waiting, files, metrics } = shared;
  return startWorker({
    ...shared,
    redis: waiting,
    models: createModels(waiting, files),
    webhooks: createDeliveries(waiting),
    onEnded: metrics.jobEnded,
  });
}

function startDeliveries(shared: Shared): Promise<Deliverer> {
  const { config, version, waiting, webhookTargets, metrics, logger } = shared;
  return startDeliverer({
    redis: waiting,
    targets: webhookTargets,
    document: summaryOf,
    version,
    logger,
    recovery: config.RECOVERY,
    onAttempt: metrics.deliveryAttempted,
  });
}

/** `computes` says whether the threads of the lanes have answered, in a process that has lanes. */
async function startFront(shared: Shared, dataDir: string, computes: () => boolean) {
  const { config, registry, connections, waiting, files, notices, metrics, logger } = shared;
  const producer = await untilReady(connections.producer());
  const deliveries = createDeliveries(producer);
  const stopping = new AbortController();
  const formats = openPool(
    registry,
    { name: "formats", threads: FORMAT_THREADS, threadMemory: config.THREAD_MEMORY, nice: 0 },
    logger,
  );
  const models = createModels(producer, files);
  const jobs = createJobs({
    redis: producer,
    queues: openQueues(producer),
    notices,
    webhooks: deliveries,
    onEnded: metrics.jobEnded,
    files,
    models,
    limits: limitsOf(config),
    capacity: config,
    interactiveCost: config.INTERACTIVE_COST,
    retention: config.RETENTION,
    logger,
  });
  const ready = async () => ({
    running: !stopping.signal.aborted,
    redis: await producer.ping().then(
      () => true,
      () => false,
    ),
    threads: formats.isReady() && computes(),
    disk: await files.free().then(
      (free) => free >= config.DISK_RESERVE,
      () => false,
    ),
  });
  const admin = await ensureAdmin(createAccounts(waiting), {
    dataDir,
    adminPassword: config.ADMIN_PASSWORD,
  });
  if (config.TUTORIALS) await createRecords(waiting, config.RECORDS).seed("tasks", FIRST_TASKS);
  const failures = createRateLimit(producer, "failed-sign-ins", config.SIGNIN_LIMIT);
  const accounts = createAccounts(producer, createFailedSignIns(failures));
  const tokens = createTokens(producer);
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = config;
  const oidc = issuer !== undefined && audience !== undefined ? createOidc({ issuer, audience }) : undefined;
  const submissions = countAhead(createRateLimit(producer, "submissions", config.RATE_LIMIT));
  metrics.watchPool(formats);
  watchQueues(metrics.registry, producer);
  const app = await buildApp({
    ...shared,
    ...{ jobs, models, accounts, tokens, oidc, submissions, formats, ready, deliveries },
    records: createRecords(producer, config.RECORDS),
    idempotency: createIdempotency(producer),
    allMetrics: () => allMetrics(metrics.registry, producer),
    stopping: stopping.signal,
  });
  const url =
    shared.listen === false
      ? undefined
      : await app.listen({ host: config.HOST, port: config.PORT }).catch(naming("HOST and PORT"));
  return {
    url,
    app,
    producer,
    admin,
    refuse: () => stopping.abort(),
    async stop(deadline: number) {
      await closeApp(app, deadline);
      await formats.close();
    },
  };
}
