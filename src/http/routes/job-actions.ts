// What can be done with a job: cancel it, alone or with others, let it run again, delete it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Jobs } from "../../jobs/jobs.js";
import type { Registry } from "../../jobs/registry.js";
import { accountOf, accountQuery } from "../authentication.js";
import { addressOf } from "../job-document.js";
import { noSuchJob, RETRY_AFTER, sendJob } from "../job-replies.js";
import { canceledJob, examplesOf, queuedJob } from "../openapi/examples.js";
import { describe, json } from "../openapi/operation.js";
import { QUERY_PROBLEMS } from "../openapi/problems.js";
import { type JobParams, jobParams, jobSchemaOfAll } from "../schemas.js";

export interface JobActionDeps {
  jobs: Jobs;
  registry: Registry;
  /** Refuses what is more than the account may submit. */
  limit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

const query = Type.Object(accountQuery);
const labelQuery = Type.Object(
  {
    label: Type.String({ minLength: 1, description: "The label of the jobs.", examples: ["nightly"] }),
    ...accountQuery,
  },
  { additionalProperties: false },
);
const canceledSchema = Type.Object(
  { canceled: Type.Integer({ minimum: 0, description: "How many had not ended, and are canceled." }) },
  { $id: "Canceled" },
);

export function jobActionRoutes(app: FastifyInstance, { jobs, registry, limit }: JobActionDeps): void {
  const config = { scope: "jobs:write" } as const;
  const anyJob = jobSchemaOfAll(registry.types);
  const oneType = registry.types.slice(0, 1);

  app.post(
    "/v1/jobs/:id/cancel",
    {
      config,
      schema: describe({
        operationId: "cancel-job",
        tags: ["Jobs"],
        summary: "Cancels a job that has not ended",
        description: "A queued job never starts; one that runs stops within a second, in whichever process.",
        params: jobParams,
        querystring: query,
        answers: {
          202: {
            description: "The job is canceled.",
            headers: ["ETag"],
            content: json(anyJob, examplesOf(oneType, canceledJob)),
          },
        },
        problems: ["not-found", "already-ended", ...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const { id } = request.params as JobParams;
      const job = await jobs.cancel(accountOf(request), id);
      if (!job) throw noSuchJob(id);
      return sendJob(reply, 202, job);
    },
  );

  app.post(
    "/v1/jobs/cancel",
    {
      config,
      schema: describe({
        operationId: "cancel-jobs",
        tags: ["Jobs"],
        summary: "Cancels all jobs with a label that have not ended",
        querystring: labelQuery,
        answers: {
          202: {
            description: "They are canceled.",
            content: json(canceledSchema, { canceled: { canceled: 12 } }),
          },
        },
        problems: [...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const { label } = request.query as Static<typeof labelQuery>;
      return reply.code(202).send({ canceled: await jobs.cancelLabeled(accountOf(request), label) });
    },
  );

  app.post(
    "/v1/jobs/:id/retry",
    {
      config,
      onRequest: limit,
      schema: describe({
        operationId: "retry-job",
        tags: ["Jobs"],
        summary: "Lets a failed or canceled job run again",
        description:
          "It keeps its id, its input and its file, and waits at the end of the account's own jobs. It counts as a " +
          "submission.",
        params: jobParams,
        querystring: query,
        answers: {
          202: {
            description: "The job waits again.",
            headers: ["Location", "ETag", "Retry-After?", "RateLimit", "RateLimit-Policy"],
            content: json(anyJob, examplesOf(oneType, queuedJob)),
          },
        },
        problems: [
          ...(["not-found", "not-retryable", "name-taken"] as const),
          ...QUERY_PROBLEMS,
          ...(["too-many-requests", "too-many-jobs", "queue-full"] as const),
        ],
        limited: true,
      }),
    },
    async (request, reply) => {
      const { id } = request.params as JobParams;
      const job = await jobs.retry(accountOf(request), id);
      if (!job) throw noSuchJob(id);
      return sendJob(reply.header("location", addressOf(id)).header("retry-after", RETRY_AFTER), 202, job);
    },
  );

  app.delete(
    "/v1/jobs/:id",
    {
      config,
      schema: describe({
        operationId: "delete-job",
        tags: ["Jobs"],
        summary: "Cancels a job if need be and forgets it, its result and its upload",
        params: jobParams,
        querystring: query,
        answers: { 204: { description: "It is gone." } },
        problems: ["not-found", ...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const { id } = request.params as JobParams;
      if (!(await jobs.remove(accountOf(request), id))) throw noSuchJob(id);
      return reply.code(204).send();
    },
  );
}
