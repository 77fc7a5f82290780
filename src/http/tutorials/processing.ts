// The CherryPy tutorial's data processing: a greeting, and mean, least and greatest value of number columns.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import { ofBareTable, stats } from "../../../workers/jobs/stats.js";
import Type from "../../../workers/typebox.js";
import type { JobRecord } from "../../jobs/record.js";
import { principalOf } from "../authentication.js";
import type { Content } from "../bodies.js";
import { JSON_TYPE } from "../job-replies.js";
import { CSV_BODY, FORM_BODY, JSON_BODY, mediaTypeOf } from "../media-types.js";
import { CSV } from "../openapi/examples.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem, problemFor } from "../problems.js";
import { sendMade } from "../results.js";
import { COMPUTATION_PROBLEMS, type ComputationDeps, compute, computed } from "./computation.js";

const columns = Type.Record(Type.String({ pattern: "^" }), Type.Array(Type.Unknown()));
const rows = Type.Array(Type.Record(Type.String({ pattern: "^" }), Type.Unknown()));
const file = Type.String({ format: "binary", description: "The file, plain or gzip." });

const TABLE = { num1: [1, 2, 3], num2: [4, 5, 6] };
const SUMMARY = '{"num1":{"mean":2.0,"min":1.0,"max":3.0},"num2":{"mean":5.0,"min":4.0,"max":6.0}}';

const greetingOf = (account: string) => `Hello, ${account}. The API is described at /docs.\n`;

/** What the job says of its input, where the body has no such name around the table. */
function inOwnWords(error: unknown): HttpProblem {
  const problem = problemFor(error);
  const { document } = problem;
  const inText = (text: string) =>
    text.replace(/(^|\s)\/(?:columns|records)(\/|(?= ))/g, (_, before: string, slash: string) => {
      return before + (slash || "the body");
    });
  document.detail = inText(document.detail);
  for (const one of document.errors ?? []) {
    one.path = one.path.replace(/^\/(columns|records)/, "");
    one.message = inText(one.message);
  }
  return problem;
}

export function processingRoutes(app: FastifyInstance, deps: ComputationDeps): void {
  const { bodies, results, limit } = deps;

  app.get(
    "/",
    {
      config: { scope: "any" },
      schema: describe({
        operationId: "greeting",
        tags: ["Tutorials"],
        summary: "A greeting",
        answers: {
          200: {
            description: "The account is known.",
            content: { "text/plain": { schema: Type.String(), examples: { greeting: greetingOf("ann") } } },
          },
        },
      }),
    },
    async (request, reply) =>
      reply.type("text/plain; charset=utf-8").send(greetingOf(principalOf(request).account)),
  );

  async function read(request: FastifyRequest, reply: FastifyReply, id: string): Promise<Content> {
    const content = await bodies.read(request, reply, stats, id);
    if (mediaTypeOf(request) !== JSON_BODY) return content;
    return content.file ? { ...content, bare: true } : { input: ofBareTable(content.input) };
  }

  /** However many columns there are, a thread writes them. */
  function sendSummary(job: JobRecord, reply: FastifyReply): Promise<FastifyReply> {
    const source = job.result ?? results.files.path("results", job.id);
    return sendMade(results, { step: "format", of: "summary", source }, { "content-type": JSON_TYPE }, reply);
  }

  app.post(
    "/ml",
    {
      config: { scope: "jobs:write" },
      schema: describe({
        operationId: "ml",
        tags: ["Tutorials"],
        summary: "Mean, least and greatest value of each number column",
        description:
          "As `df.select_dtypes('number').agg(['mean', 'min', 'max']).to_json()` of pandas, which stands as a string " +
          "in the JSON of the answer, as the tutorial's service sent it.",
        body: {
          description:
            "A table: columns by name, a list of rows, or a CSV file, whose fields in the form are options as those of " +
            "`/v1/stats`. The limits are those of `/v1/stats`, too.",
          required: true,
          content: {
            [JSON_BODY]: { schema: Type.Union([columns, rows]), examples: { "ml.columns": TABLE } },
            [FORM_BODY]: {
              schema: Type.Object({ file }, { additionalProperties: true }),
              examples: { form: { file: CSV } },
            },
            [CSV_BODY]: { schema: Type.String(), examples: { file: CSV } },
          },
        },
        answers: computed(stats, {
          description: "The figures: JSON in a JSON string.",
          headers: ["Content-Length"],
          content: json(Type.String(), { "ml.summary": SUMMARY }),
        }),
        problems: [
          ...COMPUTATION_PROBLEMS,
          ...([
            "malformed-json",
            "cut-off",
            "too-large",
            "too-many-parts",
            "unsupported-media-type",
          ] as const),
          ...(["impossible-value", "unreadable-file", "file-lost", "disk-full", "job-disk-full"] as const),
        ],
        limited: true,
      }),
      onRequest: [limit, async (request) => bodies.check(request, stats)],
    },
    (request, reply) =>
      compute(deps, request, reply, {
        type: stats,
        read: (id) => read(request, reply, id),
        send: (job) => sendSummary(job, reply),
      }).catch((error: unknown) => {
        throw error instanceof HttpProblem || error instanceof InputError ? inOwnWords(error) : error;
      }),
  );
}
