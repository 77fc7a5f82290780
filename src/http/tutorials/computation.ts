// What a tutorial computed while its client waited, as a job that the request waits for.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AnyJobType } from "../../../workers/job-type.js";
import { newId } from "../../jobs/id.js";
import type { Jobs } from "../../jobs/jobs.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import { MaybeAccepted } from "../../jobs/submissions.js";
import { accepted, refusalOf } from "../acceptance.js";
import { principalOf } from "../authentication.js";
import type { BodyReader, Content } from "../bodies.js";
import { addressOf } from "../job-document.js";
import { sendJob } from "../job-replies.js";
import { queuedJob } from "../openapi/examples.js";
import type { AnswerHeader } from "../openapi/headers.js";
import { type Answer, json } from "../openapi/operation.js";
import type { Problem } from "../openapi/problems.js";
import { LONGEST_WAIT, withWait } from "../prefer.js";
import { HttpProblem } from "../problems.js";
import type { Results } from "../results.js";
import { jobSchemaOf } from "../schemas.js";

export interface ComputationDeps {
  jobs: Jobs;
  results: Results;
  bodies: BodyReader;
  /** Refuses what is more than the account may submit. */
  limit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

export interface Computation {
  type: AnyJobType;
  /** Reads the job's content, under its id. */
  read(id: string): Content | Promise<Content>;
  /** Answers with the result of the completed job. */
  send(job: JobRecord): FastifyReply | Promise<FastifyReply>;
}

/**
 * Answers with a job's result; with its error when it failed; and with 202 and the job when it has not ended after a
 * minute.
 */
export async function compute(
  { jobs, results, stopping }: ComputationDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { type, read, send }: Computation,
): Promise<FastifyReply> {
  const { account } = principalOf(request);
  const id = newId();
  const content = await read(id);
  const job = await withWait(jobs, id, LONGEST_WAIT, { reply, stopping }, async (wait) => {
    const waiting = await jobs.submit({ id, account, type, ...content }).catch(async (error: unknown) => {
      if (content.file && !(error instanceof MaybeAccepted)) await results.files.remove("uploads", id);
      throw refusalOf(error, id);
    });
    reply.header("location", addressOf(id));
    return accepted(
      id,
      wait.ended(() => jobs.find(account, id), waiting),
    );
  });
  if (job?.state === "completed") return send(job);
  if (job && !hasEnded(job.state)) return sendJob(reply, 202, job);
  reply.removeHeader("location");
  throw job?.state === "failed"
    ? HttpProblem.of(JSON.parse(job.error))
    : new HttpProblem(409, "no-result", "the job was canceled before it had a result");
}

/** What any of these requests can be refused with, and its job can fail with. */
export const COMPUTATION_PROBLEMS: Problem[] = [
  ...(["invalid-input", "no-result", "too-many-requests", "too-many-jobs"] as const),
  ...(["maybe-accepted", "queue-full", "job-timed-out", "out-of-memory", "worker-lost"] as const),
  ...(["job-internal-error"] as const),
];

/** The answers of a request that computes: `ended` when the job has, else the job. */
export function computed(type: AnyJobType, ended: Answer): Record<number, Answer> {
  return {
    200: { ...ended, headers: [...COUNTED, ...(ended.headers ?? [])] },
    202: {
      description: "It is not computed yet after a minute, or the service stops: the job, to be looked at.",
      headers: [...COUNTED, "ETag", "Retry-After"],
      content: json(jobSchemaOf(type), queuedJob(type)),
    },
  };
}

const COUNTED: AnswerHeader[] = ["Location", "RateLimit", "RateLimit-Policy"];
