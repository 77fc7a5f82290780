// Accounts, for admins: look at one, make or change it, remove it. Nobody sees a password.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { InputError } from "../../../workers/input-error.js";
import Type, { type Static } from "../../../workers/typebox.js";
import type { Account, Accounts } from "../../accounts/accounts.js";
import { AccountError } from "../../accounts/rules.js";
import { accountNameSchema, passwordSchema, scopesSchema } from "../account-schemas.js";
import { JSON_BODY } from "../media-types.js";
import { describe, json } from "../openapi/operation.js";
import { HttpProblem } from "../problems.js";
import { time } from "../schemas.js";
import { readSmallBody } from "../small-bodies.js";

const params = Type.Object({ name: accountNameSchema });

const inputSchema = Type.Object(
  {
    password: Type.Optional(passwordSchema),
    scopes: Type.Optional(
      scopesSchema("What it may do; for a new account everything but `admin` unless said."),
    ),
  },
  { $id: "AccountInput", additionalProperties: false, description: "What is to be changed." },
);
const accountSchema = Type.Object(
  { name: accountNameSchema, scopes: scopesSchema("What it may do."), createdAt: time("When it was made.") },
  { $id: "Account", description: "An account." },
);
const content = json(accountSchema, {
  account: { name: "ann", scopes: ["jobs:read", "jobs:write"], createdAt: "2026-11-21T12:00:00.000Z" },
});

export interface AccountRoutesDeps {
  accounts: Accounts;
  /** How long a body may pause, milliseconds. */
  stall?: number | undefined;
}

export function accountRoutes(app: FastifyInstance, { accounts, stall }: AccountRoutesDeps): void {
  const config = { scope: "admin" } as const;
  const nameIn = (request: FastifyRequest) => (request.params as Static<typeof params>).name;

  async function found(name: string) {
    const account = await accounts.get(name);
    if (!account) throw noSuchAccount(name);
    return documentOf(account);
  }

  app.get(
    "/v1/accounts/:name",
    {
      config,
      schema: describe({
        operationId: "get-account",
        tags: ["Accounts"],
        summary: "An account",
        params,
        answers: { 200: { description: "The account.", content } },
        problems: ["not-found"],
      }),
    },
    async (request) => found(nameIn(request)),
  );

  app.put(
    "/v1/accounts/:name",
    {
      config,
      schema: describe({
        operationId: "put-account",
        tags: ["Accounts"],
        summary: "Makes an account, or changes its password or its scopes",
        description:
          "What is not given stays as it is; a new account needs a password. With another password the old one and " +
          "the account's sessions end at once, and its tokens go on.",
        params,
        reads: ["Expect"],
        body: {
          description: "Password and scopes.",
          required: true,
          content: json(inputSchema, {
            "account.input": {
              password: "correct horse battery staple",
              scopes: ["jobs:read", "jobs:write"],
            },
          }),
        },
        answers: {
          200: { description: "The account is changed.", content },
          201: { description: "The account is made.", content },
        },
        problems: [
          ...(["invalid-input", "malformed-json", "cut-off", "protected-account", "too-large"] as const),
          ...(["not-found", "unsupported-media-type", "impossible-value"] as const),
        ],
      }),
    },
    async (request, reply) => {
      const name = nameIn(request);
      const change = await readSmallBody(request, reply, inputSchema, [JSON_BODY], stall);
      const isNew = await accounts.set(name, change).catch(refuse);
      const account = await found(name);
      return reply.code(isNew ? 201 : 200).send(account);
    },
  );

  app.delete(
    "/v1/accounts/:name",
    {
      config,
      schema: describe({
        operationId: "delete-account",
        tags: ["Accounts"],
        summary: "Removes an account; its password, tokens and sessions end at once",
        description:
          "Its jobs stay until they expire, and its named models until they are deleted, for whoever gets the name next.",
        params,
        answers: { 204: { description: "It is gone." } },
        problems: ["not-found", "protected-account"],
      }),
    },
    async (request, reply) => {
      const name = nameIn(request);
      const isKnown = (await accounts.get(name)) !== undefined;
      if (!isKnown) throw noSuchAccount(name);
      await accounts.remove(name).catch(refuse);
      return reply.code(204).send();
    },
  );
}

function documentOf({ name, scopes, createdAt }: Account) {
  return { name, scopes: [...scopes], createdAt };
}

function noSuchAccount(name: string): HttpProblem {
  return new HttpProblem(404, "not-found", `there is no account ${JSON.stringify(name)}`);
}

function refuse(error: unknown): never {
  if (!(error instanceof AccountError)) throw error;
  const { reason, message } = error;
  if (reason === "protected") throw new HttpProblem(403, "protected-account", message);
  if (reason === "unknown") throw new HttpProblem(404, "not-found", message);
  const path = reason === "password" ? "/password" : "/name";
  throw new InputError({
    ...{ status: 422, name: "impossible-value", detail: message },
    errors: [{ path, message }],
  });
}
