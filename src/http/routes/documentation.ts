// The API's own description: /openapi.json and the page at /docs.
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import Type from "../../../workers/typebox.js";
import { JSON_TYPE } from "../job-replies.js";
import { complete } from "../openapi/document.js";
import { describe, json } from "../openapi/operation.js";
import { SESSION_COOKIE } from "../session-cookie.js";

const OPENAPI = "3.1.0";

const DESCRIPTION = `A compute service with a job queue. Submit a job, then poll its address (\`Location\`), or wait
for its end with \`Prefer: wait=N\`, or follow its events; cancel it, or delete it with all that belongs to it. What was
answered with 202 is finished, whichever process crashes. A job's outcome is kept for \`RETENTION\` seconds, a day unless set.

**Accounts.** Everything but \`/healthz\`, \`/readyz\`, \`/openapi.json\`, \`/docs\` and \`/v1/session\` needs one: name and
password (HTTP Basic), a bearer token, or the cookie of a session. What belongs to another account does not exist: 404.

**Webhooks.** With \`Abacus-Webhook: https://…\` on its submission, a job calls that URL when it has ended: \`POST\` of
\`{ "type": "job.completed" | "job.failed" | "job.canceled", "timestamp", "data" }\`, less than 20 KB, \`data\` being the
job document without its result. \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\` are those of Standard
Webhooks. What is not answered with 2xx within 15 s is tried again after about 5 s, 30 s, 5 min, 30 min, 2 h and 6 h,
or when \`Retry-After\` says, but not after 410, and not once the job has expired. No redirect is followed.

**Errors** are problem documents (RFC 9457). A problem's \`type\` is \`urn:abacus:problem:\` and its name; each answer
below lists the names that it can have, each with an example. Names and statuses are for programs, \`title\` and
\`detail\` for people.

**Before an operation.** A path that there is not is answered with 404, a method that a path does not have with 405
and \`Allow\`, what is not well-formed HTTP with 400, 408, 413 or 431: problem documents too. \`HEAD\` is possible
wherever \`GET\` is, and answers the same without the body. For the pages of \`CORS_ORIGINS\`, \`OPTIONS\` with
\`Access-Control-Request-Method\` is answered with 204 everywhere.

**Headers.** Each answer has an \`x-request-id\` that the log knows, those that keep browsers from doing more with it
than read it (\`Content-Security-Policy\`, \`X-Content-Type-Options\`, \`X-Frame-Options\`, \`Referrer-Policy\`, and with
HTTPS \`Strict-Transport-Security\`), and for the pages of \`CORS_ORIGINS\` those of CORS.

**Units.** Sizes are bytes, times ISO 8601 in UTC, lengths of time seconds. A number that is not finite is null.
Names in capitals are settings of the service. Objects of answers may get further fields.`;

const SECURITY_SCHEMES = {
  basic: { type: "http", scheme: "basic", description: "The account's name and password (RFC 7617)." },
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "A token of `/v1/tokens`, or a JWT of the issuer in `OIDC_ISSUER` (RFC 6750).",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "The cookie of a session, as `/v1/session` sets it.",
  },
} as const;

/** Each scheme by itself, with the scope that the account needs. */
function securityOf(scope: string | undefined): Record<string, string[]>[] {
  if (scope === undefined || scope === "public") return [];
  return Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: scope === "any" ? [] : [scope] }));
}

const openapiSchema = Type.Object(
  {
    openapi: Type.String({ description: "The version of OpenAPI." }),
    info: Type.Object({ title: Type.String(), version: Type.String() }, { additionalProperties: true }),
    paths: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: true },
);

/** The page runs and shows what this service itself sends, and asks it. */
const PAGE_POLICY = {
  "default-src": "'self'",
  "base-uri": "'none'",
  "frame-ancestors": "'none'",
  "img-src": ["'self'", "data:"],
  "object-src": "'none'",
  "style-src": ["'self'", "'unsafe-inline'"],
};

/** Call before the routes are added: it watches them. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    transform: ({ schema, url, route }) => ({
      url,
      schema: { ...schema, security: securityOf(route.config?.scope) },
    }),
    transformObject: (made) => complete((made as { openapiObject: never }).openapiObject),
    openapi: {
      openapi: OPENAPI,
      info: {
        title: "Abacus",
        version,
        description: DESCRIPTION,
        license: { name: "MIT", identifier: "MIT" },
      },
      components: { securitySchemes: SECURITY_SCHEMES },
      tags: [
        { name: "Submit", description: "An operation for each job type: its input becomes a job." },
        { name: "Jobs", description: "The account's jobs and their results." },
        { name: "Models", description: "What the account has trained." },
        { name: "Accounts", description: "Accounts, their bearer tokens, and sessions of browsers." },
        { name: "Service", description: "The service itself; needs no account." },
        {
          name: "Tutorials",
          description:
            "What the services of the tutorials offered that this one replaces, in their own words; `TUTORIALS=false` " +
            "turns it off. Their records belong to all accounts of the deployment.",
        },
      ],
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
      schema: describe({
        operationId: "openapi",
        tags: ["Service"],
        summary: "This description",
        answers: {
          200: {
            description: "The service's operations, as OpenAPI 3.1.",
            content: json(openapiSchema, {
              openapi: { openapi: OPENAPI, info: { title: "Abacus", version: "0.1.0" }, paths: {} },
            }),
          },
        },
      }),
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
    await docs.register(swaggerUi, { routePrefix: "/docs", staticCSP: PAGE_POLICY });
  });
}
