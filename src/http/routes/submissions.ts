// One route per job type: reads the body, submits the job, and answers at once or when it has ended.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import type { AnyJobType } from "../../../workers/job-type.js";
import type { FileStore } from "../../files/file-store.js";
import { newId } from "../../jobs/id.js";
import type { Idempotency } from "../../jobs/idempotency.js";
import type { Jobs } from "../../jobs/jobs.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
import { MaybeAccepted, type Submission } from "../../jobs/submissions.js";
import { WEBHOOK_HEADER, type WebhookTargets } from "../../webhooks/targets.js";
import { accepted, refusalOf } from "../acceptance.js";
import { principalOf } from "../authentication.js";
import type { BodyReader, Content } from "../bodies.js";
import { fingerprintOf, idempotencyKeyOf } from "../idempotency-key.js";
import { addressOf } from "../job-document.js";
import { splitQuery } from "../job-parameters.js";
import { noSuchJob, RETRY_AFTER, sendJob } from "../job-replies.js";
import { describeSubmission } from "../openapi/submission.js";
import { applyPreference, preferredWait, withWait } from "../prefer.js";

export interface SubmissionDeps {
  registry: Registry;
  jobs: Jobs;
  idempotency: Idempotency;
  webhookTargets: WebhookTargets;
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
  const { jobs, idempotency, webhookTargets, files, bodies, limit, stopping } = deps;

  async function webhookOf({ headers }: FastifyRequest): Promise<Pick<Submission, "webhook">> {
    const webhook = headers[WEBHOOK_HEADER.toLowerCase()];
    if (webhook === undefined) return {};
    const url = [webhook].flat().join(",");
    await webhookTargets.check(url);
    return { webhook: url };
  }

  /** The job as it waits; `undefined` when it has been begun already. Its file is the job's from then on. */
  async function submit(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    content: Content & Pick<Submission, "webhook" | "isShared">,
  ): Promise<JobRecord | undefined> {
    const { account } = principalOf(request);
    const job = await jobs.submit({ id, account, type, ...content, ...splitQuery(request.query).parameters });
    reply.header("location", addressOf(id));
    return job;
  }

  /** Before it is accepted, whatever fails leaves nothing of it. */
  async function accept(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
  ): Promise<JobRecord | undefined> {
    const webhook = await webhookOf(request);
    const content = await bodies.read(request, reply, type, id);
    try {
      return await submit(request, reply, id, { ...content, ...webhook });
    } catch (error) {
      if (content.file && !(error instanceof MaybeAccepted)) await files.remove("uploads", id);
      throw refusalOf(error, id);
    }
  }

  /** Accepts the job, unless another request with the same key has. Returns the id that the job has. */
  async function acceptOnce(
    request: FastifyRequest,
    reply: FastifyReply,
    key: string,
    id: string,
  ): Promise<string> {
    const webhook = await webhookOf(request);
    const use = await idempotency.use(principalOf(request).account, key, id, bodies.isLong(request));
    let claimed = id;
    let isClaimed = false;
    try {
      const content = await bodies.read(request, reply, type, id);
      const claim = await use.claim(fingerprintOf(request, content));
      claimed = claim.id;
      isClaimed = true;
      if (content.file && claimed !== id) {
        if (claim.accepted) await files.remove("uploads", id);
        else await files.move("uploads", id, claimed);
      }
      if (claim.accepted) reply.header("location", addressOf(claimed)).header("idempotency-replayed", "true");
      else {
        await submit(request, reply, claimed, { ...content, ...webhook, isShared: true });
        // the job is accepted, whatever becomes of this: a replay would submit it again, which does no harm
        await use.accept(claimed).catch(() => {});
      }
      return claimed;
    } catch (error) {
      // others with the key may have been accepted meanwhile, unless this is a mistake that they all make
      if (!isClaimed || error instanceof InputError) {
        await files.remove("uploads", id);
        await use.release().catch(() => {}); // it runs out by itself
      }
      throw refusalOf(error, claimed);
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
      const key = idempotencyKeyOf(request);
      const newJob = newId();
      const id = key === undefined ? newJob : await acceptOnce(request, reply, key, newJob);
      const find = () => jobs.find(account, id);
      const seconds = preferredWait(request);
      if (seconds === undefined) {
        const waiting = key === undefined ? await accept(request, reply, id) : undefined;
        return show(request, reply, id, waiting ?? (await accepted(id, find())));
      }
      return withWait(jobs, id, seconds, { reply, stopping }, async (wait) => {
        const waiting = key === undefined ? await accept(request, reply, id) : undefined;
        return show(request, reply, id, await accepted(id, wait.ended(find, waiting)));
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
  if (!job) {
    reply.removeHeader("location").removeHeader("idempotency-replayed");
    throw noSuchJob(id);
  }
  applyPreference(request, reply);
  if (preferredWait(request) !== undefined && hasEnded(job.state)) return sendJob(reply, 200, job);
  return sendJob(reply.header("retry-after", RETRY_AFTER), 202, job);
}
