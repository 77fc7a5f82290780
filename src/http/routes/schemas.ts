// The Avro schemas of results, for those who read them in that format.
import type { FastifyInstance } from "fastify";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Registry } from "../../jobs/registry.js";
import { JSON_TYPE } from "../job-replies.js";
import { exampleName, examplesOf } from "../openapi/examples.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";

const params = Type.Object({
  type: Type.String({ description: "The job type's name.", examples: ["samples"] }),
});

const avroSchema = Type.Union(
  [
    Type.Object({ type: Type.String({ examples: ["record"] }) }, { additionalProperties: true }),
    Type.Array(Type.Unknown(), { description: "A union of schemas." }),
  ],
  { $id: "AvroSchema", description: "A schema of Apache Avro." },
);

export function schemaRoutes(app: FastifyInstance, { registry }: { registry: Registry }): void {
  const known = registry.types.filter(({ avro }) => avro !== undefined);

  app.get(
    "/v1/schemas/:type.avsc",
    {
      config: { scope: "any" },
      schema: describe({
        operationId: "get-schema",
        tags: ["Jobs"],
        summary: "The Avro schema of a job type's results",
        description: "With it the result as `application/avro` is read: one datum in the binary encoding.",
        params,
        answers: {
          200: {
            description: "The schema.",
            content: json(
              avroSchema,
              examplesOf(known, (type) => ({ [exampleName(type, "avsc")]: type.avro })),
            ),
          },
        },
        problems: ["not-found"],
      }),
    },
    async (request, reply) => {
      const { type: name } = request.params as Static<typeof params>;
      const type = known.find((type) => type.name === name);
      if (!type) throw noSuchSchema(name, known);
      // of the names that schemas go by no client knows all; what they are, JSON, each of them takes
      return reply.type(JSON_TYPE).send(JSON.stringify(type.avro));
    },
  );
}

function noSuchSchema(name: string, known: readonly { name: string }[]): HttpProblem {
  const names = known.map((type) => type.name).join(", ");
  const detail = `there is no schema of ${JSON.stringify(name)}: the types whose results are Avro, too: ${names}`;
  return new HttpProblem(404, "not-found", detail);
}
