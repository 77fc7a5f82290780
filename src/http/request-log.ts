// One line of the log for each request: never its query, its headers or its body.
import { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { knownPrincipal } from "./authentication.js";

/** The request's id is in every line that it causes (`reqId`), and in the answer. */
export function logRequests(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (!(request.raw instanceof IncomingMessage)) return; // injected: there is no connection that could break
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) request.log.info(factsOf(request, reply), "the client went away");
    });
  });
  app.addHook("onResponse", async (request, reply) => logAnswer(request, reply));
}

/** For answers that come about without hooks. */
export function logAnswer(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info({ ...factsOf(request, reply), status: reply.statusCode }, "request");
}

function factsOf(request: FastifyRequest, reply: FastifyReply): object {
  const job = jobOf(request) ?? jobIn(reply.getHeader("location"));
  return {
    method: request.method,
    path: request.url.split("?")[0],
    address: request.ip,
    ...accountOf(request),
    ms: Math.round(reply.elapsedTime * 10) / 10,
    ...(job !== undefined && { job }),
  };
}

function accountOf(request: FastifyRequest): object {
  const principal = knownPrincipal(request);
  return principal ? { account: principal.account } : {};
}

/** The job that a request is about. */
function jobOf({ routeOptions: { url }, params }: FastifyRequest): string | undefined {
  return url?.startsWith("/v1/jobs/:id") ? (params as { id: string }).id : undefined;
}

/** The job that a submission became. */
function jobIn(location: unknown): string | undefined {
  return typeof location === "string" ? location.split("/").at(-1) : undefined;
}
