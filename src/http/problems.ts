// Problem documents (RFC 9457): everything that the framework or a route can raise, in one shape.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InputError } from "../../workers/input-error.js";
import type { TSchema } from "../../workers/typebox.js";
import { TooManySignInsError } from "../accounts/failed-sign-ins.js";
import { SignInsBusyError } from "../accounts/passwords.js";
import { CapacityReached } from "../jobs/capacity.js";
import { KeyInUse } from "../jobs/idempotency.js";
import { AlreadyEnded, NotRetryable } from "../jobs/jobs.js";
import { PROBLEM, type ProblemDocument, problemOf } from "../jobs/problems.js";
import { TooManyRecordsError } from "../records/records.js";
import { isUnavailable } from "../redis/connections.js";
import { problemSchema } from "./schemas.js";

const PROBLEM_MEDIA = "application/problem+json";
export const PROBLEM_TYPE = `${PROBLEM_MEDIA}; charset=utf-8`;

/** Seconds after which a client may try again what could not be done now. */
const RETRY_AFTER = 2;

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Authentication is needed",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "The request took too long",
  409: "Conflict",
  413: "Too large",
  414: "The address is too long",
  415: "Unsupported media type",
  417: "Expectation failed",
  422: "Impossible value",
  429: "Too many requests",
  431: "The header is too large",
  500: "Internal error",
  503: "Not available now",
  507: "No room on the disk",
};

/** A request that is answered with a problem document. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly document: ProblemDocument;
  readonly headers: Record<string, string>;

  constructor(status: number, problem: string, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.document = { type: PROBLEM + problem, title: TITLES[status] ?? problem, status, detail };
  }

  static of(document: ProblemDocument): HttpProblem {
    const { type, status, detail } = document;
    const made = new HttpProblem(status, type.slice(PROBLEM.length), detail);
    Object.assign(made.document, document);
    return made;
  }
}

/** What breaks a limit of bytes: `limit` is its name, `sent` says what came. */
export function tooLarge(limit: string, value: number, sent: string): HttpProblem {
  return new HttpProblem(413, "too-large", `${sent}, but ${limit} is ${value} bytes`);
}

/** Names of what the framework itself raises. */
const STATUS_NAMES: Record<number, string> = {
  401: "unauthorized",
  404: "not-found",
  408: "timed-out",
  413: "too-large",
  414: "address-too-long",
  415: "unsupported-media-type",
  431: "header-too-large",
};

/** The answer to an error; those that are nobody's mistake but ours say nothing of their inside. */
export function problemFor(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof InputError) return HttpProblem.of(problemOf(error.problem));
  if (error instanceof AlreadyEnded) return new HttpProblem(409, "already-ended", error.message);
  if (error instanceof NotRetryable) return new HttpProblem(409, "not-retryable", error.message);
  if (error instanceof KeyInUse) return keyInUse(error);
  if (error instanceof CapacityReached) return noRoom(error);
  if (error instanceof TooManyRecordsError) return new HttpProblem(409, "too-many-records", error.message);
  if (error instanceof SignInsBusyError) return notNow(error.message);
  if (error instanceof TooManySignInsError)
    return new HttpProblem(429, "too-many-sign-ins", error.message, {
      "retry-after": String(error.retryAfter),
    });
  if (isUnavailable(error)) return notNow(unavailable(error as Error));
  const { statusCode, code, message } = (error ?? {}) as FastifyError;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull("the disk is full");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpProblem(statusCode, STATUS_NAMES[statusCode] ?? "bad-request", message);
  return new HttpProblem(500, "internal-error", "something went wrong here; the log knows more");
}

/** Redis is away, or it is there and refuses: it has no memory left, cannot write, or still loads. */
function unavailable({ name }: Error): string {
  return name === "ReplyError" ? "the queue refuses this now" : "the queue cannot be reached now";
}

export function diskFull(detail: string): HttpProblem {
  return new HttpProblem(507, "disk-full", detail, { "retry-after": "60" });
}

function noRoom({ limit, message }: CapacityReached): HttpProblem {
  const headers = { "retry-after": String(RETRY_AFTER) };
  if (limit === "ACCOUNT_JOBS") return new HttpProblem(429, "too-many-jobs", message, headers);
  return new HttpProblem(503, "queue-full", message, headers);
}

function keyInUse({ reason, message }: KeyInUse): HttpProblem {
  if (reason === "differs") return new HttpProblem(422, "key-reused", message);
  return new HttpProblem(409, "key-arriving", message, { "retry-after": String(RETRY_AFTER) });
}

export function notNow(detail: string, headers: Record<string, string> = {}): HttpProblem {
  return new HttpProblem(503, "unavailable", detail, { ...headers, "retry-after": String(RETRY_AFTER) });
}

/** How a group of routes words its errors. */
export interface ErrorFormat {
  /** Tells its answers in the API's description from those of others; empty for problem documents. */
  readonly name: string;
  readonly mediaType: string;
  readonly schema: TSchema;
  /** What is sent for a problem. */
  body(problem: ProblemDocument, request: Pick<FastifyRequest, "method" | "headers">): unknown;
}

export const PROBLEM_DOCUMENTS: ErrorFormat = {
  name: "",
  mediaType: PROBLEM_MEDIA,
  schema: problemSchema,
  body: (problem) => problem,
};

/** Sends what an error comes to. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  format = PROBLEM_DOCUMENTS,
): FastifyReply {
  const { status, headers, document } = problemFor(error);
  if (status === 500) request.log.error({ err: error }, "request failed");
  else if (status > 500) request.log.warn({ err: error }, "request refused");
  return reply
    .code(status)
    .headers(headers)
    .type(`${format.mediaType}; charset=utf-8`)
    .send(JSON.stringify(format.body(document, request)));
}

/** The error format of `app` and of every group in it that has none of its own. */
export function useErrors(app: FastifyInstance, format = PROBLEM_DOCUMENTS): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, format));
  app.setNotFoundHandler((request, reply) => {
    const detail = `there is nothing at ${request.url.split("?")[0]}`;
    return sendProblem(new HttpProblem(404, "not-found", detail), request, reply, format);
  });
}
