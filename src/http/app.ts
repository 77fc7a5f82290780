// Builds the HTTP side from what it needs. Listening and signals are the commands' affair.
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import accepts from "@fastify/accepts";
import multipart from "@fastify/multipart";
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import type { TSchema } from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";
import type { Accounts } from "../accounts/accounts.js";
import type { Oidc } from "../accounts/oidc.js";
import type { RateLimit } from "../accounts/rate-limit.js";
import type { Tokens } from "../accounts/tokens.js";
import type { Config } from "../config.js";
import type { FileStore } from "../files/file-store.js";
import type { Idempotency } from "../jobs/idempotency.js";
import type { Jobs } from "../jobs/jobs.js";
import type { Pool } from "../jobs/pool.js";
import type { Registry } from "../jobs/registry.js";
import type { Metrics } from "../metrics/metrics.js";
import type { Models } from "../models/models.js";
import type { Records } from "../records/records.js";
import type { Deliveries } from "../webhooks/deliveries.js";
import type { WebhookTargets } from "../webhooks/targets.js";
import { allowAddresses } from "./allowed-addresses.js";
import { authenticate, basicScheme, bearerScheme, readBasic, sessionScheme } from "./authentication.js";
import { createBodyReader } from "./bodies.js";
import { watchConnections } from "./connections.js";
import { refuseOtherMethods } from "./method-not-allowed.js";
import { serverFactory } from "./node-server.js";
import { admitOrigins } from "./origins.js";
import { sendProblem, useErrors } from "./problems.js";
import { limitSubmissions } from "./rate-limits.js";
import { logAnswer, logRequests } from "./request-log.js";
import { accountRoutes } from "./routes/accounts.js";
import { deliveryRoutes } from "./routes/deliveries.js";
import { describeApi, documentationRoutes } from "./routes/documentation.js";
import { eventRoutes } from "./routes/events.js";
import { healthRoutes, type ReadyChecks } from "./routes/health.js";
import { jobActionRoutes } from "./routes/job-actions.js";
import { jobRoutes } from "./routes/jobs.js";
import { logRoutes } from "./routes/logs.js";
import { metricsRoutes } from "./routes/metrics.js";
import { modelRoutes } from "./routes/models.js";
import { schemaRoutes } from "./routes/schemas.js";
import { sessionRoutes } from "./routes/session.js";
import { submissionRoutes } from "./routes/submissions.js";
import { tokenRoutes } from "./routes/tokens.js";
import { addSecurityHeaders } from "./security-headers.js";
import { readCookies } from "./session-cookie.js";
import { readTexts } from "./text-values.js";
import type { Certificate } from "./tls.js";
import { tutorialRoutes } from "./tutorials/tutorials.js";

export interface AppDeps {
  config: Config;
  version: string;
  registry: Registry;
  jobs: Jobs;
  models: Models;
  accounts: Accounts;
  tokens: Tokens;
  /** Whose JWTs are bearer tokens, too. */
  oidc?: Oidc | undefined;
  idempotency: Idempotency;
  metrics: Metrics;
  /** Those of all processes, in the text format of Prometheus. */
  allMetrics: () => Promise<string>;
  deliveries: Deliveries;
  records: Records;
  /** Where webhooks may lead. */
  webhookTargets: WebhookTargets;
  /** What an account may submit in a minute. */
  submissions: RateLimit;
  /** Makes it HTTPS. */
  certificate?: Certificate | undefined;
  files: FileStore;
  /** One thread that makes formats on demand. */
  formats: Pool;
  ready: ReadyChecks;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
  logger: Logger;
  /** How long a header may take, a body may pause, and nothing of an answer may be taken; milliseconds. */
  stall?: number;
}

function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", async ({ method, routeOptions, is404 }, reply) => {
    // a path that there is not is none of ours to name: there is no end of them
    const route = is404 ? "none" : (routeOptions.url ?? "none");
    metrics.requestEnded(method, route, reply.statusCode, reply.elapsedTime / 1000);
  });
}

