// Paths that end with a slash in their frameworks, which lead there whoever leaves it out.
import type { FastifyInstance } from "fastify";
import { VERBS } from "../method-not-allowed.js";

/** 308 keeps method and body; each path is given without its slash. */
export function leadToSlash(app: FastifyInstance, paths: readonly string[]): void {
  for (const url of paths)
    app.route({
      url,
      method: VERBS.filter((verb) => verb !== "HEAD"), // which comes with GET
      schema: { hide: true },
      config: { scope: "public" },
      handler: async (request, reply) => {
        const [path, ...query] = request.url.split("?");
        return reply.redirect([`${path}/`, ...query].join("?"), 308);
      },
    });
}
