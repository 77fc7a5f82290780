// What was told to a job's webhook, and telling it again.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Jobs } from "../../jobs/jobs.js";
import type { Deliveries } from "../../webhooks/deliveries.js";
import { messageId } from "../../webhooks/message.js";
import type { Delivery } from "../../webhooks/records.js";
import { accountOf, accountQuery } from "../authentication.js";
import { noSuchJob } from "../job-replies.js";
import { describe, json } from "../openapi/operation.js";
import { QUERY_PROBLEMS } from "../openapi/problems.js";
import { HttpProblem } from "../problems.js";
import { deliveryListSchema, deliverySchema, type JobParams, jobParams } from "../schemas.js";

export interface DeliveryRoutesDeps {
  jobs: Jobs;
  deliveries: Deliveries;
  /** Refuses what is more than the account may submit. */
  limit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

const query = Type.Object(accountQuery);
const deliveryParams = Type.Object({
  ...jobParams.properties,
  n: Type.String({ description: "The delivery's number.", examples: ["1"] }),
});

const time = (milliseconds: number | null) =>
  milliseconds === null ? null : new Date(milliseconds).toISOString();

const EXAMPLE = {
  ...{ n: 1, webhookId: "msg_01kf0e9r4b6m2x8c5v7n1q3w0t_1", event: "job.completed", state: "pending" },
  ...{ createdAt: "2026-11-21T12:00:01.500Z", nextAttemptAt: "2026-11-21T12:00:06.713Z" },
  attempts: [{ at: "2026-11-21T12:00:01.504Z", status: 503, error: "the answer was 503", seconds: 0.087 }],
};

export function deliveryRoutes(app: FastifyInstance, { jobs, deliveries, limit }: DeliveryRoutesDeps): void {
  async function found(request: FastifyRequest): Promise<string> {
    const { id } = request.params as JobParams;
    const job = await jobs.findSummary(accountOf(request), id);
    if (!job) throw noSuchJob(id);
    return job.id;
  }

  app.get(
    "/v1/jobs/:id/deliveries",
    {
      config: { scope: "jobs:read" },
      schema: describe({
        operationId: "list-deliveries",
        tags: ["Jobs"],
        summary: "What was told to the job's webhook, and how that went",
        description: "None without `Abacus-Webhook`, and before the job has ended.",
        params: jobParams,
        querystring: query,
        answers: {
          200: {
            description: "The deliveries, one for each time that the job ended.",
            content: json(deliveryListSchema, { deliveries: { deliveries: [EXAMPLE] } }),
          },
        },
        problems: ["not-found", ...QUERY_PROBLEMS],
      }),
    },
    async (request) => {
      const id = await found(request);
      const list = await deliveries.list(id);
      return { deliveries: list.map((delivery) => documentOf(id, delivery)) };
    },
  );

  app.post(
    "/v1/jobs/:id/deliveries/:n/redeliver",
    {
      config: { scope: "jobs:write" },
      onRequest: limit,
      schema: describe({
        operationId: "redeliver",
        tags: ["Jobs"],
        summary: "Calls the webhook again, at once",
        description:
          "With the same `webhook-id`, whatever became of the delivery, and with a new series of attempts; what is " +
          "left of the series before is dropped. It counts as a submission.",
        params: deliveryParams,
        querystring: query,
        answers: {
          202: {
            description: "The delivery waits again.",
            headers: ["RateLimit", "RateLimit-Policy"],
            content: json(deliverySchema, { delivery: EXAMPLE }),
          },
        },
        problems: ["not-found", "superseded", "too-many-requests", ...QUERY_PROBLEMS],
        limited: true,
      }),
    },
    async (request, reply) => {
      const id = await found(request);
      const { n } = request.params as Static<typeof deliveryParams>;
      const number = /^[1-9]\d{0,8}$/.test(n) ? Number(n) : 0;
      const delivery = await deliveries.redeliver(id, number);
      if (delivery === "gone") throw noSuchJob(id);
      if (delivery === "unknown")
        throw new HttpProblem(404, "not-found", `the job has no delivery ${JSON.stringify(n)}`);
      if (delivery === "superseded")
        throw new HttpProblem(
          409,
          "superseded",
          "the job was retried since: its next end is another delivery",
        );
      return reply.code(202).send(documentOf(id, delivery));
    },
  );
}

function documentOf(id: string, { n, event, state, createdAt, nextAttemptAt, attempts }: Delivery) {
  return {
    ...{ n, webhookId: messageId(id, n), event, state },
    ...{ createdAt: time(createdAt), nextAttemptAt: time(nextAttemptAt), attempts },
  };
}
