// Node's server beneath Fastify: its time limits, whose turn it is on a connection, and answers that nobody reads.
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { STALL } from "./body-stream.js";
import { refuseMalformed } from "./connections.js";
import type { Certificate } from "./tls.js";

/** How long a connection may be idle between two requests: longer than a balancer in front keeps it; milliseconds. */
const KEEP_ALIVE = 72_000;
/** Requests that wait for their turn on one connection before no more is read of it. */
const MANY_WAITING = 100;
/** More than the rest of a packet that an honest client sends; each takes some kilobytes. */
const MOST_WAITING = 1000;

export interface ServerOptions {
  /** Makes it HTTPS. */
  certificate?: Certificate | undefined;
  logger: Logger;
  /** How long a header may take and nothing of an answer may be taken, milliseconds. */
  stall?: number | undefined;
}

/** Makes the server of each address that is listened on, as Fastify's `serverFactory`. */
export function serverFactory({ certificate, logger, stall = STALL }: ServerOptions) {
  const options = {
    requireHostHeader: false, // said with a problem document instead
    headersTimeout: stall, // looked at now and then, so it may be half as much again
    connectionsCheckingInterval: stall / 2,
  };
  const cut = (socket: Socket, why: string) => {
    logger.info({ address: socket.remoteAddress }, why);
    socket.destroy();
  };
  return (handler: RequestListener): Server => {
    const inTurn: RequestListener = (request, answer) =>
      takeTurn(request.socket, answer, cut, () => {
        cutUnread(answer, stall, cut);
        handler(request, answer);
      });
    const server = (certificate ?? { createServer }).createServer(options, inTurn);
    // whoever waits to be asked for the body is asked when it is read, or gets an answer instead
    server.on("checkContinue", inTurn).on("checkExpectation", inTurn);
    server.on("clientError", (error, socket) => refuseMalformed(error, socket as Socket, logger, stall));
    server.keepAliveTimeout = KEEP_ALIVE;
    server.requestTimeout = 0; // bodies have limits of their own
    return server;
  };
}

type Cut = (socket: Socket, why: string) => void;

/** By connection, how many requests wait for their turn. */
const waiting = new WeakMap<Socket, number>();

function addWaiting(socket: Socket, count: number): number {
  const sum = (waiting.get(socket) ?? 0) + count;
  waiting.set(socket, sum);
  return sum;
}

/**
 * Begins a request when the answers before it on its connection are sent, so that of a client that sends
 * thousands at once one is worked on, with one file open and one answer in memory, and everybody else's come in
 * between. Node itself would begin them all, and never tell those behind the first that the connection has ended.
 */
function takeTurn(socket: Socket, answer: ServerResponse, cut: Cut, begin: () => void): void {
  if (answer.socket) {
    begin();
    return;
  }
  if (socket.destroyed) return; // cut off by one before it in the same packet
  const count = addWaiting(socket, 1);
  if (count > MOST_WAITING) cut(socket, "too many requests were sent at once");
  else if (count >= MANY_WAITING) socket.pause();
  // never, when the connection ends before
  answer.once("socket", () => {
    if (addWaiting(socket, -1) < MANY_WAITING) socket.resume();
    setImmediate(() => answer.closed || begin());
  });
}

/**
 * Cuts the line of a client of which nothing of an answer is taken for `stall` milliseconds (as nginx's
 * send_timeout). The socket's own timer begins anew whenever bytes go either way; while an answer is being
 * worked on, there is nothing to take.
 */
function cutUnread(answer: ServerResponse, stall: number, cut: Cut): void {
  answer.setTimeout(stall, () => {
    const { socket } = answer;
    if (socket && socket.writableLength > 0) cut(socket, "nothing of an answer was taken");
  });
}
