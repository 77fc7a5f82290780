// The record of what was told to a job's webhook: one hash for each job, which expires as the job does.
import type { Redis } from "ioredis";
import { deliveriesKey, jobKey } from "../redis/keys.js";
import { defineScripts } from "../redis/scripts.js";

export type DeliveryState = "pending" | "delivered" | "failed";

export interface Attempt {
  /** ISO 8601, when it began. */
  at: string;
  /** Of the answer; `null` when there was none. */
  status: number | null;
  /** Why it failed; `null` when it did not. */
  error: string | null;
  seconds: number;
}

/** One event's way to the webhook, over all its attempts. */
export interface Delivery {
  /** 1 for the job's first end, 2 for the next after a retry of the job, and so on. */
  n: number;
  state: DeliveryState;
  event: string;
  /** Milliseconds. */
  createdAt: number;
  /** When it is sent next; milliseconds, `null` unless it is pending. */
  nextAttemptAt: number | null;
  /** 0, and one more with each redelivery. */
  series: number;
  /** Failures of this series. */
  failures: number;
  /** The latest of all series, oldest first. */
  attempts: Attempt[];
}

/** Attempts that a record keeps, and deliveries that a job keeps; the oldest go first. */
const ATTEMPTS = 20;
const DELIVERIES = 50;

// The hash's fields: `<n>:state`, `<n>:event`, `<n>:created`, `<n>:next`, `<n>:series`, `<n>:failures`, `<n>:count` of
// attempts, and `<n>:attempt:<i>`. A script writes nothing for a job that is gone.
const CURRENT = `
local record, deliveries = unpack(KEYS)
local n, now = ARGV[1], ARGV[2]
local state, number, expires, webhook = unpack(redis.call('HMGET', record, 'state', 'deliveries', 'expiresAt', 'webhook'))
if not state or state == 'deleted' then return 'gone' end
local function isCurrent()
  return state ~= 'queued' and state ~= 'active' and number == n and webhook
end
local function get(field) return redis.call('HGET', deliveries, n .. ':' .. field) end
local function set(...)
  local fields = {...}
  for i = 1, #fields, 2 do fields[i] = n .. ':' .. fields[i] end
  redis.call('HSET', deliveries, unpack(fields))
end
local function drop(n)
  for _, field in ipairs({'state', 'event', 'created', 'next', 'series', 'failures'}) do
    redis.call('HDEL', deliveries, n .. ':' .. field)
  end
  local count = tonumber(redis.call('HGET', deliveries, n .. ':count')) or 0
  for i = math.max(1, count - ${ATTEMPTS - 1}), count do redis.call('HDEL', deliveries, n .. ':attempt:' .. i) end
  redis.call('HDEL', deliveries, n .. ':count')
end
local function expire() if expires then redis.call('PEXPIREAT', deliveries, expires) end end`;

/** Answers the series in which delivery n waits, or why it does not. ARGV: n, now. */
const OPEN = `${CURRENT}
if not isCurrent() then return 'superseded' end
local stands = get('state')
if stands and stands ~= 'pending' then return 'settled' end
if not stands then
  set('state', 'pending', 'event', 'job.' .. state, 'created', now, 'next', now, 'series', 0, 'failures', 0)
  drop(string.format('%.0f', tonumber(n) - ${DELIVERIES}))
  expire()
end
return tonumber(get('series'))`;

/** Begins another series; answers its number, or why there is none. ARGV: n, now. */
const REOPEN = `${CURRENT}
if not get('state') then return 'unknown' end
if not isCurrent() then return 'superseded' end
local series = redis.call('HINCRBY', deliveries, n .. ':series', 1)
set('state', 'pending', 'next', now, 'failures', 0)
expire()
return series`;

/**
 * Notes an attempt, and what becomes of the delivery unless another series has begun. Answers the state that then
 * stands, or 'gone'. ARGV: n, now, series, attempt, state, next.
 */
const NOTE = `${CURRENT}
if not get('state') then return 'gone' end
local count = redis.call('HINCRBY', deliveries, n .. ':count', 1)
set('attempt:' .. count, ARGV[4])
redis.call('HDEL', deliveries, n .. ':attempt:' .. (count - ${ATTEMPTS}))
expire()
if get('series') ~= ARGV[3] then return 'superseded' end
redis.call('HINCRBY', deliveries, n .. ':failures', ARGV[5] == 'delivered' and 0 or 1)
set('state', ARGV[5], 'next', ARGV[6])
return ARGV[5]`;

const SCRIPTS = {
  abacusOpenDelivery: OPEN,
  abacusReopenDelivery: REOPEN,
  abacusNoteAttempt: NOTE,
} as const;

/**
 * Why a delivery does not wait: its job is gone, or was retried since; it was delivered or given up; there never was
 * one of that number.
 */
export type NoDelivery = "gone" | "superseded" | "settled" | "unknown";

export type DeliveryRecords = ReturnType<typeof deliveryRecords>;

export function deliveryRecords(redis: Redis) {
  const runScript = defineScripts(redis, SCRIPTS);
  const run = <Reply>(name: keyof typeof SCRIPTS, id: string, n: number, ...args: (string | number)[]) =>
    runScript<Reply>(name, [jobKey(id), deliveriesKey(id)], n, Date.now(), ...args);

  return {
    /** The series in which the delivery of the job's last end waits, which it does from now on, or why it does not. */
    open: (id: string, n: number) => run<number | NoDelivery>("abacusOpenDelivery", id, n),

    /** Begins another series of attempts; its number. */
    reopen: (id: string, n: number) => run<number | NoDelivery>("abacusReopenDelivery", id, n),

    /** Notes how an attempt went, and what follows from it; what then stands. */
    note: (
      id: string,
      { n, series }: Pick<Delivery, "n" | "series">,
      attempt: Attempt,
      follows: { state: DeliveryState; nextAttemptAt?: number | undefined },
    ) =>
      run<DeliveryState | NoDelivery>(
        "abacusNoteAttempt",
        id,
        n,
        series,
        JSON.stringify(attempt),
        follows.state,
        follows.nextAttemptAt ?? 0,
      ),

    /** By number. */
    async list(id: string): Promise<Delivery[]> {
      return readDeliveries(await redis.hgetall(deliveriesKey(id)));
    },

    async find(id: string, n: number): Promise<Delivery | undefined> {
      return (await this.list(id)).find((delivery) => delivery.n === n);
    },
  };
}

function readDeliveries(fields: Record<string, string>): Delivery[] {
  const numbers = Object.keys(fields).flatMap((name) => /^(\d+):state$/.exec(name)?.[1] ?? []);
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .map((n) => readDelivery(n, (name) => fields[`${n}:${name}`]));
}

function readDelivery(n: number, field: (name: string) => string | undefined): Delivery {
  const state = field("state") as DeliveryState;
  const count = Number(field("count") ?? 0);
  const last = Array.from({ length: Math.min(count, ATTEMPTS) }, (_, i) => count - i).reverse();
  return {
    n,
    state,
    event: field("event") ?? "",
    createdAt: Number(field("created")),
    nextAttemptAt: state === "pending" ? Number(field("next")) : null,
    series: Number(field("series") ?? 0),
    failures: Number(field("failures") ?? 0),
    attempts: last.flatMap((i) => {
      const attempt = field(`attempt:${i}`);
      return attempt === undefined ? [] : [JSON.parse(attempt) as Attempt];
    }),
  };
}
