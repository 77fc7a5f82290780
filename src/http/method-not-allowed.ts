// 405 with `Allow` for every known path of a group, where the framework alone would say 404.
import { METHODS } from "node:http";
import type { FastifyInstance } from "fastify";
import { HttpProblem } from "./problems.js";

/** All that the parser knows but CONNECT, which is no request for a path. */
export const VERBS = METHODS.filter((method) => method !== "CONNECT");

/**
 * Call before the routes of a group are added; call what it returns after them. The errors take the group's
 * own format.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  for (const verb of VERBS) if (!app.supportedMethods.includes(verb)) app.addHttpMethod(verb);
  const paths = new Set<string>();
  app.addHook("onRoute", ({ url }) => void paths.add(url));
  return () => {
    for (const url of [...paths]) refuseOthers(app, url);
  };
}

function refuseOthers(app: FastifyInstance, url: string): void {
  const possible = VERBS.filter((method) => app.hasRoute({ method, url }));
  if (possible.length === VERBS.length) return; // a group within this one has done it
  const allow = possible.join(", ");
  app.route({
    url: url.slice(app.prefix.length),
    method: VERBS.filter((method) => !possible.includes(method)),
    schema: { hide: true },
    // before the body is read, and whoever asks: that a method is unknown is no secret
    config: { scope: "public" },
    onRequest: async ({ method }) => {
      const detail = `${method} is not possible here; possible: ${allow}`;
      throw new HttpProblem(405, "method-not-allowed", detail, { allow });
    },
    handler: async () => undefined,
  });
}
