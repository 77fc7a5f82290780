// Which web pages may use the API from a browser: its own, and those of CORS_ORIGINS.
import cors from "@fastify/cors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpProblem } from "./problems.js";

/** What changes nothing may be asked for from anywhere: without CORS the page cannot read the answer. */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Headers of answers that a page of another origin may read. */
const EXPOSED = [
  "content-disposition",
  "etag",
  "link",
  "location",
  "preference-applied",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "x-request-id",
];

/** Seconds for which a browser need not ask again. */
const MAX_AGE = 600;

/** Call before the rule for other methods: the plugin adds a route of its own. */
export async function admitOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length > 0) await answerPreflights(app, origins);
  app.addHook("onRequest", async (request) => {
    if (isCrossSite(request, origins)) throw new HttpProblem(403, "cross-site", refusalOf(request));
  });
}

async function answerPreflights(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const isPreflight = ({ method, headers }: FastifyRequest) =>
    method === "OPTIONS" &&
    headers["access-control-request-method"] !== undefined &&
    origins.includes(headers.origin ?? "");
  app.addHook("onRoute", (route) => {
    if (route.url === "*") route.config = { ...route.config, scope: "public" }; // the plugin's, for 404
  });
  await app.register(cors, {
    delegator: (request, done) =>
      done(null, {
        origin: [...origins],
        methods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        exposedHeaders: EXPOSED,
        maxAge: MAX_AGE,
        preflight: isPreflight(request),
      }),
  });
}

function refusalOf({ headers }: FastifyRequest): string {
  return `this was asked for by a page of another site (origin ${headers.origin ?? "unknown"}): CORS_ORIGINS has those that may`;
}

/**
 * Whether a browser sent this for a page of another site, whose own credentials it would add. Browsers say so
 * in Sec-Fetch-Site (W3C Fetch Metadata) or at least in Origin; what sends neither is no browser.
 */
function isCrossSite({ method, headers, host }: FastifyRequest, origins: readonly string[]): boolean {
  if (SAFE_METHODS.has(method)) return false;
  const { origin } = headers;
  if (origin !== undefined && origins.includes(origin)) return false;
  const site = headers["sec-fetch-site"];
  if (site === "cross-site") return true;
  if (origin === undefined || site === "same-origin" || site === "none") return false;
  // the scheme is left out of it: behind a proxy that ends TLS it is not known here
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
