// Connections beneath the requests: whose turn it is, what is not well-formed HTTP, and what one side does not read.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { STALL } from "./body-stream.js";
import { HttpProblem, PROBLEM_TYPE, problemFor } from "./problems.js";

/** Requests that wait for their turn on one connection before no more is read of it. */
const MOST_WAITING = 100;

/** How long a client may go on sending what was refused, so that it can read why; milliseconds. */
const LINGER = 2000;

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** By connection, the answer to the request whose turn it is. */
const answers = new WeakMap<Socket, ServerResponse>();
const refused = new WeakSet<Socket>();

/** By connection, how many requests wait for their turn. */
const waiting = new WeakMap<Socket, number>();

/** Call before any route is added. `stall`: how long a client may take nothing of an answer, milliseconds. */
export function watchConnections(app: FastifyInstance, stall = STALL): void {
  // whoever waits to be asked for the body is asked when it is read, or gets an answer instead
  app.server.on("checkContinue", app.routing).on("checkExpectation", app.routing);
  app.addHook("onRequest", async ({ raw, headers, log }, reply) => {
    await turnOf(raw.socket, reply.raw);
    answers.set(raw.socket, reply.raw);
    endUnreadAnswer(reply.raw, stall, () => log.info("nothing of the answer was taken"));
    if (raw.httpVersion === "1.1" && headers.host === undefined)
      throw new HttpProblem(400, "bad-request", "the header Host is missing");
    if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue")
      throw new HttpProblem(417, "expectation-failed", "only 100-continue can be expected");
  });
  app.addHook("onResponse", async (request) => endUnreadBody(request));
}

/**
 * Waits until the answers before this one are sent, so that a client that sends thousands of requests at once
 * has one of them worked on, one file open and one answer in memory. Node itself would begin them all, and
 * never tell those behind the first that the connection has ended.
 */
async function turnOf(socket: Socket, answer: ServerResponse): Promise<void> {
  if (answer.socket) return;
  const count = (by: number) => {
    const now = (waiting.get(socket) ?? 0) + by;
    waiting.set(socket, now);
    return now;
  };
  if (count(1) >= MOST_WAITING) socket.pause();
  await once(answer, "socket"); // never, when the connection ends before: then nothing is begun
  if (count(-1) < MOST_WAITING) socket.resume();
}

/**
 * Cuts the line of a client of which nothing of an answer is taken for `stall` milliseconds (as nginx's
 * send_timeout). The socket's own timer begins anew whenever bytes go either way; while an answer is being
 * worked on, there is nothing to take.
 */
export function endUnreadAnswer(answer: ServerResponse, stall = STALL, tell = () => {}): void {
  answer.setTimeout(stall, () => {
    const { socket } = answer;
    if (!socket || socket.writableLength === 0) return;
    tell();
    socket.destroy();
  });
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
