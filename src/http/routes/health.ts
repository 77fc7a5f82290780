// Whether the process lives, and whether it can take work.
import type { FastifyInstance } from "fastify";
import Type from "../../../workers/typebox.js";
import { describe, json } from "../openapi/operation.js";

/** The name of each thing that must be in order, and whether it is. */
export type ReadyChecks = () => Promise<Record<string, boolean>>;

const statusSchema = Type.Object({ status: Type.Literal("ok") }, { $id: "Health" });
const readySchema = Type.Object(
  {
    status: Type.Enum(["ready", "not ready"], { description: "`ready` when every check is true." }),
    checks: Type.Record(Type.String(), Type.Boolean(), {
      description: "The name of each thing that must be in order, and whether it is.",
    }),
  },
  { $id: "Readiness" },
);
const checks = { running: true, redis: true, disk: true, threads: true };

export function healthRoutes(app: FastifyInstance, ready: ReadyChecks): void {
  const config = { scope: "public" } as const;

  app.get(
    "/healthz",
    {
      config,
      logLevel: "warn",
      schema: describe({
        operationId: "healthz",
        tags: ["Service"],
        summary: "The process lives",
        answers: {
          200: { description: "It does.", content: json(statusSchema, { health: { status: "ok" } }) },
        },
      }),
    },
    async () => ({ status: "ok" }),
  );

  app.get(
    "/readyz",
    {
      config,
      logLevel: "warn",
      schema: describe({
        operationId: "readyz",
        tags: ["Service"],
        summary: "Redis answers, the threads have answered, the disk has room",
        answers: {
          200: {
            description: "It can take work.",
            headers: ["Cache-Control"],
            content: json(readySchema, { ready: { status: "ready", checks } }),
          },
          503: {
            description: "It cannot: it starts, stops, or one of the checks is false.",
            headers: ["Cache-Control", "Retry-After"],
            content: json(readySchema, {
              "not-ready": { status: "not ready", checks: { ...checks, redis: false } },
            }),
          },
        },
      }),
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
