// An account's jobs, newest first, a page at a time.
import type { Redis } from "ioredis";
import { jobsKey } from "../redis/keys.js";
import type { JobRecord, JobState } from "./record.js";

export interface Filters {
  state?: JobState;
  type?: string;
  label?: string;
}

export interface ListQuery extends Filters {
  /** Jobs of a page at most. */
  limit: number;
  /** The last job's id of the page before. */
  cursor?: string;
}

export interface Page {
  jobs: JobRecord[];
  /** What the next page begins after; `null` on the last. */
  nextCursor: string | null;
}

/** Ids looked at for one page: filters that few jobs pass make pages shorter, not requests longer. */
const MOST_LOOKS = 1000;

/** The index of one filter; the others are compared with the record. */
function indexOf(account: string, { label, state, type }: Filters): string {
  if (label !== undefined) return jobsKey(account, "label", label);
  if (state !== undefined) return jobsKey(account, "state", state);
  if (type !== undefined) return jobsKey(account, "type", type);
  return jobsKey(account);
}

function matches(job: JobRecord, { label, state, type }: Filters): boolean {
  return (
    (label === undefined || job.label === label) &&
    (state === undefined || job.state === state) &&
    (type === undefined || job.type === type)
  );
}

/** The ids of the first of the filters' jobs, newest first, `count` at a time. */
export async function* idsOf(
  redis: Redis,
  account: string,
  filters: Filters,
  count: number,
): AsyncGenerator<string[]> {
  const index = indexOf(account, filters);
  for (let from = "+"; ; ) {
    const ids = await redis.zrange(index, from, "-", "BYLEX", "REV", "LIMIT", 0, count);
    if (ids.length > 0) yield ids;
    if (ids.length < count) return;
    from = `(${ids.at(-1)}`;
  }
}

/** Ids sort by time, so the index is read by name. `read` gives a job's record without its result. */
export async function listJobs(
  redis: Redis,
  account: string,
  query: ListQuery,
  read: (id: string) => Promise<JobRecord | undefined>,
): Promise<Page> {
  const index = indexOf(account, query);
  const jobs: JobRecord[] = [];
  let after = query.cursor;
  for (let looks = 0; looks < MOST_LOOKS; ) {
    const wanted = query.limit - jobs.length;
    const from = after === undefined ? "+" : `(${after}`;
    // one more than is wanted tells whether there is a further page
    const ids = await redis.zrange(index, from, "-", "BYLEX", "REV", "LIMIT", 0, wanted + 1);
    const page = ids.slice(0, wanted);
    const found = await Promise.all(page.map(read));
    jobs.push(...found.filter((job): job is JobRecord => job !== undefined && matches(job, query)));
    after = page.at(-1);
    looks += page.length;
    if (ids.length <= wanted) return { jobs, nextCursor: null };
    if (jobs.length === query.limit) break;
  }
  return { jobs, nextCursor: after ?? null };
}
