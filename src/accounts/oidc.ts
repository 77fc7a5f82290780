// JWTs of an outside issuer as bearer tokens: who they say it is, checked against the issuer's own keys.
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type Principal, parseScopes, type Scope } from "./scopes.js";

/** Asymmetric ones alone: the issuer's public keys can check them, and nobody can sign with those. */
const ALGORITHMS = ["RS", "PS", "ES"].flatMap((family) => [`${family}256`, `${family}384`, `${family}512`]);
ALGORITHMS.push("EdDSA", "Ed25519");

/** How far clocks may be apart; seconds. */
const TOLERANCE = 30;
/** How long the issuer's description holds, and its keys; milliseconds. */
const DESCRIPTION_AGE = 3_600_000;
const KEYS_AGE = 600_000;
/** Characters of a `sub` (OpenID Connect Core, 2). */
const SUBJECT = 255;

export interface OidcOptions {
  /** As tokens have it in `iss`. */
  issuer: string;
  /** What tokens must have in `aud`. */
  audience: string;
  /** How long the issuer may take for an answer; milliseconds. */
  timeout?: number;
  /** How long it is not asked again after it failed to answer; milliseconds. */
  pause?: number;
  /** How long it is not asked for further keys when a token names one that is unknown; milliseconds. */
  cooldown?: number;
}

/** The issuer's keys cannot be had now, so that nothing can be said of its tokens; `cause` says why. */
export class IssuerUnavailableError extends Error {
  override readonly name = "IssuerUnavailableError";

  constructor(issuer: string, cause: unknown) {
    super(`the keys of the issuer ${issuer} cannot be had now`, { cause });
  }
}

export interface Oidc {
  /**
   * The account `oidc:<sub>` with the scopes that the token names; undefined for a token that is not valid, or not of
   * this issuer for this audience. Rejects with IssuerUnavailableError.
   */
  principal(jwt: string): Promise<Principal | undefined>;
}

/** Asks nobody before the first token of this issuer comes. */
export function createOidc(options: OidcOptions): Oidc {
  const { issuer, audience } = options;
  const keyOf = issuerKeys(options);
  const checks = {
    ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: TOLERANCE },
    requiredClaims: ["exp", "sub"],
  };

  return {
    async principal(jwt) {
      if (!isOfIssuer(jwt, issuer)) return undefined;
      try {
        const { payload } = await jwtVerify(jwt, keyOf, checks);
        return toPrincipal(payload);
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        // a key that is of no use
        throw error instanceof IssuerUnavailableError ? error : new IssuerUnavailableError(issuer, error);
      }
    },
  };
}

/** As the token itself says, so that the issuer is not asked because of any other. */
function isOfIssuer(jwt: string, issuer: string): boolean {
  try {
    return decodeJwt(jwt).iss === issuer;
  } catch {
    return false;
  }
}

function toPrincipal({ sub, ...claims }: JWTPayload): Principal | undefined {
  // half a surrogate pair cannot be in a key's name
  const isUsable = typeof sub === "string" && sub !== "" && sub.length <= SUBJECT && !/\p{Cs}/u.test(sub);
  return isUsable ? { account: `oidc:${sub}`, scopes: scopesOf(claims) } : undefined;
}

/**
 * Issuers name scopes in `scope` (RFC 9068), `scp` (Entra, Okta) or `scopes`, as a list or as one text with spaces.
 * What this service does not know grants nothing, and no such claim nothing at all.
 */
function scopesOf({ scope, scp, scopes }: JWTPayload): ReadonlySet<Scope> {
  const words = [scope, scp, scopes].flat().filter((word) => typeof word === "string");
  return parseScopes(words.join(" "));
}

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** What the token alone is to blame for. */
const OF_TOKEN = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/** Finds the key that a token is signed with: kept ones first, and the issuer is asked anew for one that is unknown. */
function issuerKeys({
  issuer,
  timeout = 3000,
  pause = 5000,
  cooldown = 30_000,
}: OidcOptions): JWTVerifyGetKey {
  let known: { keys: Keys; at: number } | undefined;
  let asked: Promise<void> | undefined;
  let failed = { at: Number.NEGATIVE_INFINITY, error: undefined as unknown };

  /** One that does not answer is not waited for by each request. */
  async function ask(url: string, init: RequestInit): Promise<Response> {
    if (Date.now() - failed.at < pause) throw failed.error;
    try {
      const response = await fetch(url, {
        ...init,
        redirect: "manual",
        signal: AbortSignal.timeout(timeout),
      });
      if (response.status !== 200) throw new Error(`${url} was answered with ${response.status}`);
      return response;
    } catch (error) {
      failed = { at: Date.now(), error };
      throw error;
    }
  }

  /** OpenID Connect Discovery 1.0, 4. */
  async function discover(): Promise<void> {
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await ask(address, { headers: { accept: "application/json" } });
    const description = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (description.issuer !== issuer)
      throw new Error(`${address} is of the issuer ${JSON.stringify(description.issuer)}, not ${issuer}`);
    const uri = new URL(String(description.jwks_uri));
    if (uri.protocol !== new URL(issuer).protocol) throw new Error(`${address} has its keys at ${uri}`);
    const keys = createRemoteJWKSet(uri, {
      ...{ cooldownDuration: cooldown, cacheMaxAge: KEYS_AGE, timeoutDuration: timeout },
      [customFetch]: ask,
    });
    known = { keys, at: Date.now() };
  }

  async function currentKeys(): Promise<Keys> {
    if (!known || Date.now() - known.at > DESCRIPTION_AGE) {
      asked ??= discover().finally(() => {
        asked = undefined;
      });
      await asked.catch((error: unknown) => {
        if (!known) throw error; // what it said before is better than nothing
      });
    }
    return (known as NonNullable<typeof known>).keys;
  }

  return async (header, token) => {
    try {
      return await (await currentKeys())(header, token);
    } catch (error) {
      if (OF_TOKEN.some((kind) => error instanceof kind)) throw error;
      throw new IssuerUnavailableError(issuer, error);
    }
  };
}
