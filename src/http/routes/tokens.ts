// The account's bearer tokens: make, list, delete.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import Type, { type Static } from "../../../workers/typebox.js";
import { AccountError } from "../../accounts/rules.js";
import { hasScope, type Principal, SCOPES, type Scope } from "../../accounts/scopes.js";
import { TOKEN_LIFETIME, type Token, type Tokens, TooManyTokensError } from "../../accounts/tokens.js";
import { scopesSchema } from "../account-schemas.js";
import { principalOf } from "../authentication.js";
import { JSON_BODY } from "../media-types.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";
import { nullable, time } from "../schemas.js";
import { readSmallBody } from "../small-bodies.js";

/** The farthest end that may be asked for, about ten years; milliseconds. */
const LONGEST = 3653 * 86_400_000;

const ID = "0f3c9a6b21d84e7795ab40c2";
const TEXT = `abacus_${ID}_2cSP9uHzhHjmRRaWzNGzZ1cPu8DYP1tGZHHhSG1q5kA`;

const nameSchema = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: "^[^\\u0000-\\u001f\\u007f]*$",
  description: "What you call it.",
  examples: ["nightly import"],
});

const inputSchema = Type.Object(
  {
    name: nameSchema,
    scopes: scopesSchema("What it may do: no more than you may.", { minItems: 1 }),
    expiresAt: Type.Optional(
      time("When it ends: in the future, ten years away at most; in 90 days unless said."),
    ),
  },
  { $id: "TokenInput", additionalProperties: false, description: "The token that is wanted." },
);

const tokenFields = {
  id: Type.String({ description: "The token's id, which is no secret.", examples: [ID] }),
  name: nameSchema,
  scopes: scopesSchema("What it may do, as far as its account may."),
  createdAt: time("When it was made."),
  expiresAt: time("When it ends."),
  lastUsedAt: nullable(time("When it was used the last time, exact to a minute; null before.")),
};
const tokenSchema = Type.Object(tokenFields, { $id: "Token", description: "A token, without its secret." });
const newTokenSchema = Type.Object(
  {
    ...tokenFields,
    token: Type.String({
      description: "The token itself, for `Authorization: Bearer`: shown this once, and kept nowhere.",
      examples: [TEXT],
    }),
  },
  { $id: "NewToken", description: "A token, with its secret." },
);
const listSchema = Type.Object(
  { tokens: Type.Array(tokenSchema, { description: "Newest first." }) },
  { $id: "TokenList", description: "The account's tokens." },
);

const example = {
  ...{ id: ID, name: "nightly import", scopes: ["jobs:read", "jobs:write"] },
  ...{ createdAt: "2026-11-21T12:00:00.000Z", expiresAt: "2027-02-19T12:00:00.000Z", lastUsedAt: null },
};
const newExample = { ...example, token: TEXT };
const usedExample = { ...example, lastUsedAt: "2026-11-21T12:30:00.000Z" };

const params = Type.Object({ id: Type.String({ description: "The token's id.", examples: [ID] }) });

