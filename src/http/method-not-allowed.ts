// 405 with `Allow` for every known path of a group, where the framework alone would say 404.
import type { FastifyInstance, HTTPMethods } from "fastify";
import { HttpProblem } from "./problems.js";

const METHODS: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Call before the routes of a group are added; call what it returns after them. The errors take the group's
 * own format.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method, schema }) => {
    if (schema?.hide) return; // files of the documentation's page
    const methods = known.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    known.set(url, methods);
  });
  return () => {
    for (const [url, methods] of [...known]) {
      if (methods.has("GET")) methods.add("HEAD");
      const allow = METHODS.filter((method) => methods.has(method)).join(", ");
      const others = METHODS.filter((method) => !methods.has(method));
      if (others.length === 0) continue;
      app.route({
        url,
        method: others,
        schema: { hide: true },
        // before the body is read, and whoever asks: that a method is unknown is no secret
        config: { scope: "public" },
        onRequest: async (request) => {
          throw new HttpProblem(
            405,
            "method-not-allowed",
            `${request.method} is not possible here; possible: ${allow}`,
            { allow },
          );
        },
        handler: async () => undefined,
      });
    }
  };
}
