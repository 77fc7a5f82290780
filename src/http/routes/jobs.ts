// Jobs: list, look at, wait for, read the result of, cancel, delete.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { isId } from "../../jobs/id.js";
import type { Jobs } from "../../jobs/jobs.js";
import type { ListQuery } from "../../jobs/list.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import { principalOf } from "../authentication.js";
import { summaryOf } from "../job-document.js";
import {
  etagOf,
  isKnown,
  JSON_TYPE,
  noSuchJob,
  RETRY_AFTER,
  sendJob,
  sendNotModified,
} from "../job-replies.js";
import {
  activeJob,
  canceledJob,
  completedJob,
  examplesOf,
  failedJob,
  listedJob,
} from "../openapi/examples.js";
import { describe, json } from "../openapi/operation.js";
import { JOB_PROBLEMS } from "../openapi/problems.js";
import { resultContents } from "../openapi/results.js";
import { applyPreference, preferredWait, withWait } from "../prefer.js";
import { HttpProblem, PROBLEM_TYPE } from "../problems.js";
import { type Results, sendResult } from "../results.js";
import { jobListSchema, jobSchemaOfAll, stateSchema } from "../schemas.js";

export interface JobRoutesDeps {
  jobs: Jobs;
  results: Results;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

const params = Type.Object({
  id: Type.String({ description: "The job's id.", examples: ["01kf0e9r4b6m2x8c5v7n1q3w0t"] }),
});
type Params = Static<typeof params>;

const listQuery = Type.Object(
  {
    state: Type.Optional({ ...stateSchema, description: "Only jobs in this state." } as typeof stateSchema),
    type: Type.Optional(Type.String({ description: "Only jobs of this type.", examples: ["stats"] })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 20, description: "Jobs of a page at most." }),
    ),
    cursor: Type.Optional(
      Type.String({
        description: "`nextCursor` of the page before.",
        examples: ["01kf0e9r4b6m2x8c5v7n1q3w0t"],
      }),
    ),
  },
  { additionalProperties: false },
);

export function jobRoutes(app: FastifyInstance, deps: JobRoutesDeps): void {
  const { jobs, results, stopping } = deps;
  const read = { scope: "jobs:read" } as const;
  const write = { scope: "jobs:write" } as const;
  const { types } = results.registry;
  const anyJob = jobSchemaOfAll(types);
  const oneType = types.slice(0, 1);

  async function found(request: FastifyRequest): Promise<JobRecord> {
    const { id } = request.params as Params;
    const job = await jobs.find(principalOf(request).account, id);
    if (!job) throw noSuchJob(id);
    return job;
  }

  async function foundAfter(request: FastifyRequest, reply: FastifyReply, seconds: number) {
    const { id } = request.params as Params;
    const { account } = principalOf(request);
    const job = await withWait(jobs, id, seconds, { reply, stopping }, (wait) =>
      wait.ended(() => jobs.find(account, id)),
    );
    if (!job) throw noSuchJob(id);
    return job;
  }

  app.get(
    "/v1/jobs",
    {
      config: read,
      schema: describe({
        operationId: "list-jobs",
        tags: ["Jobs"],
        summary: "Jobs of the account, newest first",
        description: "Filters that few jobs pass make pages shorter than `limit`; `nextCursor` leads on.",
        querystring: listQuery,
        answers: {
          200: {
            description: "A page of jobs.",
            content: json(jobListSchema(types), {
              page: { jobs: oneType.map(listedJob), nextCursor: null },
            }),
          },
        },
        problems: ["invalid-input", "impossible-value"],
      }),
    },
    async (request, reply) => {
      const { limit = 20, cursor, ...filters } = request.query as Static<typeof listQuery>;
      if (cursor !== undefined && !isId(cursor))
        throw new HttpProblem(400, "bad-request", "cursor is not one that a page gave as nextCursor");
      const query = { ...filters, limit, ...(cursor !== undefined && { cursor }) } as ListQuery;
      const page = await jobs.list(principalOf(request).account, query);
      const list = page.jobs.map(summaryOf).join(",");
      return reply.type(JSON_TYPE).send(`{"jobs":[${list}],"nextCursor":${JSON.stringify(page.nextCursor)}}`);
    },
  );

  app.get(
    "/v1/jobs/:id",
    {
      config: read,
      schema: describe({
        operationId: "get-job",
        tags: ["Jobs"],
        summary: "A job, with its result when it has one of at most 64 KiB",
        params,
        reads: ["Prefer", "If-None-Match"],
        answers: {
          200: {
            description: "The job as it is, whatever its state; `Retry-After` while it has not ended.",
            headers: ["ETag", "Retry-After?", "Preference-Applied?"],
            content: json(anyJob, {
              ...examplesOf(oneType, activeJob, failedJob),
              ...examplesOf(types, completedJob),
            }),
          },
          304: {
            description: "The job is still as `If-None-Match` knows it.",
            headers: ["ETag", "Retry-After?", "Preference-Applied?"],
          },
        },
        problems: ["not-found"],
      }),
    },
    async (request, reply) => {
      const seconds = preferredWait(request);
      const job = seconds === undefined ? await found(request) : await foundAfter(request, reply, seconds);
      applyPreference(request, reply);
      return isKnown(request, etagOf(job)) ? sendNotModified(reply, job) : sendJob(reply, 200, job);
    },
  );

  app.get(
    "/v1/jobs/:id/result",
    {
      config: read,
      schema: describe({
        operationId: "get-result",
        tags: ["Jobs"],
        summary: "The result alone, as JSON or in a format of its job type",
        description:
          "`Accept` says which of the media types is preferred; JSON without it. For a failed job the answer is " +
          "the job's `error`, with its status.",
        params,
        answers: {
          200: {
            description: "The result.",
            headers: ["Vary", "Content-Length"],
            content: resultContents(types),
          },
        },
        problems: ["not-found", "not-acceptable", "no-result", ...JOB_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const job = await found(request);
      if (job.state === "failed")
        return reply.code(JSON.parse(job.error).status).type(PROBLEM_TYPE).send(job.error);
      if (job.state === "completed") return sendResult(results, job, request, reply);
      const headers: Record<string, string> = hasEnded(job.state) ? {} : { "retry-after": RETRY_AFTER };
      throw new HttpProblem(409, "no-result", `the job is ${job.state}`, headers);
    },
  );

  app.post(
    "/v1/jobs/:id/cancel",
    {
      config: write,
      schema: describe({
        operationId: "cancel-job",
        tags: ["Jobs"],
        summary: "Cancels a job that has not ended",
        description: "A queued job never starts; one that runs stops within a second, in whichever process.",
        params,
        answers: {
          202: {
            description: "The job is canceled.",
            headers: ["ETag"],
            content: json(anyJob, examplesOf(oneType, canceledJob)),
          },
        },
        problems: ["not-found", "already-ended"],
      }),
    },
    async (request, reply) => {
      const { id } = request.params as Params;
      const job = await jobs.cancel(principalOf(request).account, id);
      if (!job) throw noSuchJob(id);
      return sendJob(reply, 202, job);
    },
  );

  app.delete(
    "/v1/jobs/:id",
    {
      config: write,
      schema: describe({
        operationId: "delete-job",
        tags: ["Jobs"],
        summary: "Cancels a job if need be and forgets it, its result and its upload",
        params,
        answers: { 204: { description: "It is gone." } },
        problems: ["not-found"],
      }),
    },
    async (request, reply) => {
      const { id } = request.params as Params;
      if (!(await jobs.remove(principalOf(request).account, id))) throw noSuchJob(id);
      return reply.code(204).send();
    },
  );
}
