// Jobs: list, look at, wait for, read the result of, cancel, delete.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { isId } from "../../jobs/id.js";
import type { Jobs } from "../../jobs/jobs.js";
import type { ListQuery } from "../../jobs/list.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
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
import { applyPreference, preferredWait, withWait } from "../prefer.js";
import { HttpProblem, PROBLEM_TYPE } from "../problems.js";
import { type Results, sendResult } from "../results.js";
import { answer, anyJobSchema, jobListSchema, problems, stateSchema } from "../schemas.js";

export interface JobRoutesDeps {
  jobs: Jobs;
  results: Results;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

/** The result's media types: those of every job type's formats. */
function resultContent({ types }: Registry): Record<string, object> {
  const others = types.flatMap(({ formats }) => Object.keys(formats ?? {}));
  const texts = others.map((mediaType) => [mediaType, { schema: { type: "string" } }]);
  return { "application/json": { schema: {} }, ...Object.fromEntries(texts) };
}

const params = Type.Object({ id: Type.String({ description: "the job's id" }) });
type Params = Static<typeof params>;

const listQuery = Type.Object(
  {
    state: Type.Optional(stateSchema),
    type: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(Type.String({ description: "`nextCursor` of the page before" })),
  },
  { additionalProperties: false },
);

export function jobRoutes(app: FastifyInstance, deps: JobRoutesDeps): void {
  const { jobs, results, stopping } = deps;
  const read = { scope: "jobs:read" } as const;
  const write = { scope: "jobs:write" } as const;

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
      schema: {
        operationId: "list-jobs",
        tags: ["Jobs"],
        summary: "Jobs of the account, newest first",
        querystring: listQuery,
        response: { 200: answer("A page of jobs", jobListSchema), ...problems(400, 401, 403, 422, 503) },
      },
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
      schema: {
        operationId: "get-job",
        tags: ["Jobs"],
        summary: "A job, with its result when it has one of at most 64 KiB",
        params,
        response: {
          200: answer("The job", anyJobSchema, "etag", "retry-after", "preference-applied"),
          304: { description: "As `If-None-Match` knows it" },
          ...problems(400, 401, 403, 404, 503),
        },
      },
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
      schema: {
        operationId: "get-result",
        tags: ["Jobs"],
        summary: "The result alone, as JSON or in a format of its job type",
        params,
        response: {
          200: { description: "The result", content: resultContent(results.registry) },
          ...problems(400, 401, 403, 404, 406, 409, 422, 500, 503),
        },
      },
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
      schema: {
        operationId: "cancel-job",
        tags: ["Jobs"],
        summary: "Cancels a job that has not ended",
        params,
        response: { 202: answer("The job is canceled", anyJobSchema), ...problems(401, 403, 404, 409, 503) },
      },
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
      schema: {
        operationId: "delete-job",
        tags: ["Jobs"],
        summary: "Cancels a job if need be and forgets it, its result and its upload",
        params,
        response: { 204: { description: "It is gone" }, ...problems(401, 403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params as Params;
      if (!(await jobs.remove(principalOf(request).account, id))) throw noSuchJob(id);
      return reply.code(204).send();
    },
  );
}
