// Connections beneath the requests: what is not well-formed HTTP, expectations, and bodies that nobody reads.
import { randomUUID } from "node:crypto";
import { maxHeaderSize, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isWhole } from "./body-stream.js";
import { HttpProblem, PROBLEM_TYPE, problemFor } from "./problems.js";

/** How long a client may go on sending what was refused, so that it can read why; milliseconds. */
const LINGER = 2000;

/** By connection, the answer to the request whose turn it is. */
const answers = new WeakMap<Socket, ServerResponse>();
const refused = new WeakSet<Socket>();

/** Call before any route is added. */
export function watchConnections(app: FastifyInstance): void {
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
  if (isWhole(raw)) return;
  raw.resume();
  const timer = cutAfterwards(raw.socket);
  raw.once("close", () => clearTimeout(timer));
}

function cutAfterwards(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), LINGER).unref();
}

interface ClientError extends NodeJS.ErrnoException {
  rawPacket?: Buffer;
}

/** Nothing but the beginning of a request line. */
const ADDRESS = /^[A-Z-]+ [^ \r\n]*$/;

/** What Node's parser refuses, as status and sentence. */
function refusalOf({ code, rawPacket }: ClientError, stall: number) {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, sentence: `the header was not whole after ${stall / 1000} s` };
    case "HPE_HEADER_OVERFLOW":
      // an address that comes in several packets cannot be told from a header's value
      return ADDRESS.test(rawPacket?.toString("latin1", 0, maxHeaderSize) ?? "")
        ? { status: 414, sentence: `the address and the header have more than ${maxHeaderSize} bytes` }
        : { status: 431, sentence: `the header, or the trailer, has more than ${maxHeaderSize} bytes` };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, sentence: "the extensions of a chunk are longer than 16384 bytes" };
    default:
      return { status: 400, sentence: "the request is not well-formed HTTP" };
  }
}

/** What is not even HTTP gets a problem document too. `stall`: how long a header may take, milliseconds. */
export function refuseMalformed(error: ClientError, socket: Socket, logger: Logger, stall: number): void {
  if (refused.has(socket)) return; // each further packet is malformed as well
  const answer = answers.get(socket);
  const answering = answer?.headersSent && !answer.writableFinished;
  if (!socket.writable || error.code === "ECONNRESET" || answering) return void socket.destroy();
  refused.add(socket);
  const id = randomUUID();
  const { status, sentence } = refusalOf(error, stall);
  const { document } = problemFor(Object.assign(new Error(sentence), { statusCode: status }));
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status} ${document.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\nx-request-id: ${id}\r\n` +
      `connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  cutAfterwards(socket);
  logger.info({ reqId: id, status, code: error.code }, "malformed request");
}
