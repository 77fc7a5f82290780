// Sessions of browsers: a password once, and then a cookie.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "../../../workers/typebox.js";
import type { Accounts } from "../../accounts/accounts.js";
import { AccountError } from "../../accounts/rules.js";
import type { Tokens } from "../../accounts/tokens.js";
import { accountNameSchema, passwordSchema, scopesSchema } from "../account-schemas.js";
import { type BasicReader, unauthorized } from "../authentication.js";
import { FIELDS_BODY, JSON_BODY } from "../media-types.js";
import { describe, json } from "../openapi/operation.js";
import { time } from "../schemas.js";
import { clearSession, sessionOf, setSession } from "../session-cookie.js";
import { readSmallBody } from "../small-bodies.js";

export interface SessionRoutesDeps {
  accounts: Accounts;
  tokens: Tokens;
  basic: BasicReader;
  /** How long a body may pause, milliseconds. */
  stall?: number | undefined;
}

const inputSchema = Type.Object(
  { account: accountNameSchema, password: passwordSchema },
  { $id: "SignIn", additionalProperties: false, description: "Who signs in." },
);
const sessionSchema = Type.Object(
  {
    account: accountNameSchema,
    scopes: scopesSchema("What the account may do."),
    expiresAt: time("When the session ends."),
  },
  { $id: "Session", description: "A session; its secret is in the cookie alone." },
);

const signIn = {
  schema: inputSchema,
  examples: { "session.input": { account: "ann", password: "correct horse battery staple" } },
};

export function sessionRoutes(app: FastifyInstance, deps: SessionRoutesDeps): void {
  const { accounts, tokens, basic, stall } = deps;
  // whoever signs in, or out, need not be known yet, or any more
  const config = { scope: "public" } as const;

  /** Name and password, from the header or the body. */
  async function credentialsOf(request: FastifyRequest, reply: FastifyReply) {
    if (basic.isUsed(request)) return basic.credentials(request, reply);
    const taken = [JSON_BODY, FIELDS_BODY] as const;
    const { account, password } = await readSmallBody(request, reply, inputSchema, taken, stall);
    return [account, password] as const;
  }

  async function startSession(request: FastifyRequest, reply: FastifyReply) {
    // a page has its own words for it: no browser asks for a password because of this
    const refusal = unauthorized(request, "wrong account or password", true);
    const [name, password] = (await credentialsOf(request, reply)) ?? [];
    if (name === undefined || password === undefined) throw refusal;
    // read first: with a password that is changed while it is checked, the session never holds
    const version = (await accounts.get(name))?.version;
    const principal = await accounts.authenticate(name, password, request.ip);
    if (!principal || version === undefined) throw refusal;
    const session = await tokens.startSession(name, version).catch((error: unknown) => {
      throw error instanceof AccountError ? refusal : error; // removed meanwhile
    });
    return { ...principal, ...session };
  }

  async function endSession(request: FastifyRequest): Promise<void> {
    const text = sessionOf(request);
    if (text !== undefined) await tokens.endSession(text);
  }

  app.post(
    "/v1/session",
    {
      config,
      schema: describe({
        operationId: "sign-in",
        tags: ["Accounts"],
        summary: "Begins a session: a cookie instead of a password with each request",
        description:
          "For browsers. Name and password are in the body, or in the header as with HTTP Basic. The session lasts " +
          "12 hours, and ends with the account or another password.",
        reads: ["Expect"],
        body: {
          description: "Name and password; nothing with HTTP Basic.",
          required: false,
          content: { [JSON_BODY]: signIn, [FIELDS_BODY]: signIn },
        },
        answers: {
          201: {
            description: "The session has begun.",
            headers: ["Set-Cookie", "Cache-Control"],
            content: json(sessionSchema, {
              session: { account: "ann", scopes: ["jobs:read"], expiresAt: "2026-11-22T00:00:00.000Z" },
            }),
          },
        },
        problems: [
          ...(["invalid-input", "malformed-json", "cut-off", "unauthorized", "too-large"] as const),
          ...(["unsupported-media-type", "too-many-sign-ins", "unavailable"] as const),
        ],
      }),
    },
    async (request, reply) => {
      const { account, scopes, text, expiresAt } = await startSession(request, reply);
      await endSession(request); // the one before it in this browser
      setSession(request, reply, text, expiresAt);
      reply.code(201).header("cache-control", "no-store");
      return { account, scopes: [...scopes], expiresAt };
    },
  );

  app.delete(
    "/v1/session",
    {
      config,
      schema: describe({
        operationId: "sign-out",
        tags: ["Accounts"],
        summary: "Ends the session of the cookie, if there is one",
        answers: { 204: { description: "There is none any more.", headers: ["Set-Cookie"] } },
        problems: ["unavailable"],
      }),
    },
    async (request, reply) => {
      await endSession(request);
      clearSession(request, reply);
      return reply.code(204).send();
    },
  );
}
