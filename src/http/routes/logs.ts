// What a job did, in sentences.
import type { FastifyInstance } from "fastify";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Jobs } from "../../jobs/jobs.js";
import { accountOf, accountQuery } from "../authentication.js";
import { noSuchJob } from "../job-replies.js";
import { describe, json } from "../openapi/operation.js";
import { QUERY_PROBLEMS } from "../openapi/problems.js";
import { type JobParams, jobParams, logSchema } from "../schemas.js";

const query = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 0,
        description: "The `number` of the last sentence that you have: what came after it.",
      }),
    ),
    ...accountQuery,
  },
  { additionalProperties: false },
);

const example: Static<typeof logSchema> = {
  logs: [
    { number: 1, time: "2026-11-21T12:00:00.000Z", message: "Accepted into the batch lane." },
    { number: 2, time: "2026-11-21T12:00:00.250Z", message: "Begun." },
    {
      number: 7,
      time: "2026-11-21T12:00:01.470Z",
      message: "Read 120000 rows in 4 parts.",
    },
    { number: 8, time: "2026-11-21T12:00:01.500Z", message: "Completed after 1.3 s." },
  ],
  dropped: 0,
};

export function logRoutes(app: FastifyInstance, { jobs }: { jobs: Jobs }): void {
  app.get(
    "/v1/jobs/:id/logs",
    {
      config: { scope: "jobs:read" },
      schema: describe({
        operationId: "get-logs",
        tags: ["Jobs"],
        summary: "What the job did, in sentences",
        description:
          "For people: the words may change. Ask again with `after` to get what is new. Of a job that says more " +
          "than 1000 sentences the latest are kept.",
        params: jobParams,
        querystring: query,
        answers: {
          200: { description: "The sentences, oldest first.", content: json(logSchema, { log: example }) },
        },
        problems: ["not-found", ...QUERY_PROBLEMS],
      }),
    },
    async (request) => {
      const { id } = request.params as JobParams;
      const { after = 0 } = request.query as Static<typeof query>;
      const log = await jobs.readLog(accountOf(request), id, after);
      if (!log) throw noSuchJob(id);
      const logs = log.lines.map((line) => ({ ...line, time: new Date(line.time).toISOString() }));
      return { logs, dropped: log.dropped };
    },
  );
}
