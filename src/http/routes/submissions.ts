// One route per job type: reads the body, submits the job, and answers at once or when it has ended.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type TSchema } from "typebox";
import type { AnyJobType } from "../../../workers/job-type.js";
import type { FileStore } from "../../files/file-store.js";
import { newId } from "../../jobs/id.js";
import { type Jobs, MaybeAccepted } from "../../jobs/jobs.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
import { isUnavailable } from "../../redis/connections.js";
import { principalOf } from "../authentication.js";
import { type BodyReader, CSV_BODY, FORM_BODY, JSON_BODY, mediaTypesOf, optionsSchemaOf } from "../bodies.js";
import { addressOf } from "../job-document.js";
import { noSuchJob, sendJob } from "../job-replies.js";
import { applyPreference, preferredWait, withWait } from "../prefer.js";
import { notNow } from "../problems.js";
import { answer, anyDetailSchema, jobSchema, problems } from "../schemas.js";

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
  async function accept(request: FastifyRequest, reply: FastifyReply, id: string): Promise<void> {
    const { account } = principalOf(request);
    const content = await bodies.read(request, reply, type, id);
    try {
      await jobs.submit({ id, account, type, ...content });
      reply.header("location", addressOf(id));
    } catch (error) {
      if (error instanceof MaybeAccepted) throw undecided(id, error);
      if (content.file) await files.remove("uploads", id);
      throw isUnavailable(error) ? notNow("the queue cannot be reached now; nothing was accepted") : error;
    }
  }

  app.post(
    type.path,
    {
      schema: schemaOf(type),
      config: { scope: type.makes === "model" ? "models:write" : "jobs:write" },
      onRequest: async (request) => bodies.check(request, type),
    },
    async (request, reply) => {
      const { account } = principalOf(request);
      const id = newId();
      const find = () => jobs.find(account, id);
      const seconds = preferredWait(request);
      if (seconds === undefined) {
        await accept(request, reply, id);
        return show(request, reply, id, await accepted(id, find()));
      }
      return withWait(jobs, id, seconds, { reply, stopping }, async (wait) => {
        await accept(request, reply, id);
        return show(request, reply, id, await accepted(id, wait.ended(find, { fresh: true })));
      });
    },
  );
}

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  job: JobRecord | undefined,
): FastifyReply {
  if (!job) throw noSuchJob(id);
  applyPreference(request, reply);
  const waited = preferredWait(request) !== undefined;
  return sendJob(reply, waited && hasEnded(job.state) ? 200 : 202, job);
}

function undecided(id: string, { message }: MaybeAccepted): Error {
  const detail = `${message}: Location is where it then is; look there before sending it again`;
  return notNow(detail, { location: addressOf(id) });
}

/** A job that is accepted and cannot be shown must not be sent again. */
async function accepted<T>(id: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw notNow("the job is accepted, but cannot be shown now: Location is where it is", {
      location: addressOf(id),
    });
  }
}

function schemaOf(type: AnyJobType): object {
  const result = { ...(type.output as TSchema), examples: [type.example.output] };
  const job = jobSchema(result, type.detail ?? anyDetailSchema);
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
    // options of a raw body
    querystring: optionsSchemaOf(type) ?? Type.Object({}, { additionalProperties: false }),
    body: { content: bodiesOf(type) },
    response: {
      200: answer("With `Prefer: wait`: the job has ended", job, "location", "preference-applied"),
      202: answer("The job is accepted", job, "location", "retry-after", "preference-applied"),
      ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503, 507),
    },
  };
}

function bodiesOf(type: AnyJobType): Record<string, object> {
  const file = { type: "string", format: "binary" };
  const options = (optionsSchemaOf(type) as { properties?: object } | undefined)?.properties;
  const schemas: Record<string, object> = {
    [JSON_BODY]: { ...type.input, examples: [type.example.input] },
    [FORM_BODY]: { type: "object", required: ["file"], properties: { file, ...options } },
    [CSV_BODY]: { type: "string", description: "The file itself; its options are in the query." },
  };
  return Object.fromEntries(
    mediaTypesOf(type).map((mediaType) => [mediaType, { schema: schemas[mediaType] }]),
  );
}
