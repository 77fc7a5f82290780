// The metrics, for Prometheus.
import type { FastifyInstance } from "fastify";
import Type from "../../../workers/typebox.js";
import { describe } from "../openapi/operation.js";

export interface MetricsDeps {
  /** All metrics in the text format of Prometheus. */
  metrics: () => Promise<string>;
  /** Whether everybody may see them. */
  isPublic: boolean;
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const EXAMPLE = `# HELP abacus_jobs_ended_total Jobs by type and outcome that ended by this process
# TYPE abacus_jobs_ended_total counter
abacus_jobs_ended_total{type="rnn.add",outcome="completed"} 12
`;

export function metricsRoutes(app: FastifyInstance, { metrics, isPublic }: MetricsDeps): void {
  app.get(
    "/metrics",
    {
      config: { scope: isPublic ? "public" : "admin" },
      logLevel: "warn",
      schema: describe({
        operationId: "metrics",
        tags: ["Service"],
        summary: "What is counted and timed, for Prometheus",
        description:
          "Of the process that answers, of the processes without HTTP (labelled `process`), and of the queues, which " +
          "all share. `METRICS_PUBLIC` lets everybody see them.",
        answers: {
          200: {
            description: "The text format of Prometheus.",
            headers: ["Cache-Control"],
            content: { "text/plain": { schema: Type.String(), examples: { metrics: EXAMPLE } } },
          },
        },
      }),
    },
    async (_request, reply) =>
      reply
        .header("cache-control", "no-store")
        .type(TEXT)
        .send(await metrics()),
  );
}
