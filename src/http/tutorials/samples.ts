// The Lambda tutorial's sample producer: points of a classification problem, always the same ones.
import type { FastifyInstance, RouteOptions } from "fastify";
import { samples } from "../../../workers/jobs/samples.js";
import Type from "../../../workers/typebox.js";
import { JSON_TYPE } from "../job-replies.js";
import { VERBS } from "../method-not-allowed.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";
import { COMPUTATION_PROBLEMS, type ComputationDeps, compute, computed } from "./computation.js";

/** Two informative features place four clusters, one for each class. */
const MOST_CLASSES = 4;

const DESCRIBED = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const SETTINGS = { features: 2, informative: 2, redundant: 0, clustersPerClass: 1, seed: 0 };

const querystring = Type.Object({
  N_CLASSES: Type.Optional(
    Type.String({
      description: `Classes: 1 to ${MOST_CLASSES}. The setting \`N_CLASSES\` (2 unless set) without it.`,
      examples: ["3"],
    }),
  ),
});

const answerSchema = Type.Object(
  {
    vec_0: Type.Array(Type.Number(), { description: "The first feature of each of the 100 points." }),
    vec_1: Type.Array(Type.Number(), { description: "The second." }),
    target: Type.Array(Type.Integer(), { description: "The class of each, from 0." }),
  },
  { $id: "SampleProducer" },
);
const EXAMPLE = {
  vec_0: [-0.6054157973815384, 1.3548998580811358],
  vec_1: [1.2967080804064262, -0.046877475804735114],
  target: [1, 0],
};

/** Throws HttpProblem (400) unless it is a number of classes that there can be. */
function classesIn(query: unknown, byDefault: number): number {
  const { N_CLASSES } = query as { N_CLASSES?: string };
  const given = N_CLASSES ?? String(byDefault);
  const classes = /^\s*\d+\s*$/.test(given) ? Number(given) : Number.NaN;
  if (classes >= 1 && classes <= MOST_CLASSES) return classes;
  const detail = `${N_CLASSES === undefined ? "the setting " : ""}N_CLASSES is ${JSON.stringify(given)}: it must be a whole number from 1 to ${MOST_CLASSES}`;
  throw new HttpProblem(400, "invalid-input", detail);
}

export function sampleRoutes(app: FastifyInstance, deps: ComputationDeps & { classes: number }): void {
  const route = (operationId: string): Pick<RouteOptions, "schema" | "onRequest" | "config" | "handler"> => ({
    config: { scope: "jobs:write" },
    schema: describe({
      operationId,
      tags: ["Tutorials"],
      summary: "100 points in classes, always the same",
      description:
        "scikit-learn's `make_classification(n_features=2, n_redundant=0, n_clusters_per_class=1, " +
        "n_classes=N_CLASSES, random_state=0)`. Any method will do; a body is not looked at.",
      querystring,
      answers: computed(samples, {
        description: "The points, by column.",
        content: json(answerSchema, { sample_producer: EXAMPLE }),
      }),
      problems: COMPUTATION_PROBLEMS,
      limited: true,
    }),
    onRequest: deps.limit,
    handler: async (request, reply) => {
      const classes = classesIn(request.query, deps.classes);
      return compute(deps, request, reply, {
        type: samples,
        read: () => ({ input: { ...SETTINGS, classes } }),
        send: ({ result }) => reply.type(JSON_TYPE).send(JSON.stringify(JSON.parse(String(result)).columns)),
      });
    },
  });
  const url = "/sample_producer";
  for (const method of DESCRIBED) app.route({ url, method, ...route(`sample_producer-${method}`) });
  // others are as possible, but OpenAPI has no words for them
  const { schema, ...others } = route("sample_producer");
  const method = VERBS.filter((verb) => verb !== "HEAD" && !DESCRIBED.includes(verb));
  app.route({ url, method, ...others, schema: { ...schema, hide: true } });
}
