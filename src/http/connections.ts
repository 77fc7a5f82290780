// Connections beneath the requests: what is not well-formed HTTP, expectations, and bodies that nobody reads.
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpProblem, PROBLEM_TYPE, problemFor } from "./problems.js";

/** How long a client may go on sending what was refused, so that it can read why; milliseconds. */
const LINGER = 2000;

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const answers = new WeakMap<Socket, ServerResponse>();
const refused = new WeakSet<Socket>();

/** Call before any route is added. */
export function watchConnections(app: FastifyInstance): void {
  // whoever waits to be asked for the body is asked when it is read, or gets an answer instead
  app.server.on("checkContinue", app.routing).on("checkExpectation", app.routing);
  app.addHook("onRequest", async ({ raw, headers }, reply) => {
    answers.set(raw.socket, reply.raw);
    if (raw.httpVersion === "1.1" && headers.host === undefined)
      throw new HttpProblem(400, "bad-request", "the header Host is missing");
    if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue")
      throw new HttpProblem(417, "expectation-failed", "only 100-continue can be expected");
  });
  app.addHook("onResponse", async (request) => endUnreadBody(request));
}

/** A refused body is let run out for a moment; then the line is cut. */
function endUnreadBody({ raw }: FastifyRequest): void {
  if (raw.complete) return;
  raw.resume();
  const timer = cutAfterwards(raw.socket);
  raw.once("close", () => clearTimeout(timer));
}

function cutAfterwards(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), LINGER).unref();
}

/** What is not even HTTP gets a problem document too. */
export function refuseMalformed(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (refused.has(socket)) return; // each further packet is malformed as well
  const answer = answers.get(socket);
  const answering = answer?.headersSent && !answer.writableFinished;
  if (!socket.writable || error.code === "ECONNRESET" || answering) return void socket.destroy();
  refused.add(socket);
  const id = randomUUID();
  const status = STATUS[error.code ?? ""] ?? 400;
  const problem = Object.assign(new Error("the request is not well-formed HTTP"), { statusCode: status });
  const { document } = problemFor(problem);
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status} ${document.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\nx-request-id: ${id}\r\n` +
      `connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  cutAfterwards(socket);
  this.log.info({ reqId: id, status, code: error.code }, "malformed request");
}