export function tokenRoutes(
  app: FastifyInstance,
  { tokens, stall }: { tokens: Tokens; stall?: number | undefined },
): void {
  const config = { scope: "any" } as const;

  app.post(
    "/v1/tokens",
    {
      config,
      schema: describe({
        operationId: "create-token",
        tags: ["Accounts"],
        summary: "Makes a token of the account",
        description:
          "It has scopes that you have, and may do what it and its account may. Made by means of a token, it ends with " +
          "that one's time at the latest. An account that another issuer's tokens speak for has none here.",
        reads: ["Expect"],
        body: {
          description: "What it is called, and what it may do.",
          required: true,
          content: json(inputSchema, {
            "token.input": { name: example.name, scopes: example.scopes, expiresAt: example.expiresAt },
          }),
        },
        answers: {
          201: {
            description: "The token, whose `token` is told only here.",
            headers: ["Cache-Control"],
            content: json(newTokenSchema, { "token.new": newExample }),
          },
        },
        problems: [
          ...(["invalid-input", "malformed-json", "cut-off", "too-many-tokens", "too-large"] as const),
          ...(["unsupported-media-type", "impossible-value"] as const),
        ],
      }),
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const input = await readSmallBody(request, reply, inputSchema, [JSON_BODY], stall);
      checkScopes(principal, input.scopes);
      const what = { ...input, expiresAt: endOf(principal, input) };
      const { text, token } = await tokens.make(principal.account, what).catch(refuse);
      reply.code(201).header("cache-control", "no-store");
      return { ...documentOf(token), token: text };
    },
  );

  app.get(
    "/v1/tokens",
    {
      config,
      schema: describe({
        operationId: "list-tokens",
        tags: ["Accounts"],
        summary: "The account's tokens, newest first, without their secrets",
        answers: {
          200: {
            description: "Those that have not ended; 100 at most.",
            content: json(listSchema, { tokens: { tokens: [usedExample] } }),
          },
        },
      }),
    },
    async (request) => ({ tokens: (await tokens.list(principalOf(request).account)).map(documentOf) }),
  );

  app.delete(
    "/v1/tokens/:id",
    {
      config,
      schema: describe({
        operationId: "delete-token",
        tags: ["Accounts"],
        summary: "Ends a token at once, in every process",
        description: "By means of a token only itself and such as may do no more can be ended.",
        params,
        answers: { 204: { description: "It has ended." } },
        problems: ["not-found"],
      }),
    },
    async (request, reply) => {
      await removeToken(tokens, request);
      return reply.code(204).send();
    },
  );
}

function documentOf(token: Token) {
  return { ...token, scopes: [...token.scopes] };
}

function checkScopes(principal: Principal, scopes: readonly Scope[]): void {
  const missing = scopes.filter((scope) => !hasScope(principal, scope));
  if (missing.length > 0)
    throw new HttpProblem(
      403,
      "forbidden",
      `a token can have only scopes that you have: not ${missing.join(", ")}`,
    );
}

/** Nobody makes of a token one that outlasts it. */
function endOf({ token }: Principal, { expiresAt }: Static<typeof inputSchema>): Date {
  const latest = token ? Date.parse(token.expiresAt) : Number.POSITIVE_INFINITY;
  if (expiresAt === undefined) return new Date(Math.min(Date.now() + TOKEN_LIFETIME, latest));
  const end = Date.parse(expiresAt);
  if (!(end > Date.now())) throw InputError.impossible("/expiresAt", "must be in the future");
  if (end > Date.now() + LONGEST) throw InputError.impossible("/expiresAt", "must be within ten years");
  if (end > latest)
    throw new HttpProblem(
      403,
      "forbidden",
      `a token made by means of this one ends at ${token?.expiresAt} at the latest`,
    );
  return new Date(end);
}

function refuse(error: unknown): never {
  if (error instanceof TooManyTokensError) throw new HttpProblem(409, "too-many-tokens", error.message);
  if (error instanceof AccountError)
    throw new HttpProblem(403, "forbidden", "only accounts that this service keeps have tokens of it");
  throw error;
}

async function removeToken(tokens: Tokens, request: FastifyRequest): Promise<void> {
  const principal = principalOf(request);
  const { id } = request.params as Static<typeof params>;
  const token = await tokens.get(principal.account, id);
  if (token && principal.token && principal.token.id !== id) {
    const stronger = SCOPES.filter((scope) => hasScope(token, scope) && !hasScope(principal, scope));
    if (stronger.length > 0)
      throw new HttpProblem(403, "forbidden", `that token may do more than this one: ${stronger.join(", ")}`);
  }
  if (!token || !(await tokens.remove(principal.account, id)))
    throw new HttpProblem(404, "not-found", `there is no token ${JSON.stringify(id)}`);
}
