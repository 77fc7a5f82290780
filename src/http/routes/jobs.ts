// Jobs to look at: lists, one with its waits, and its result.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Jobs } from "../../jobs/jobs.js";
import type { ListQuery } from "../../jobs/list.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import { accountOf, accountQuery } from "../authentication.js";
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
import { activeJob, completedJob, examplesOf, failedJob, listedJob } from "../openapi/examples.js";
import { describe, json } from "../openapi/operation.js";
import { JOB_PROBLEMS, QUERY_PROBLEMS } from "../openapi/problems.js";
import { resultContents } from "../openapi/results.js";
import { pageOf, pageQuery } from "../pages.js";
import { applyPreference, preferredWait, withWait } from "../prefer.js";
import { HttpProblem, PROBLEM_TYPE } from "../problems.js";
import { type Results, sendResult } from "../results.js";
import { type JobParams, jobListSchema, jobParams, jobSchemaOfAll, stateSchema } from "../schemas.js";

export interface JobRoutesDeps {
  jobs: Jobs;
  results: Results;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

const query = Type.Object(accountQuery);

const listQuery = Type.Object(
  {
    state: Type.Optional({ ...stateSchema, description: "Only jobs in this state." } as typeof stateSchema),
    type: Type.Optional(Type.String({ description: "Only jobs of this type.", examples: ["stats"] })),
    label: Type.Optional(Type.String({ description: "Only jobs with this label.", examples: ["nightly"] })),
    ...pageQuery("Jobs"),
    ...accountQuery,
  },
  { additionalProperties: false },
);

export function jobRoutes(app: FastifyInstance, deps: JobRoutesDeps): void {
  const { jobs, results, stopping } = deps;
  const read = { scope: "jobs:read" } as const;
  const { types } = results.registry;
  const anyJob = jobSchemaOfAll(types);
  const oneType = types.slice(0, 1);

  async function found(request: FastifyRequest): Promise<JobRecord> {
    const { id } = request.params as JobParams;
    const job = await jobs.find(accountOf(request), id);
    if (!job) throw noSuchJob(id);
    return job;
  }

  async function foundAfter(request: FastifyRequest, reply: FastifyReply, seconds: number) {
    const { id } = request.params as JobParams;
    const account = accountOf(request);
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
        problems: [...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const { limit, cursor, account: _, ...filters } = request.query as Static<typeof listQuery>;
      const wanted = { ...filters, ...pageOf({ limit, cursor }) } as ListQuery;
      const page = await jobs.list(accountOf(request), wanted);
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
        params: jobParams,
        querystring: query,
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
        problems: ["not-found", ...QUERY_PROBLEMS],
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
          "`Accept` says which of the media types is preferred; JSON without it. `application/avro` is one datum in " +
          "Avro's binary encoding; `Link` leads to its schema. For a failed job the answer is the job's `error`, with " +
          "its status.",
        params: jobParams,
        querystring: query,
        answers: {
          200: {
            description: "The result.",
            headers: ["Vary", "Content-Length", "Link?"],
            content: resultContents(types),
          },
        },
        problems: ["not-found", "invalid-input", "not-acceptable", "no-result", ...JOB_PROBLEMS],
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
}
