// What an account may do, and who asks: scopes and principals.

export const SCOPES = ["jobs:read", "jobs:write", "models:write", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** What a new account may do: everything but administer. */
export const NEW_ACCOUNT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== "admin");

/** Who a request comes from, whichever scheme said so. The account need not have a record. */
export interface Principal {
  readonly account: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The token that says so: what comes of it is neither stronger nor lasts longer. */
  readonly token?: { readonly id: string; readonly expiresAt: string };
}

/** `admin` implies every other scope. */
export function hasScope({ scopes }: Pick<Principal, "scopes">, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has("admin");
}

/** What both may do. */
export function commonScopes(one: ReadonlySet<Scope>, other: ReadonlySet<Scope>): ReadonlySet<Scope> {
  return new Set(SCOPES.filter((scope) => [one, other].every((scopes) => hasScope({ scopes }, scope))));
}

/** As OAuth 2 writes a set of scopes (RFC 6749, 3.3): separated by single spaces. */
export function formatScopes(scopes: Iterable<Scope>): string {
  return [...new Set(scopes)].join(" ");
}

/** Leaves out what this version does not know, so that a newer version's scope grants nothing here. */
export function parseScopes(text: string): ReadonlySet<Scope> {
  const words = new Set(text.split(" "));
  return new Set(SCOPES.filter((scope) => words.has(scope)));
}
