// Tokens: secrets that stand for an account, with scopes and an end. A session is a token in a cookie.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Redis } from "ioredis";
import { accountKey, tokenKey, tokensKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";
import { AccountError } from "./rules.js";
import { commonScopes, formatScopes, type Principal, parseScopes, type Scope } from "./scopes.js";
import { TOKEN_SCRIPTS } from "./token-scripts.js";

/** Milliseconds. */
export const TOKEN_LIFETIME = 90 * 86_400_000;
/** A working day: who uses a session can sign in again, and nobody else can end it. Milliseconds. */
export const SESSION_LIFETIME = 12 * 3_600_000;

/** Of one account at a time. */
const MOST = { token: 100, session: 100 };

type Kind = keyof typeof MOST;

/** What may be told of a token. */
export interface Token {
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** ISO 8601, UTC, as the other times. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Exact to a minute; null before its first use. */
  readonly lastUsedAt: string | null;
}

/** An account has as many tokens as it may have. */
export class TooManyTokensError extends Error {
  override readonly name = "TooManyTokensError";

  constructor() {
    super(`the account has ${MOST.token} tokens, which is the most there may be: delete one first`);
  }
}

/** Each rejects with Redis's own errors. */
export interface Tokens {
  /**
   * Makes a token; its `text` cannot be had again. TooManyTokensError; AccountError `unknown` for an account
   * without a record, with which its tokens would not end.
   */
  make(
    account: string,
    what: { name: string; scopes: Iterable<Scope>; expiresAt: Date },
  ): Promise<{ text: string; token: Token }>;
  /**
   * Begins a session of the account as it was at `version`: another password ends it. When there are too many, the
   * oldest ends. AccountError `unknown` as above.
   */
  startSession(account: string, version: string): Promise<{ text: string; expiresAt: string }>;
  /**
   * Who the text of a token stands for, with the scopes that both it and its account have now. One round trip to
   * Redis; undefined for what is no token, or none any more.
   */
  principal(kind: Kind, text: string): Promise<Principal | undefined>;
  /** The account's tokens, newest first, without its sessions. */
  list(account: string): Promise<Token[]>;
  get(account: string, id: string): Promise<Token | undefined>;
  /** It ends at once, in every process; false if the account has no such token. */
  remove(account: string, id: string): Promise<boolean>;
  endSession(text: string): Promise<void>;
}

/** What a token looks like: its id, by which it is found, and 256 random bits. */
const TEXT = /^abacus_([0-9a-f]{24})_([\w-]{43})$/;
const ID = /^[0-9a-f]{24}$/;

/** Whether a bearer token is one of this service, right or wrong: a JWT begins otherwise. */
export function isTokenText(text: string): boolean {
  return text.startsWith("abacus_");
}

/** A hash without salt or cost will do: nobody guesses 256 bits. */
function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** As `abacusReadToken` answers them; a session has a version, a token has none. */
type Fields = [
  ...[digest: string, kind: string, account: string, scopes: string, version: string | null],
  ...[expiresAt: string, accountScopes: string | null, accountVersion: string | null],
];

const toTime = (milliseconds: string | number) => new Date(Number(milliseconds)).toISOString();

const SHOWN = ["kind", "account", "name", "scopes", "createdAt", "expiresAt", "lastUsedAt"] as const;

export function createTokens(redis: Redis): Tokens {
  const run = defineScripts(redis, TOKEN_SCRIPTS);

  async function make(kind: Kind, account: string, ends: number, fields: Record<string, string | number>) {
    const id = randomBytes(12).toString("hex");
    const secret = randomBytes(32).toString("base64url");
    const now = Date.now();
    const all = { kind, account, ...fields, digest: digestOf(secret), createdAt: now, expiresAt: ends };
    const done = await run<"made" | "no-account" | "full">(
      "abacusMakeToken",
      [accountKey(account), tokenKey(id), tokensKey(account, kind)],
      ...[now, MOST[kind], id, ends, kind === "token" ? "refuse" : "replace"],
      ...Object.entries(all).flat(),
    );
    if (done === "full") throw new TooManyTokensError();
    if (done === "no-account")
      throw new AccountError("unknown", `there is no record of the account ${account}`);
    return { text: `abacus_${id}_${secret}`, id, createdAt: toTime(now), expiresAt: toTime(ends) };
  }

  async function principal(kind: Kind, text: string): Promise<Principal | undefined> {
    const [, id, secret] = TEXT.exec(text) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const digest = digestOf(secret);
    const fields = await run<Fields | null>("abacusReadToken", [tokenKey(id)], digest, Date.now());
    if (fields === null) return undefined;
    const [stored, isOf, account, scopes, version, expiresAt, accountScopes, accountVersion] = fields;
    const isValid = isSame(stored, digest) && isOf === kind && accountVersion !== null;
    if (!isValid || (version !== null && version !== accountVersion)) return undefined;
    return {
      account,
      scopes: commonScopes(parseScopes(scopes), parseScopes(accountScopes ?? "")),
      ...(kind === "token" && { token: { id, expiresAt: toTime(expiresAt) } }),
    };
  }

  async function get(owner: string, id: string): Promise<Token | undefined> {
    if (!ID.test(id)) return undefined;
    const fields = await redis.hmget(tokenKey(id), ...SHOWN);
    const [kind, account, name, scopes, createdAt, expiresAt, lastUsedAt] = fields;
    if (kind !== "token" || account !== owner || !createdAt || !expiresAt) return undefined;
    return {
      ...{ id, name: name ?? "", scopes: parseScopes(scopes ?? "") },
      ...{ createdAt: toTime(createdAt), expiresAt: toTime(expiresAt) },
      lastUsedAt: lastUsedAt ? toTime(lastUsedAt) : null,
    };
  }

  async function remove(account: string, kind: Kind, id: string): Promise<boolean> {
    // in this order: what the index forgot would live on if the process died in between
    if ((await redis.zscore(tokensKey(account, kind), id)) === null) return false;
    const removed = await redis.del(tokenKey(id));
    await redis.zrem(tokensKey(account, kind), id);
    return removed === 1;
  }

  return {
    principal,
    get,

    async make(account, { name, scopes, expiresAt }) {
      const granted = new Set(scopes);
      const fields = { name, scopes: formatScopes(granted) };
      const { text, ...times } = await make("token", account, expiresAt.getTime(), fields);
      return { text, token: { name, scopes: granted, ...times, lastUsedAt: null } };
    },

    async startSession(account, version) {
      // every scope: it may do what its account may
      const fields = { scopes: "admin", version };
      const { text, expiresAt } = await make("session", account, Date.now() + SESSION_LIFETIME, fields);
      return { text, expiresAt };
    },

    async list(account) {
      const ids = await redis.zrange(tokensKey(account, "token"), 0, "-1");
      const tokens = await Promise.all(ids.map((id) => get(account, id)));
      return tokens
        .filter((token) => token !== undefined)
        .sort((one, other) => other.createdAt.localeCompare(one.createdAt));
    },

    remove: (account, id) => remove(account, "token", id),

    async endSession(text) {
      const found = await principal("session", text);
      const [, id] = TEXT.exec(text) ?? [];
      if (found && id !== undefined) await remove(found.account, "session", id);
    },
  };
}
