// The accounts in Redis: their records, and whether a name and a password belong together.
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { accountKey, accountNamesKey, tokenKey, tokensKey, webhookSecretKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";
import type { FailedSignIns } from "./failed-sign-ins.js";
import { hashPassword, verifyPassword } from "./passwords.js";
import { AccountError, ADMIN, checkName, checkPassword, isAccountName, PASSWORD_BYTES } from "./rules.js";
import {
  formatScopes,
  NEW_ACCOUNT_SCOPES,
  type Principal,
  parseScopes,
  SCOPES,
  type Scope,
} from "./scopes.js";
import { createSignIns } from "./sign-ins.js";

/** What may be told of an account. */
export interface Account {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Another one after each change of the password, and never the same again, also for a new account of the name. */
  readonly version: string;
}

/** What is not given stays as it is. */
export interface Change {
  password?: string;
  scopes?: Iterable<Scope>;
}

/** Each rejects with AccountError for what cannot be done, and with Redis's own errors. */
export interface Accounts {
  /** Makes an account; `exists` if there is one. Without `scopes`: all but admin, and for `admin` all. */
  add(name: string, password: string, scopes?: Iterable<Scope>): Promise<void>;
  /** Makes an account or gives an existing one this password and these scopes. */
  put(name: string, password: string, scopes: Iterable<Scope>): Promise<void>;
  /**
   * Makes an account, or changes what is given of an existing one; resolves to whether it was made. `password` for a
   * new account without one; `protected` for `admin`.
   */
  set(name: string, change: Change): Promise<boolean>;
  /** The old password and all sessions end at once, in every process; `unknown` if there is no such account. */
  setPassword(name: string, password: string): Promise<void>;
  /**
   * Its password, tokens and sessions end at once, in every process, and its webhooks' secret is forgotten; `unknown`
   * if there is none, `protected` for `admin`.
   */
  remove(name: string): Promise<void>;
  get(name: string): Promise<Account | undefined>;
  /** By name. */
  list(): Promise<Account[]>;
  /**
   * Who this is, or undefined if the password is wrong or there is no such account, at the same cost. One
   * round trip to Redis if the pair succeeded here lately. `address` is where it comes from. SignInsBusyError:
   * too many are being checked; TooManySignInsError: too many from there have failed.
   */
  authenticate(name: string, password: string, address?: string): Promise<Principal | undefined>;
}

interface AccountRecord extends Account {
  /** As hashPassword writes it. */
  readonly password: string;
}

const FIELDS = ["password", "version", "scopes", "createdAt"] as const;

/**
 * KEYS: the record, the names. ARGV: when ("new", "existing" or "any"), name, password, version, scopes of a new
 * account, createdAt, "replace" if an existing account gets these scopes, too. Without a password an existing account
 * keeps its own. Answers 0 if nothing was written, 1 if an account was made, 2 if one was changed.
 */
const WRITE = `
local exists = redis.call("EXISTS", KEYS[1]) == 1
if (ARGV[1] == "new" and exists) or (ARGV[1] == "existing" and not exists) then return 0 end
if ARGV[3] == "" and not exists then return 0 end
if ARGV[3] ~= "" then redis.call("HSET", KEYS[1], "password", ARGV[3], "version", ARGV[4]) end
if not exists or ARGV[7] == "replace" then redis.call("HSET", KEYS[1], "scopes", ARGV[5]) end
redis.call("HSETNX", KEYS[1], "createdAt", ARGV[6])
redis.call("ZADD", KEYS[2], 0, ARGV[2])
if exists then return 2 end
return 1`;

/** KEYS: the record, the names, the secret, the tokens, the sessions. ARGV: name. Answers how many records are gone. */
const REMOVE = `
for _, index in ipairs({KEYS[4], KEYS[5]}) do
  for _, id in ipairs(redis.call("ZRANGE", index, 0, -1)) do redis.call("DEL", "${tokenKey("")}" .. id) end
end
redis.call("DEL", KEYS[3], KEYS[4], KEYS[5])
redis.call("ZREM", KEYS[2], ARGV[1])
return redis.call("DEL", KEYS[1])`;

function toRecord(name: string, fields: (string | null)[]): AccountRecord | undefined {
  const [password, version, scopes, createdAt] = fields;
  if (!password || !version) return undefined;
  return { name, password, version, scopes: parseScopes(scopes ?? ""), createdAt: createdAt ?? "" };
}

function toAccount({ name, scopes, createdAt, version }: AccountRecord): Account {
  return { name, scopes, createdAt, version };
}

function unknownAccount(name: string): AccountError {
  return new AccountError("unknown", `there is no account ${name}`);
}

/**
 * Keeps accounts in `redis`. Every process has one of these: it also holds the successes of late. Without
 * `failures` any number of sign-ins may fail.
 */
export function createAccounts(redis: Redis, failures?: FailedSignIns): Accounts {
  const run = defineScripts(redis, { abacusWriteAccount: WRITE, abacusRemoveAccount: REMOVE });
  const signIns = createSignIns();

  async function read(name: string): Promise<AccountRecord | undefined> {
    if (!isAccountName(name)) return undefined;
    return toRecord(name, await redis.hmget(accountKey(name), ...FIELDS));
  }

  async function write(
    when: "new" | "existing" | "any",
    name: string,
    { password, scopes }: Change,
  ): Promise<"nothing" | "made" | "changed"> {
    checkName(name);
    if (password !== undefined) checkPassword(password);
    const stored = password === undefined ? "" : await hashPassword(password);
    const granted = scopes ?? (name === ADMIN ? SCOPES : NEW_ACCOUNT_SCOPES);
    // random, not counted: a counter could repeat itself after Redis lost its last second
    const values = [when, name, stored, randomUUID(), formatScopes(granted), new Date().toISOString()];
    const whichScopes = scopes === undefined ? "keep" : "replace";
    const keys = [accountKey(name), accountNamesKey];
    const done = await run<0 | 1 | 2>("abacusWriteAccount", keys, ...values, whichScopes);
    return (["nothing", "made", "changed"] as const)[done];
  }

  return {
    async add(name, password, scopes) {
      const done = await write("new", name, { password, ...(scopes && { scopes }) });
      if (done === "nothing") throw new AccountError("exists", `there is already an account ${name}`);
    },

    async put(name, password, scopes) {
      await write("any", name, { password, scopes });
    },

    async set(name, change) {
      if (name === ADMIN)
        throw new AccountError(
          "protected",
          "the account admin is changed by `npm run account -- passwd admin`",
        );
      const done = await write("any", name, change);
      if (done === "nothing") throw new AccountError("password", "a new account needs a password");
      return done === "made";
    },

    async setPassword(name, password) {
      if ((await write("existing", name, { password })) === "nothing") throw unknownAccount(name);
    },

    async remove(name) {
      checkName(name);
      if (name === ADMIN)
        throw new AccountError(
          "protected",
          "the account admin cannot be removed, because the next start would make it again",
        );
      const keys = [accountKey(name), accountNamesKey, webhookSecretKey(name)];
      const indexes = [tokensKey(name, "token"), tokensKey(name, "session")];
      if ((await run("abacusRemoveAccount", [...keys, ...indexes], name)) !== 1) throw unknownAccount(name);
    },

    async get(name) {
      const record = await read(name);
      return record && toAccount(record);
    },

    async list() {
      const names = await redis.zrange(accountNamesKey, 0, "-1");
      const records = await Promise.all(names.map(read));
      return records.filter((record) => record !== undefined).map(toAccount);
    },

    async authenticate(name, password, address = "") {
      const record = await read(name);
      const fingerprint = signIns.fingerprint(name, password);
      if (record && signIns.knows(fingerprint, record.version))
        return { account: name, scopes: record.scopes };

      const check = async () => {
        const isPossible = password.length <= PASSWORD_BYTES.max; // else nobody's, whatever the account
        return isPossible && (await verifyPassword(password, record?.password));
      };
      const right = await signIns.share(`${fingerprint} ${address}`, record?.version ?? "", () =>
        failures ? failures.guard(address, check) : check(),
      );
      const now = await read(name); // checking takes a while, and the account may have changed meanwhile
      if (!right || !record || now?.version !== record.version) return undefined;
      signIns.remember(fingerprint, record.version);
      return { account: name, scopes: now.scopes };
    },
  };
}
