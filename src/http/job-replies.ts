// Answers that show one job: the document with its headers, spliced of bytes that nobody parses here.
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasEnded, type JobRecord } from "../jobs/record.js";
import { documentOf } from "./job-document.js";
import { HttpProblem } from "./problems.js";

export const JSON_TYPE = "application/json; charset=utf-8";

/** Seconds after which a client may look again at a job that has not ended. */
export const RETRY_AFTER = "1";

export function noSuchJob(id: string): HttpProblem {
  return new HttpProblem(404, "not-found", `there is no job ${JSON.stringify(id)}`);
}

/** The record's number grows with every change but the rank in the lane, so the two name one document. */
export function etagOf(job: JobRecord): string {
  return `"${job.number}-${job.position ?? ""}"`;
}

/** Whether the client has what it would get (RFC 9110, 13.1.2: weak comparison). */
export function isKnown(request: FastifyRequest, etag: string): boolean {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  return header.split(",").some((one) => {
    const tag = one.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag;
  });
}

function describe(reply: FastifyReply, job: JobRecord): FastifyReply {
  if (!hasEnded(job.state)) reply.header("retry-after", RETRY_AFTER);
  return reply.header("etag", etagOf(job));
}

export function sendJob(reply: FastifyReply, status: number, job: JobRecord): FastifyReply {
  return describe(reply, job).code(status).type(JSON_TYPE).send(documentOf(job));
}

/** The client has the document already. */
export function sendNotModified(reply: FastifyReply, job: JobRecord): FastifyReply {
  return describe(reply, job).code(304).send();
}
