// Who asks: an ordered list of schemes turns a request into a principal, before its body is read.
import basicAuth from "@fastify/basic-auth";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Accounts } from "../accounts/accounts.js";
import { hasScope, type Principal, type Scope } from "../accounts/scopes.js";
import { HttpProblem } from "./problems.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a route needs; a route that names nothing cannot be reached. */
    scope?: Scope | "public";
  }
}

/** One way to say who one is. */
export interface Scheme {
  /** What `WWW-Authenticate` offers. */
  readonly challenge: string;
  /** The principal; `undefined` when the request does not use this scheme, or not rightly. */
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

/** HTTP Basic (RFC 7617): the plugin reads the header, the accounts say who it is. */
export async function basicScheme(app: FastifyInstance, accounts: Accounts): Promise<Scheme> {
  const named = new WeakMap<FastifyRequest, [name: string, password: string]>();
  await app.register(basicAuth, {
    // the accounts are asked below: the plugin would make a 401 of whatever they throw
    async validate(name: string, password: string, request: FastifyRequest) {
      named.set(request, [name, password]);
    },
  });
  return {
    challenge: 'Basic realm="abacus", charset="UTF-8"',
    async principal(request, reply) {
      await new Promise<unknown>((resolve) => {
        app.basicAuth(request, reply, resolve as () => void);
      });
      const credentials = named.get(request);
      return credentials && accounts.authenticate(...credentials, request.ip);
    },
  };
}

/** Lets requests pass whose principal has the scope that the route names. */
export function authenticate(app: FastifyInstance, schemes: readonly Scheme[]): void {
  app.decorateRequest(PRINCIPAL);
  app.addHook("onRequest", async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === "public" || request.is404) return;
    for (const scheme of schemes) {
      const principal = await scheme.principal(request, reply);
      if (!principal) continue;
      if (scope === undefined || !hasScope(principal, scope))
        throw new HttpProblem(403, "forbidden", `this needs the scope ${scope}`);
      request.setDecorator(PRINCIPAL, principal);
      return;
    }
    throw new HttpProblem(401, "unauthorized", "an account is needed: wrong or no credentials", {
      "www-authenticate": schemes.map(({ challenge }) => challenge).join(", "),
    });
  });
}
