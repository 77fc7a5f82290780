// A job's events as they happen: the document at each change of its state and its progress, up to its end.
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "../../../workers/typebox.js";
import type { Jobs } from "../../jobs/jobs.js";
import { hasEnded, type JobRecord } from "../../jobs/record.js";
import type { Registry } from "../../jobs/registry.js";
import { accountOf, accountQuery } from "../authentication.js";
import { EventStreams } from "../event-stream.js";
import { summaryOf } from "../job-document.js";
import { noSuchJob } from "../job-replies.js";
import { eventsExample, examplesOf } from "../openapi/examples.js";
import { describe } from "../openapi/operation.js";
import { QUERY_PROBLEMS } from "../openapi/problems.js";
import { HttpProblem } from "../problems.js";
import { type JobParams, jobParams } from "../schemas.js";

export interface EventRoutesDeps {
  registry: Registry;
  jobs: Jobs;
  /** Aborted when the service stops: streams end, and their clients go on elsewhere. */
  stopping: AbortSignal;
}

const EVENT_STREAM = "text/event-stream";

const schema = Type.String({
  description:
    "Events, each of them the lines `id`, `event` (`state`, `progress`, `completed`, `failed` or `canceled`) and " +
    "`data` (a job document whose `result` is null), and an empty line.",
});

export function eventRoutes(app: FastifyInstance, deps: EventRoutesDeps): void {
  const { jobs, stopping } = deps;
  const oneType = deps.registry.types.slice(0, 1);
  const streams = new EventStreams(stopping);

  async function found(request: FastifyRequest): Promise<JobRecord> {
    const { id } = request.params as JobParams;
    const job = await jobs.findSummary(accountOf(request), id);
    if (!job) throw noSuchJob(id);
    return job;
  }

  /** Begins with how the job stands, unless the client knows that. */
  function follow(job: JobRecord, isKnown: boolean): Readable {
    const events = new JobEvents(job, isKnown);
    const stream = streams.create(() => events.next());
    if (stopping.aborted || hasEnded(job.state)) {
      stream.finish();
      return stream;
    }
    const stop = jobs.observe(job.id, (now) => {
      if (now && now.number < job.number) return; // read before the job was found here
      if (now) events.job = now;
      if (!now || hasEnded(now.state)) stream.finish();
      else stream.wake();
    });
    stream.once("close", stop);
    return stream;
  }

  app.get(
    "/v1/jobs/:id/events",
    {
      config: { scope: "jobs:read" },
      schema: describe({
        operationId: "get-events",
        tags: ["Jobs"],
        summary: "The job's events as they happen, up to its end",
        description:
          "Server-sent events (HTML, 9.2; `EventSource` in browsers), also of a job that another process runs. The " +
          "first tells how the job stands. `state` follows when its state has changed, `progress` when its " +
          "progress has, and at its end `completed`, `failed` or `canceled`, which is the last. `data` is the job " +
          "document without its result, `id` is a number that grows. A client that is slow gets the newest alone; " +
          "the last it gets in any case. A comment comes every 15 seconds. A stream that ends before the job does " +
          "is to be asked for again after `retry` milliseconds: the service stops. So does the stream of a job " +
          "that is deleted: then that is answered with 404.",
        params: jobParams,
        querystring: Type.Object(accountQuery),
        reads: ["Last-Event-ID"],
        answers: {
          200: {
            description: "The events.",
            headers: ["Cache-Control", "X-Accel-Buffering"],
            content: { [EVENT_STREAM]: { schema, examples: examplesOf(oneType, eventsExample) } },
          },
          204: {
            description: "`Last-Event-ID` was the last event: the job has ended, and there are no more.",
          },
        },
        problems: ["not-found", "events-not-acceptable", ...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      if (request.accepts().type([EVENT_STREAM]) === false)
        throw new HttpProblem(406, "not-acceptable", `events can be had as ${EVENT_STREAM}`);
      const job = await found(request);
      const isKnown = request.headers["last-event-id"] === String(job.number);
      if (isKnown && hasEnded(job.state)) return reply.code(204).send();
      return send(reply, request.method === "HEAD" ? Readable.from([]) : follow(job, isKnown));
    },
  );
}

function send(reply: FastifyReply, events: Readable): FastifyReply {
  return reply
    .type(EVENT_STREAM)
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no") // a proxy like nginx would wait for more
    .send(events);
}

/** The events of one stream, made of the job's record as it is when the client can take one. */
class JobEvents {
  /** As it is now. */
  job: JobRecord;
  /** As the client has it. */
  private told: JobRecord | undefined;

  constructor(job: JobRecord, isKnown: boolean) {
    this.job = job;
    this.told = isKnown ? job : undefined;
  }

  next(): string | undefined {
    const { job, told } = this;
    const type = eventType(job, told);
    if (type === undefined) return undefined;
    this.told = job;
    return `id: ${job.number}\nevent: ${type}\ndata: ${summaryOf(job)}\n\n`;
  }
}

/** What a client that was told of a job as it was has to hear of; a sentence in the log changes no document. */
function eventType(job: JobRecord, told: JobRecord | undefined): string | undefined {
  if (told && job.number <= told.number) return undefined;
  if (hasEnded(job.state)) return job.state;
  if (job.state !== told?.state || job.attempts !== told.attempts) return "state";
  return job.progress === told.progress ? undefined : "progress";
}
