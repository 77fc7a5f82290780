// Trained models: list them, look at one, read its weights, delete it. Training one is a job.
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ModelReference } from "../../../workers/job-type.js";
import { DEFAULT_MODEL } from "../../../workers/rnn/default-model.js";
import Type, { type Static } from "../../../workers/typebox.js";
import { createDefaultDocument } from "../../models/default-document.js";
import type { Models } from "../../models/models.js";
import { accountOf, accountQuery } from "../authentication.js";
import { isKnown, JSON_TYPE } from "../job-replies.js";
import {
  defaultExample,
  modelExample,
  modelListSchema,
  modelSchema,
  weightsExample,
  weightsSchema,
} from "../openapi/models.js";
import { type Answer, describe, json } from "../openapi/operation.js";
import { QUERY_PROBLEMS } from "../openapi/problems.js";
import { pageOf, pageQuery } from "../pages.js";
import { HttpProblem } from "../problems.js";
import { type Results, sendMade } from "../results.js";

export interface ModelRoutesDeps extends Pick<Results, "files" | "formats"> {
  models: Models;
  version: string;
}

const params = Type.Object({
  model: Type.String({ description: "The model's id, or its name.", examples: [DEFAULT_MODEL] }),
});
type Params = Static<typeof params>;

const query = Type.Object(accountQuery);

const listQuery = Type.Object(
  {
    ...pageQuery("Models"),
    ...accountQuery,
  },
  { additionalProperties: false },
);

const NOT_MODIFIED: Answer = {
  description: "The model is still the one that `If-None-Match` knows.",
  headers: ["ETag"],
};

export function modelRoutes(app: FastifyInstance, deps: ModelRoutesDeps): void {
  const { models, files, formats, version } = deps;
  const read = { scope: "jobs:read" } as const;
  const defaultDocument = createDefaultDocument(files, formats);

  /** A model never changes, but each version of this program trains the default one for itself. */
  const etagOf = (id: string) => (id === DEFAULT_MODEL ? `"${id}-${version}"` : `"${id}"`);

  app.get(
    "/v1/rnn/models",
    {
      config: read,
      schema: describe({
        operationId: "list-models",
        tags: ["Models"],
        summary: "Models of the account, newest first, then `default`",
        querystring: listQuery,
        answers: {
          200: {
            description: "A page of models.",
            content: json(modelListSchema, {
              models: { models: [modelExample, defaultExample], nextCursor: null },
            }),
          },
        },
        problems: [...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const wanted = pageOf(request.query as Static<typeof listQuery>);
      const { documents, nextCursor } = await models.list(accountOf(request), wanted);
      if (nextCursor === null) documents.push(await defaultDocument());
      return reply
        .type(JSON_TYPE)
        .send(`{"models":[${documents.join(",")}],"nextCursor":${JSON.stringify(nextCursor)}}`);
    },
  );

  app.get(
    "/v1/rnn/models/:model",
    {
      config: read,
      schema: describe({
        operationId: "get-model",
        tags: ["Models"],
        summary: "A model",
        description: "It never changes; under a name there may be another one once it is deleted.",
        params,
        querystring: query,
        reads: ["If-None-Match"],
        answers: {
          200: {
            description: "The model.",
            headers: ["ETag"],
            content: json(modelSchema, { model: modelExample, "model.default": defaultExample }),
          },
          304: NOT_MODIFIED,
        },
        problems: ["not-found", ...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const { model: reference } = request.params as Params;
      const model = await models.find(accountOf(request), reference);
      if (!model) throw noSuchModel(reference);
      reply.header("etag", etagOf(model.id));
      if (isKnown(request, etagOf(model.id))) return reply.code(304).send();
      return reply.type(JSON_TYPE).send(model.document ?? (await defaultDocument()));
    },
  );

  app.get(
    "/v1/rnn/models/:model/weights",
    {
      config: read,
      schema: describe({
        operationId: "get-weights",
        tags: ["Models"],
        summary: "The weights of a model, as a file to download",
        description: "About 5 MB for a hiddenDim of 512.",
        params,
        querystring: query,
        reads: ["If-None-Match"],
        answers: {
          200: {
            description: "Its three matrices.",
            headers: ["ETag", "Content-Disposition", "Content-Length"],
            content: json(weightsSchema, { weights: weightsExample }),
          },
          304: NOT_MODIFIED,
        },
        problems: ["not-found", ...QUERY_PROBLEMS, "file-lost"],
      }),
    },
    async (request, reply) => {
      const account = accountOf(request);
      const { model: reference } = request.params as Params;
      const model = await models.resolve(account, reference);
      if (!model) throw noSuchModel(reference);
      if (isKnown(request, etagOf(model.id))) return reply.header("etag", etagOf(model.id)).code(304).send();
      return sendWeights(account, reference, model, reply);
    },
  );

  async function sendWeights(
    account: string,
    reference: string,
    model: ModelReference,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { id, weights } = model;
    const headers = {
      "content-type": JSON_TYPE,
      "content-disposition": `attachment; filename="${id}-weights.json"`,
      etag: etagOf(id),
    };
    try {
      return await sendMade(deps, { step: "format", of: "weights", model }, headers, reply);
    } catch (error) {
      if (weights === null || (await files.has("made", id))) throw error;
      throw (await models.resolve(account, id)) ? lost(id) : noSuchModel(reference);
    }
  }

  app.delete(
    "/v1/rnn/models/:model",
    {
      config: { scope: "models:write" },
      schema: describe({
        operationId: "delete-model",
        tags: ["Models"],
        summary: "Deletes a model and its weights, and frees its name",
        description: "Its training job stays, with its result. Additions that wait for the model fail.",
        params,
        querystring: query,
        answers: { 204: { description: "It is gone." } },
        problems: ["not-found", "protected-model", ...QUERY_PROBLEMS],
      }),
    },
    async (request, reply) => {
      const account = accountOf(request);
      const { model: reference } = request.params as Params;
      if (reference === DEFAULT_MODEL)
        throw new HttpProblem(
          403,
          "protected-model",
          "the model default cannot be deleted: it is everybody's",
        );
      const model = await models.find(account, reference);
      if (!model || !(await models.remove(account, model.id))) throw noSuchModel(reference);
      request.log.info({ model: model.id, account }, "model deleted");
      return reply.code(204).send();
    },
  );
}

function noSuchModel(reference: string): HttpProblem {
  return new HttpProblem(404, "not-found", `there is no model ${JSON.stringify(reference)}`);
}

function lost(id: string): HttpProblem {
  return new HttpProblem(500, "file-lost", `the weights of the model ${id} are no longer on the disk`);
}
