// The API's own description: /openapi.json and the page at /docs.
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { JSON_TYPE } from "../job-replies.js";
import { PROBLEM_SCHEMA, problemSchema } from "../schemas.js";

/** Call before the routes are added: it watches them. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema({ $id: PROBLEM_SCHEMA, ...problemSchema });
  await app.register(swagger, {
    refResolver: { buildLocalReference: (schema, _base, _fragment, i) => String(schema.$id ?? `def-${i}`) },
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Abacus",
        version,
        description:
          "A compute service with a job queue. Submit a job, then poll its address, wait for it with " +
          "`Prefer: wait=N`, or cancel it. Errors are problem documents (RFC 9457).",
        license: { name: "MIT", identifier: "MIT" },
      },
      components: { securitySchemes: { basic: { type: "http", scheme: "basic" } } },
      security: [{ basic: [] }],
      tags: [{ name: "Submit" }, { name: "Jobs" }, { name: "Service" }],
    },
  });
}

/** Call after the routes are added. */
export async function documentationRoutes(app: FastifyInstance): Promise<void> {
  let document: string | undefined;
  app.get(
    "/openapi.json",
    {
      config: { scope: "public" },
      schema: {
        operationId: "openapi",
        tags: ["Service"],
        summary: "This description",
        security: [],
        response: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: {} } } } },
      },
    },
    async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.type(JSON_TYPE).send(document);
    },
  );
  await app.register(async (docs) => {
    docs.addHook("onRoute", (route) => {
      route.config = { ...route.config, scope: "public" };
    });
    await docs.register(swaggerUi, { routePrefix: "/docs" });
  });
}
