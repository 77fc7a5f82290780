// The Lua scripts of tokens: each makes or reads a token together with its account, so that neither changes between.
import { tokenKey } from "../redis/keys.js";

/** Milliseconds within which a further use of a token is not noted. */
const NOTED = 60_000;

export const TOKEN_SCRIPTS = {
  /**
   * KEYS: the account's record, the token, the index. ARGV: now, most, id, when it ends (both milliseconds), what
   * to do with `most` of them ("refuse", or "replace" the one that ends first), then fields and values. Answers
   * "made", "no-account" or "full".
   */
  abacusMakeToken: `
local now, most, id, ends = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
if redis.call("EXISTS", KEYS[1]) == 0 then return "no-account" end
if ARGV[5] == "refuse" and redis.call("ZCOUNT", KEYS[3], "(" .. now, "+inf") >= most then return "full" end
redis.call("HSET", KEYS[2], "record", KEYS[1], unpack(ARGV, 6)) -- first: a full Redis refuses a script here alone
redis.call("PEXPIREAT", KEYS[2], ends)
redis.call("ZREMRANGEBYSCORE", KEYS[3], "-inf", now)
redis.call("ZADD", KEYS[3], ends, id)
while redis.call("ZCARD", KEYS[3]) > most do
  redis.call("DEL", "${tokenKey("")}" .. redis.call("ZPOPMIN", KEYS[3])[1])
end
redis.call("PEXPIREAT", KEYS[3], redis.call("ZRANGE", KEYS[3], -1, -1, "WITHSCORES")[2])
return "made"`,

  /**
   * KEYS: the token. ARGV: the digest of what was given as its secret, now (milliseconds). Answers its fields and
   * its account's scopes and version. A Redis that takes no writes is no reason to refuse who only reads.
   */
  abacusReadToken: `
local token = redis.call("HMGET", KEYS[1], "digest", "kind", "account", "scopes", "version", "expiresAt", "record", "lastUsedAt")
if not token[1] then return nil end
local account = redis.call("HMGET", token[7], "scopes", "version")
if token[1] == ARGV[1] and ARGV[2] - (token[8] or 0) >= ${NOTED} then
  redis.pcall("HSET", KEYS[1], "lastUsedAt", ARGV[2])
end
return {token[1], token[2], token[3], token[4], token[5], token[6], account[1], account[2]}`,
} as const;
