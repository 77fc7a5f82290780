// Who asks: an ordered list of schemes turns a request into a principal, before its body is read.
import basicAuth from "@fastify/basic-auth";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "../../workers/typebox.js";
import type { Accounts } from "../accounts/accounts.js";
import { IssuerUnavailableError, type Oidc } from "../accounts/oidc.js";
import { hasScope, type Principal, type Scope } from "../accounts/scopes.js";
import { isTokenText, type Tokens } from "../accounts/tokens.js";
import { HttpProblem, notNow } from "./problems.js";
import { sessionOf } from "./session-cookie.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a route needs, `any` being any account; a route that names nothing cannot be reached. */
    scope?: Scope | "any" | "public";
  }
}

/** One way to say who one is. */
export interface Scheme {
  readonly name: "basic" | "bearer" | "session";
  /** Whether the request uses it, rightly or not. */
  isUsed(request: FastifyRequest): boolean;
  /** The principal; `undefined` when the credentials are wrong. */
  principal(request: FastifyRequest, reply: FastifyReply): Promise<Principal | undefined>;
}

const PRINCIPAL = "principal";

/** Who asks, on a route that needs an account. */
export function principalOf(request: FastifyRequest): Principal {
  return request.getDecorator<Principal>(PRINCIPAL);
}

/** Who asks, if that is known. */
export function knownPrincipal(request: FastifyRequest): Principal | undefined {
  return (request as Partial<Record<typeof PRINCIPAL, Principal>>)[PRINCIPAL];
}

/** For the query of routes that show what belongs to accounts. */
export const accountQuery = {
  account: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 300,
      description: "With the scope `admin`: whose it is, if not your own.",
      examples: ["ann"],
    }),
  ),
};

/** The account whose things a route shows: the principal's, or the one that an admin names in the query. */
export function accountOf(request: FastifyRequest): string {
  const principal = principalOf(request);
  const { account = principal.account } = request.query as { account?: string };
  // whether or not there is such an account: that is not told
  if (account !== principal.account && !hasScope(principal, "admin"))
    throw forbidden(request, "admin", "to look at another account");
  return account;
}

/** The word that a request's header `Authorization` begins with. */
function schemeOf({ headers: { authorization } }: FastifyRequest): string | undefined {
  return authorization?.split(" ", 1)[0]?.toLowerCase();
}

/** HTTP Basic (RFC 7617): the plugin reads the header. */
export async function readBasic(app: FastifyInstance) {
  const named = new WeakMap<FastifyRequest, [name: string, password: string]>();
  await app.register(basicAuth, {
    // the accounts are asked elsewhere: the plugin would make a 401 of whatever they throw
    async validate(name: string, password: string, request: FastifyRequest) {
      named.set(request, [name, password]);
    },
  });
  return {
    isUsed: (request: FastifyRequest) => schemeOf(request) === "basic",
    /** Undefined when they are not well-formed. */
    async credentials(request: FastifyRequest, reply: FastifyReply) {
      await new Promise<unknown>((resolve) => {
        app.basicAuth(request, reply, resolve as () => void);
      });
      return named.get(request);
    },
  };
}

export type BasicReader = Awaited<ReturnType<typeof readBasic>>;

export function basicScheme({ isUsed, credentials }: BasicReader, accounts: Accounts): Scheme {
  return {
    ...{ name: "basic", isUsed },
    async principal(request, reply) {
      const given = await credentials(request, reply);
      return given && accounts.authenticate(...given, request.ip);
    },
  };
}

/** RFC 6750, 2.1. */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;

/** Bearer tokens: this service's own, and the JWTs of an outside issuer. */
export function bearerScheme(tokens: Tokens, oidc: Oidc | undefined): Scheme {
  return {
    name: "bearer",
    isUsed: (request) => schemeOf(request) === "bearer",
    async principal({ headers }) {
      const text = BEARER.exec(headers.authorization ?? "")?.[1];
      if (text === undefined) return undefined;
      if (isTokenText(text)) return tokens.principal("token", text);
      return oidc?.principal(text).catch((error: unknown) => {
        if (!(error instanceof IssuerUnavailableError)) throw error;
        throw Object.assign(notNow(error.message), { cause: error.cause }); // for the log
      });
    },
  };
}

/** The cookie of a session; who says in the header who he is means that. */
export function sessionScheme(tokens: Tokens): Scheme {
  return {
    name: "session",
    isUsed: ({ headers }) => headers.authorization === undefined && headers.cookie !== undefined,
    principal: (request) => tokens.principal("session", sessionOf(request) ?? ""),
  };
}

/** Lets requests pass whose principal has the scope that the route names. */
export function authenticate(app: FastifyInstance, schemes: readonly Scheme[]): void {
  app.decorateRequest(PRINCIPAL);
  app.addHook("onRequest", async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === "public" || request.is404) return;
    const scheme = schemes.find(({ isUsed }) => isUsed(request));
    const principal = await scheme?.principal(request, reply);
    if (!principal) throw unauthorized(request, "an account is needed: wrong or no credentials");
    if (scope === undefined || (scope !== "any" && !hasScope(principal, scope)))
      throw forbidden(request, scope ?? "admin");
    request.setDecorator(PRINCIPAL, principal);
  });
}

const BASIC_CHALLENGE = 'Basic realm="abacus", charset="UTF-8"';
const BEARER_CHALLENGE = 'Bearer realm="abacus"';

/** Whether a page's script sent it (W3C Fetch Metadata): for such a one the browser must not ask for a password. */
function isOfScript({ headers }: FastifyRequest): boolean {
  const mode = headers["sec-fetch-mode"];
  return mode !== undefined && mode !== "navigate";
}

/** 401, with what to send instead. With `quiet` no browser asks its user for a password. */
export function unauthorized(
  request: FastifyRequest,
  detail: string,
  quiet = isOfScript(request),
): HttpProblem {
  const bearer =
    schemeOf(request) === "bearer" ? `${BEARER_CHALLENGE}, error="invalid_token"` : BEARER_CHALLENGE;
  const challenges = quiet ? [bearer] : [BASIC_CHALLENGE, bearer];
  return new HttpProblem(401, "unauthorized", detail, { "www-authenticate": challenges.join(", ") });
}

function forbidden(request: FastifyRequest, scope: string, what = ""): HttpProblem {
  const challenge = `${BEARER_CHALLENGE}, error="insufficient_scope", scope="${scope}"`;
  const headers: Record<string, string> =
    schemeOf(request) === "bearer" ? { "www-authenticate": challenge } : {};
  const needs = ["this needs the scope", scope, what].filter(Boolean).join(" ");
  return new HttpProblem(403, "forbidden", needs, headers);
}
