// The names of all keys. Each begins with `{abacus}`, so that a Cluster keeps them in one slot.

export const PREFIX = "{abacus}";

/** An account in a key: its name may hold what separates the parts of a key. */
const part = encodeURIComponent;

/** The record of an account (a hash). */
export const accountKey = (name: string) => `${PREFIX}:account:${part(name)}`;
/** The names of all accounts, sorted by having the same score. */
export const accountNamesKey = `${PREFIX}:accounts`;
/** The record of a job: a hash that holds its live state, and its outcome once it has ended. */
export const jobKey = (id: string) => `${PREFIX}:job:${id}`;
/** The numbered entries of a job's record: changes of state and sentences of its log (a stream). */
export const entriesKey = (id: string) => `${PREFIX}:job:${id}:entries`;
/** An account's jobs by id, that is by age; with a filter, those that match it. All scores are 0. */
export const jobsKey = (account: string, filter?: "state" | "type" | "label", value?: string) =>
  filter === undefined
    ? `${PREFIX}:jobs:${part(account)}`
    : `${PREFIX}:jobs:${part(account)}:${filter}:${part(value ?? "")}`;
/** Where a lane is now, and each account's last number in it by priority (a hash). */
export const turnsKey = (lane: string) => `${PREFIX}:turns:${lane}`;
/** All jobs that have not ended, by time of creation. */
export const outstandingKey = `${PREFIX}:outstanding`;
/** What must be tidied when a job expires, by the time of that. */
export const expiryKey = `${PREFIX}:expiry`;
/** A trained model. */
export const modelKey = (id: string) => `${PREFIX}:model:${id}`;
/** An account's models by time of creation. */
export const modelsKey = (account: string) => `${PREFIX}:models:${part(account)}`;
/** An account's names for models (a hash: name → id). */
export const modelNamesKey = (account: string) => `${PREFIX}:model-names:${part(account)}`;
/** BullMQ's key of a job, and of a lane's waiting jobs by priority. */
export const bullKey = (lane: string, name: string) => `${PREFIX}:${lane}:${name}`;
/** The channel on which the id of every job that ends is published. */
export const endedChannel = `${PREFIX}:ended`;
/** The channel on which changes of one running job are published. */
export const changesChannel = (id: string) => `${PREFIX}:changes:${id}`;
export const storeIdKey = `${PREFIX}:store-id`;
export const sweepLockKey = `${PREFIX}:sweep`;
/** What is counted by the minute, before the name of who does it. */
export const rateKey = (what: string) => `${PREFIX}:rate:${what}`;
