// One route per job type: reads the body, submits the job, and answers at once or when it has ended.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AnyJobType } from "../../../workers/job-type.js";
import type { FileStore } from "../../files/file-store.js";
import { newId } from "../../jobs/id.js";
import { type Jobs, MaybeAccepted } from "../../jobs/jobs.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
import { isUnavailable } from "../../redis/connections.js";
import { principalOf } from "../authentication.js";
import type { BodyReader } from "../bodies.js";
import { addressOf } from "../job-document.js";
import { noSuchJob, RETRY_AFTER, sendJob } from "../job-replies.js";
import { describeSubmission } from "../openapi/submission.js";
import { applyPreference, preferredWait, withWait } from "../prefer.js";
import { notNow } from "../problems.js";

export interface SubmissionDeps {
  registry: Registry;
  jobs: Jobs;
  files: FileStore;
  bodies: BodyReader;
  /** Refuses what is more than the account may submit. */
  limit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Aborted when the service stops: waits end. */
  stopping: AbortSignal;
}

export function submissionRoutes(app: FastifyInstance, deps: SubmissionDeps): void {
  for (const type of deps.registry.types) submissionRoute(app, type, deps);
}

function submissionRoute(app: FastifyInstance, type: AnyJobType, deps: SubmissionDeps): void {
  const { jobs, files, bodies, limit, stopping } = deps;

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
      schema: describeSubmission(type),
      config: { scope: type.makes === "model" ? "models:write" : "jobs:write" },
      onRequest: [limit, async (request) => bodies.check(request, type)],
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
  if (preferredWait(request) !== undefined && hasEnded(job.state)) return sendJob(reply, 200, job);
  return sendJob(reply.header("retry-after", RETRY_AFTER), 202, job);
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
