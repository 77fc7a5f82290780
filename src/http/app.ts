// Builds the HTTP side from what it needs. Listening and signals are the commands' affair.
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
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
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { validate } from "../../workers/validation.js";
import type { Accounts } from "../accounts/accounts.js";
import type { Config } from "../config.js";
import type { FileStore } from "../files/file-store.js";
import type { Jobs } from "../jobs/jobs.js";
import type { Pool } from "../jobs/pool.js";
import type { Registry } from "../jobs/registry.js";
import { authenticate, basicScheme } from "./authentication.js";
import { createBodyReader } from "./bodies.js";
import { refuseOtherMethods } from "./method-not-allowed.js";
import { PROBLEM_TYPE, problemFor, sendProblem, useProblems } from "./problems.js";
import { describeApi, documentationRoutes } from "./routes/documentation.js";
import { healthRoutes, type ReadyChecks } from "./routes/health.js";
import { jobRoutes } from "./routes/jobs.js";
import { submissionRoutes } from "./routes/submissions.js";

export interface AppDeps {
  config: Config;
  version: string;
  registry: Registry;
  jobs: Jobs;
  accounts: Accounts;
  files: FileStore;
  /** One thread that makes formats on demand. */
  formats: Pool;
  ready: ReadyChecks;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
  logger: Logger;
}

/** A client's own id for a request, if it is one that a log line and a header can hold. */
const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;
/** How long a client may go on sending a body that was refused; milliseconds. */
const LINGER = 2000;

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { config, registry, jobs, accounts, files, formats, ready, stopping } = deps;
  const app = fastify({
    loggerInstance: deps.logger,
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
    },
    clientErrorHandler: refuseMalformed,
  });
  app.setValidatorCompiler(({ schema, httpPart }) => validator(schema as TSchema, httpPart));
  app.setSerializerCompiler(() => JSON.stringify);
  useProblems(app as unknown as FastifyInstance);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  // a connection that is kept after the stop began would hold it up
  app.addHook("onSend", async (_request, reply) => {
    if (stopping.aborted) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    endUnreadBody(request);
    logRequest(request, reply);
  });
  // both are read where they belong to a job: neither is buffered here
  app.removeAllContentTypeParsers();
  for (const type of ["application/json", "text/csv"])
    app.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  await app.register(multipart);
  await app.register(accepts);

  const main = app as unknown as FastifyInstance;
  const addRefusals = refuseOtherMethods(main);
  await describeApi(main, deps.version);
  authenticate(main, [await basicScheme(main, accounts)]);
  healthRoutes(main, ready);
  submissionRoutes(main, { registry, jobs, files, bodies: createBodyReader(config, files), stopping });
  jobRoutes(main, { jobs, results: { registry, files, formats }, stopping });
  await documentationRoutes(main);
  addRefusals();
  await app.ready();
  return main;
}

/** Bodies are checked where jobs are submitted, in the same words on the event loop and in a thread. */
function validator(schema: TSchema, httpPart: string | undefined) {
  return (value: unknown) => {
    if (httpPart === "body" || httpPart === "headers") return { value };
    const converted = Value.Convert(schema, value);
    try {
      validate(schema, converted);
      return { value: converted };
    } catch (error) {
      return { error: error as Error };
    }
  };
}

/** A refused body is let run out for a moment, so that its sender can read why; then the line is cut. */
function endUnreadBody({ raw }: FastifyRequest): void {
  if (raw.complete) return;
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), LINGER);
  timer.unref();
  raw.once("close", () => clearTimeout(timer));
}

function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const location = reply.getHeader("location");
  const job = (request.params as { id?: string } | undefined)?.id ?? jobIn(location);
  request.log.info(
    {
      method: request.method,
      path: request.url.split("?")[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(job !== undefined && { job }),
    },
    "request",
  );
}

function jobIn(location: unknown): string | undefined {
  return typeof location === "string" ? location.split("/").at(-1) : undefined;
}

/** What is not even HTTP gets a problem document too. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ""] ?? 400;
  const { document } = problemFor(
    Object.assign(new Error("the request is not well-formed HTTP"), { statusCode: status }),
  );
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status} ${document.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `x-request-id: ${randomUUID()}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
