// What is kept of a job beside its record, so that its traces can be found when that has expired.
import type { JobIdentity } from "./record.js";

/** An entry of the index of what expires. JSON. */
export function indexEntry(job: JobIdentity): string {
  return JSON.stringify([job.id, job.account, job.type, job.label, job.lane, job.madeName]);
}

/** The job of an entry. When it was created is not kept. */
export function jobOfEntry(entry: string): JobIdentity {
  const [id, account, type, label, lane, madeName] = JSON.parse(entry) as string[];
  return { id, account, type, label, lane, madeName, createdAt: 0 } as JobIdentity;
}