/** A client's own id for a request, if it is one that a log line and a header can hold. */
const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { config, registry, jobs, files, formats, stopping } = deps;
  setMaxListeners(0, stopping); // every wait listens to it, and any number of them is no leak
  const app = createServer(deps);
  logRequests(app);
  countRequests(app, deps.metrics);
  addSecurityHeaders(app, deps.certificate !== undefined);
  if (config.ALLOW_IPS) allowAddresses(app, config.ALLOW_IPS);
  watchConnections(app);
  useErrors(app);
  // bodies are read where they belong to a job, and there it is decided which kinds are taken
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  await app.register(multipart);
  await app.register(accepts);
  await admitOrigins(app, config.CORS_ORIGINS ?? []);

  const addRefusals = refuseOtherMethods(app);
  await describeApi(app, deps.version);
  await readCookies(app);
  const basic = await readBasic(app);
  authenticate(app, [
    basicScheme(basic, deps.accounts),
    bearerScheme(deps.tokens, deps.oidc),
    sessionScheme(deps.tokens),
  ]);
  healthRoutes(app, deps.ready);
  const limit = limitSubmissions(deps.submissions);
  const bodies = createBodyReader(config, files, jobs, deps.metrics.uploadReceived, deps.stall);
  const results = { registry, files, formats };
  submissionRoutes(app, {
    registry,
    jobs,
    idempotency: deps.idempotency,
    webhookTargets: deps.webhookTargets,
    files,
    bodies,
    limit,
    stopping,
  });
  deliveryRoutes(app, { jobs, deliveries: deps.deliveries, limit });
  jobActionRoutes(app, { jobs, registry, limit });
  jobRoutes(app, { jobs, results, stopping });
  schemaRoutes(app, { registry });
  modelRoutes(app, deps);
  eventRoutes(app, { registry, jobs, stopping });
  logRoutes(app, { jobs });
  tokenRoutes(app, deps);
  sessionRoutes(app, { ...deps, basic });
  accountRoutes(app, deps);
  if (config.TUTORIALS)
    await tutorialRoutes(app, {
      ...{ jobs, results, bodies, limit, stopping },
      ...{ records: deps.records, classes: config.N_CLASSES },
    });
  metricsRoutes(app, { metrics: deps.allMetrics, isPublic: config.METRICS_PUBLIC });
  await documentationRoutes(app);
  addRefusals();
  await app.ready();
  return app;
}

function createServer({ config, certificate, logger, stall }: AppDeps): FastifyInstance {
  const app = fastify({
    serverFactory: serverFactory({ certificate, logger, stall }),
    ...(certificate && { https: {} }), // for the address that it tells
    trustProxy: config.TRUST_PROXY ?? false,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // bodies are limited where they are read: some are streamed to the disk, whatever their size
    bodyLimit: Number.MAX_SAFE_INTEGER,
    return503OnClosing: false,
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error, request, reply) => {
      reply.header("x-request-id", request.id);
      sendProblem(error, request as FastifyRequest, reply as FastifyReply);
      logAnswer(request as FastifyRequest, reply as FastifyReply);
    },
    clientErrorHandler: () => {}, // each server has its own
  });
  app.setValidatorCompiler(({ schema, httpPart }) => validator(schema as TSchema, httpPart));
  app.setSerializerCompiler(() => JSON.stringify);
  return app as unknown as FastifyInstance;
}

/** Bodies are checked where jobs are submitted, in the same words on the event loop and in a thread. */
function validator(schema: TSchema, httpPart: string | undefined) {
  return (value: unknown) => {
    if (httpPart === "body" || httpPart === "headers") return { value };
    try {
      const texts = Object.entries(value as Record<string, string | string[]>);
      const fields = texts.flatMap(([name, given]) =>
        [given].flat().map((text): [string, string] => [name, text]),
      );
      const read = readTexts(schema, fields);
      validate(schema, read);
      return { value: read };
    } catch (error) {
      return { error: error as Error };
    }
  };
}
