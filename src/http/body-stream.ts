// A request's body as it comes: asked for, watched, and read without hanging up on its sender.
import { IncomingMessage } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "./problems.js";

/** A body of which nothing comes for this long is given up; the sweeper relies on it. Milliseconds. */
export const STALL = 60_000;

/**
 * What a body must bring on average, in bytes a second, once it has had its first `stall`: otherwise one byte a
 * minute would hold a connection, and an open file, for ever. It is Kestrel's default (Apache's is 500), far
 * below what any line carries, and what came faster may be followed by pauses. There is no limit of the whole
 * time (Node's `requestTimeout`, which Fastify sets to 0): an honest upload may take hours.
 */
const LEAST_RATE = 240;

/**
 * Begins to receive the body: a client that waits to be asked (`Expect: 100-continue`) is asked, and when
 * nothing comes for `stall` milliseconds, or too little for longer, the raw request emits an HttpProblem as its
 * error. Throws when the client is already gone.
 */
export function beginBody({ raw }: FastifyRequest, reply: FastifyReply, stall: number): void {
  if (isCutOff(raw)) throw cutOff();
  raw.on("error", () => {}); // who reads it hears of it; when nobody does, it is nobody's concern
  if (isWhole(raw)) return;
  if (raw.headers.expect !== undefined && raw.httpVersion === "1.1") reply.raw.writeContinue();
  const giveUp = (detail: string) => {
    if (!reply.raw.writableEnded) raw.emit("error", new HttpProblem(408, "timed-out", detail));
  };
  raw.setTimeout(stall, () => giveUp(`nothing of the body came for ${stall / 1000} s`));
  watchPace(raw, stall, giveUp);
}

function watchPace(raw: IncomingMessage, stall: number, giveUp: (detail: string) => void): void {
  const { socket } = raw;
  const began = Date.now();
  const before = socket.bytesRead;
  const timer = setInterval(() => {
    const due = ((Date.now() - began - stall) / 1000) * LEAST_RATE;
    // what has come and waits to be read shows that the sender is not the slow one
    if (socket.bytesRead - before >= due || raw.readableLength > 0) return;
    giveUp(`the body came too slowly: less than ${LEAST_RATE} bytes a second`);
  }, stall);
  timer.unref();
  for (const over of ["end", "close"]) raw.once(over, () => clearInterval(timer));
}

/**
 * Gives `use` the body as a stream of its own. Destroying that leaves the connection as it is, so that an
 * answer can be sent; destroying the raw request would not.
 */
export async function withBody<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  stall: number,
  use: (body: Readable) => Promise<T>,
): Promise<T> {
  beginBody(request, reply, stall);
  const { raw } = request;
  const body = new PassThrough();
  body.on("error", () => {});
  raw.on("error", (error) => body.destroy(error instanceof HttpProblem ? error : cutOff()));
  raw.pipe(body);
  try {
    return await use(body);
  } finally {
    body.destroy(); // what was not read runs out past it
  }
}

/** The whole of a body whose head says how small it is: Node takes no more than that. */
export function readWhole(request: FastifyRequest, reply: FastifyReply, stall: number): Promise<Buffer> {
  beginBody(request, reply, stall);
  const { raw } = request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    raw.on("data", (chunk: Buffer) => chunks.push(chunk));
    raw.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    raw.once("error", (error) => reject(error instanceof HttpProblem ? error : cutOff()));
  });
}

/** Whether the whole body is here, read or not: it came, or it was handed over without a connection (`inject`). */
export function isWhole(raw: IncomingMessage): boolean {
  return raw.complete || !(raw instanceof IncomingMessage);
}

/** Whether the connection ended before the body did. */
export function isCutOff(raw: IncomingMessage): boolean {
  return raw.destroyed && !raw.readableEnded;
}

/** Nobody will read the answer, but the log names it. */
export function cutOff(): HttpProblem {
  return new HttpProblem(400, "cut-off", "the connection ended before the body did");
}
