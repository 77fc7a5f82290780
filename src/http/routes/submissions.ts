// One route per job type: reads the body, submits the job, and answers at once or when it has ended.
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type, { type TSchema } from "typebox";
import type { AnyJobType } from "../../../workers/job-type.js";
import type { FileStore } from "../../files/file-store.js";
import { newId } from "../../jobs/id.js";
import type { Jobs } from "../../jobs/jobs.js";
import { hasEnded } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
import { principalOf } from "../authentication.js";
import type { BodyReader } from "../bodies.js";
import { noSuchJob, sendJob } from "../job-replies.js";
import { preferredWait, untilGone } from "../prefer.js";
import { answer, jobSchema, problems } from "../schemas.js";

export interface SubmissionDeps {
  registry: Registry;
  jobs: Jobs;
  files: FileStore;
  bodies: BodyReader;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

export function submissionRoutes(app: FastifyInstance, deps: SubmissionDeps): void {
  for (const type of deps.registry.types) submissionRoute(app, type, deps);
}

function submissionRoute(app: FastifyInstance, type: AnyJobType, deps: SubmissionDeps): void {
  const { jobs, files, bodies, stopping } = deps;

  /** Accepts the job; from then on its file is the job's, before that whatever fails removes it. */
  async function accept(request: FastifyRequest, account: string, id: string): Promise<void> {
    const content = await bodies.read(request, type, id);
    try {
      await jobs.submit({ id, account, type, ...content });
    } catch (error) {
      if (content.file && !jobs.mayHaveAccepted(error)) await files.remove("uploads", id);
      throw error;
    }
  }

  app.post(
    type.path,
    {
      schema: schemaOf(type),
      config: { scope: type.makes === "model" ? "models:write" : "jobs:write" },
      onRequest: async (request) => bodies.checkLength(request),
    },
    async (request, reply) => {
      const { account } = principalOf(request);
      const id = newId();
      const seconds = preferredWait(request, reply);
      reply.header("location", `/v1/jobs/${id}`);
      if (seconds === undefined) {
        await accept(request, account, id);
        const job = await jobs.find(account, id);
        if (!job) throw noSuchJob(id);
        return sendJob(reply, 202, job);
      }
      const client = untilGone(reply, stopping);
      const wait = jobs.waitFor(id, seconds, client.signal);
      try {
        await accept(request, account, id);
        const job = await wait.ended(() => jobs.find(account, id), { fresh: true });
        if (!job) throw noSuchJob(id);
        return sendJob(reply, hasEnded(job.state) ? 200 : 202, job);
      } finally {
        wait.stop();
        client.release();
      }
    },
  );
}

function schemaOf(type: AnyJobType): object {
  const { accepts, input } = type;
  const content: Record<string, object> = {};
  if (accepts.includes("json"))
    content["application/json"] = { schema: { ...input, examples: [type.example.input] } };
  if (accepts.includes("file")) {
    const options = (input as { properties?: { options?: { properties?: object } } }).properties?.options;
    content["multipart/form-data"] = {
      schema: {
        type: "object",
        required: ["file"],
        properties: { file: { type: "string", format: "binary" }, ...options?.properties },
      },
    };
    content["text/csv"] = { schema: { type: "string" } };
  }
  const job = jobSchema(type.output as TSchema);
  return {
    operationId: `submit-${type.name}`,
    tags: ["Submit"],
    summary: type.summary,
    ...(type.description !== undefined && { description: type.description }),
    headers: Type.Object({
      prefer: Type.Optional(
        Type.String({
          description: "`wait=N`: answer when the job has ended, after N seconds at the latest (at most 60)",
          examples: ["wait=10"],
        }),
      ),
    }),
    body: { content },
    response: {
      200: answer("With `Prefer: wait`: the job has ended", job),
      202: answer("The job is accepted; `Location` is its address", job),
      ...problems(400, 401, 403, 404, 405, 409, 413, 415, 422, 503, 507),
    },
  };
}
