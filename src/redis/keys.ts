// The names of all keys. Each begins with `{abacus}`, so that a Cluster keeps them in one slot.

export const PREFIX = "{abacus}";

/** An account in a key: its name may hold what separates the parts of a key. */
const part = encodeURIComponent;

/** The record of an account (a hash). */
export const accountKey = (name: string) => `${PREFIX}:account:${part(name)}`;
/** The names of all accounts, sorted by having the same score. */
export const accountNamesKey = `${PREFIX}:accounts`;
/** What the calls of an account's webhooks are signed with. */
export const webhookSecretKey = (account: string) => `${PREFIX}:webhook-secret:${part(account)}`;
/** A token or a session (a hash), which ends by its own expiry. */
export const tokenKey = (id: string) => `${PREFIX}:token:${id}`;
/** An account's tokens, or its sessions, by when they end; it ends with the last of them. */
export const tokensKey = (account: string, kind: "token" | "session") =>
  `${PREFIX}:${kind}s:${part(account)}`;
/** The record of a job: a hash that holds its live state, and its outcome once it has ended. */
export const jobKey = (id: string) => `${PREFIX}:job:${id}`;
/** The numbered entries of a job's record: changes of state and sentences of its log (a stream). */
export const entriesKey = (id: string) => `${PREFIX}:job:${id}:entries`;
/** What was told to a job's webhook, and how that went (a hash). */
export const deliveriesKey = (id: string) => `${PREFIX}:job:${id}:deliveries`;
/** An account's jobs by id, that is by age; with a filter, those that match it. All scores are 0. */
export const jobsKey = (account: string, filter?: "state" | "type" | "label", value?: string) =>
  filter === undefined
    ? `${PREFIX}:jobs:${part(account)}`
    : `${PREFIX}:jobs:${part(account)}:${filter}:${part(value ?? "")}`;
/** Where a lane is now, and each account's last number in it by priority (a hash). */
export const turnsKey = (lane: string) => `${PREFIX}:turns:${lane}`;
/** All jobs that have not ended, by time of creation. */
export const outstandingKey = `${PREFIX}:outstanding`;
/** Jobs that wait for their time, by that: delayed ones, and those that were asked for again. */
export const scheduledKey = `${PREFIX}:scheduled`;
/** What must be tidied when a job expires, by the time of that. */
export const expiryKey = `${PREFIX}:expiry`;
/** A trained model. */
export const modelKey = (id: string) => `${PREFIX}:model:${id}`;
/** An account's models by id, that is by age. All scores are 0. */
export const modelsKey = (account: string) => `${PREFIX}:models:${part(account)}`;
/** An account's names for models (a hash: name → id). */
export const modelNamesKey = (account: string) => `${PREFIX}:model-names:${part(account)}`;
/** The tutorials' records of a kind (a hash: id → JSON). */
export const recordsKey = (kind: string) => `${PREFIX}:records:${kind}`;
/** The last id that was given to a record of a kind. */
export const recordIdsKey = (kind: string) => `${PREFIX}:record-ids:${kind}`;
/** BullMQ's key of a job, and of a lane's waiting jobs by priority. */
export const bullKey = (lane: string, name: string) => `${PREFIX}:${lane}:${name}`;
/** The channel on which the id of every job that ends is published. */
export const endedChannel = `${PREFIX}:ended`;
/** The channel on which changes of one running job are published. */
export const changesChannel = (id: string) => `${PREFIX}:changes:${id}`;
export const storeIdKey = `${PREFIX}:store-id`;
/** The metrics of processes that answer no HTTP, by their names (a hash). */
export const metricsKey = `${PREFIX}:metrics`;
export const sweepLockKey = `${PREFIX}:sweep`;
/** What an account's idempotency key stands for: a job's id and the request that it was for (a hash). */
export const idempotencyKey = (account: string, digest: string) =>
  `${PREFIX}:idempotency:${part(account)}:${digest}`;
/** How often somebody did what is counted by the minute. */
export const rateKey = (what: string, who: string) => `${PREFIX}:rate:${what}:${part(who)}`;
