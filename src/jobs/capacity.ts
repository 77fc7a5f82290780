// How many jobs may be outstanding, that is not have ended: of all accounts together, and of one.

/** Most outstanding jobs; the names of the settings are part of what a caller is told. */
export interface Capacity {
  readonly QUEUE_DEPTH: number;
  readonly ACCOUNT_JOBS: number;
}

export const UNBOUNDED: Capacity = {
  QUEUE_DEPTH: Number.MAX_SAFE_INTEGER,
  ACCOUNT_JOBS: Number.MAX_SAFE_INTEGER,
};

/** A job is refused: as many as the limit allows, or more since it was lowered, have not ended. */
export class CapacityReached extends Error {
  override readonly name = "CapacityReached";
  readonly limit: keyof Capacity;

  constructor(limit: keyof Capacity, value: number, outstanding: number) {
    const whose = limit === "QUEUE_DEPTH" ? "the service" : "the account";
    const jobs = outstanding === 1 ? "job that has" : "jobs that have";
    super(`${whose} has ${outstanding} ${jobs} not ended, and ${limit} is ${value}`);
    this.limit = limit;
  }
}

// The limit that is reached and the number of jobs that reach it; nothing when there is room for another.
export const REACHED = `
local function reached(outstanding, queued, active, depth, jobs)
  local own = redis.call('ZCARD', queued) + redis.call('ZCARD', active)
  if own >= tonumber(jobs) then return {'ACCOUNT_JOBS', own} end
  local all = redis.call('ZCARD', outstanding)
  if all >= tonumber(depth) then return {'QUEUE_DEPTH', all} end
end`;
