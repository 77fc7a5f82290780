// Idempotency keys: of all requests of an account that carry the same key, one makes a job, and the others get it.
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { idempotencyKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";

/** How long a key is remembered; milliseconds. */
const REMEMBERED = 86_400_000;
/** How long a key is held for a request whose body still arrives, unless that is renewed; milliseconds. */
const HELD = 90_000;
const RENEWAL = 30_000;

// The key holds a job's id; the request's fingerprint, once that is known; and whether the job has been accepted.
const HOLD = `
local holder = redis.call('HMGET', KEYS[1], 'id', 'fingerprint')
if holder[1] and not holder[2] then return 'arriving' end
if not holder[1] then
  redis.call('HSET', KEYS[1], 'id', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 'free'`;

const CLAIM = `
local id, fingerprint, kept = unpack(ARGV)
local holder = redis.call('HMGET', KEYS[1], 'id', 'fingerprint', 'accepted')
if holder[1] and holder[1] ~= id then
  if not holder[2] then return {'arriving', ''} end
  if holder[2] ~= fingerprint then return {'differs', ''} end
  return {holder[3] and 'accepted' or 'begun', holder[1]}
end
redis.call('HSET', KEYS[1], 'id', id, 'fingerprint', fingerprint)
redis.call('PEXPIRE', KEYS[1], kept)
return {'begun', id}`;

const ACCEPT = `
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] then redis.call('HSET', KEYS[1], 'accepted', 1) end
return 1`;

/** For the one who holds it, as long as nothing was accepted. */
const RELEASE = `
local holder = redis.call('HMGET', KEYS[1], 'id', 'accepted')
if holder[1] == ARGV[1] and not holder[2] then redis.call('DEL', KEYS[1]) end
return 1`;

/** Only while the request still arrives. */
const RENEW = `
local holder = redis.call('HMGET', KEYS[1], 'id', 'fingerprint')
if holder[1] == ARGV[1] and not holder[2] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`;

const SCRIPTS = {
  abacusHoldKey: HOLD,
  abacusClaimKey: CLAIM,
  abacusAcceptKey: ACCEPT,
  abacusReleaseKey: RELEASE,
  abacusRenewKey: RENEW,
} as const;

/** The first request with the key is still arriving, or another request was sent with it. */
export class KeyInUse extends Error {
  override readonly name = "KeyInUse";
  readonly reason: "arriving" | "differs";
  constructor(reason: "arriving" | "differs") {
    super(
      reason === "arriving"
        ? "the first request with this Idempotency-Key is still arriving"
        : "this Idempotency-Key was used with another request",
    );
    this.reason = reason;
  }
}

export interface Claim {
  /** The id that the job has, or shall have. */
  id: string;
  /** Whether it has been accepted before. If not, it is to be submitted, also after a crash in the middle of that. */
  accepted: boolean;
}

/** The use that one request makes of a key. */
export interface KeyUse {
  /** Says what the request is, once it is known. Throws KeyInUse. */
  claim(fingerprint: string): Promise<Claim>;
  /** The job of this id is accepted: from now on the key stands for it. */
  accept(id: string): Promise<void>;
  /** Nothing was accepted: the key is free again, if this request had it. */
  release(): Promise<void>;
}

export type Idempotency = ReturnType<typeof createIdempotency>;

export function createIdempotency(redis: Redis) {
  const run = defineScripts(redis, SCRIPTS);

  return {
    /**
     * Begins a request with a key of the account; `id` is what its job will be called if it makes one. `holds`:
     * its body takes a while, and meanwhile others with the key are refused. Throws KeyInUse.
     */
    async use(account: string, text: string, id: string, holds: boolean): Promise<KeyUse> {
      const key = idempotencyKey(account, createHash("sha256").update(text).digest("base64url"));
      let renewal: NodeJS.Timeout | undefined;
      if (holds) {
        if ((await run("abacusHoldKey", [key], id, HELD)) === "arriving") throw new KeyInUse("arriving");
        renewal = setInterval(() => run("abacusRenewKey", [key], id, HELD).catch(() => {}), RENEWAL);
        renewal.unref();
      }
      return {
        async claim(fingerprint) {
          clearInterval(renewal);
          type Answer = [standing: "arriving" | "differs" | "accepted" | "begun", id: string];
          const [standing, holder] = await run<Answer>("abacusClaimKey", [key], id, fingerprint, REMEMBERED);
          if (standing === "arriving" || standing === "differs") throw new KeyInUse(standing);
          return { id: holder, accepted: standing === "accepted" };
        },
        async accept(holder) {
          await run("abacusAcceptKey", [key], holder);
        },
        async release() {
          clearInterval(renewal);
          await run("abacusReleaseKey", [key], id);
        },
      };
    },
  };
}
