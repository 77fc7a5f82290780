// Whether the process lives, and whether it can take work.
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { answer } from "../schemas.js";

/** The name of each thing that must be in order, and whether it is. */
export type ReadyChecks = () => Promise<Record<string, boolean>>;

const statusSchema = Type.Object({ status: Type.String() });
const readySchema = Type.Object({
  status: Type.String(),
  checks: Type.Record(Type.String(), Type.Boolean()),
});

export function healthRoutes(app: FastifyInstance, ready: ReadyChecks): void {
  const config = { scope: "public" } as const;

  app.get(
    "/healthz",
    {
      config,
      logLevel: "warn",
      schema: {
        operationId: "healthz",
        tags: ["Service"],
        summary: "The process lives",
        security: [],
        response: { 200: answer("It does", statusSchema) },
      },
    },
    async () => ({ status: "ok" }),
  );

  app.get(
    "/readyz",
    {
      config,
      logLevel: "warn",
      schema: {
        operationId: "readyz",
        tags: ["Service"],
        summary: "Redis answers, the threads have answered, the disk has room",
        security: [],
        response: { 200: answer("It can take work", readySchema), 503: answer("It cannot", readySchema) },
      },
    },
    async (_request, reply) => {
      const checks = await ready();
      const isReady = Object.values(checks).every(Boolean);
      reply.header("cache-control", "no-store").code(isReady ? 200 : 503);
      if (!isReady) reply.header("retry-after", "2");
      return { status: isReady ? "ready" : "not ready", checks };
    },
  );
}
