// The job document, made of a job's record without parsing what is in it.
import { hasEnded, type JobRecord } from "../jobs/record.js";

const time = (milliseconds: number | null) =>
  milliseconds === null ? "null" : `"${new Date(milliseconds).toISOString()}"`;

/** Where a job is. */
export function addressOf(id: string): string {
  return `/v1/jobs/${id}`;
}

function links(job: JobRecord): string {
  const self = addressOf(job.id);
  const result = job.state === "completed" ? `,"result":"${self}/result"` : "";
  const cancel = hasEnded(job.state) ? "" : `,"cancel":"${self}/cancel"`;
  return `{"self":"${self}"${result},"events":"${self}/events"${cancel}}`;
}

/** The job document up to its result, which the caller adds: all but the closing `"result":…}`. */
function head(job: JobRecord): string {
  return (
    `{"id":"${job.id}","type":${JSON.stringify(job.type)},"label":${JSON.stringify(job.label)},` +
    `"state":"${job.state}","progress":${job.progress},"position":${job.position},` +
    `"attempts":${job.attempts},"createdAt":${time(job.createdAt)},"startedAt":${time(job.startedAt)},` +
    `"finishedAt":${time(job.finishedAt)},"expiresAt":${time(job.expiresAt)},"input":${job.input},` +
    `"error":${job.error},"links":${links(job)}`
  );
}

/** The job document without its result. JSON. */
export function summaryOf(job: JobRecord): string {
  return `${head(job)},"result":null}`;
}

/** The job document, with the result's own bytes in it when they are in the record. JSON. */
export function documentOf(job: JobRecord): Buffer | string {
  if (!job.result) return summaryOf(job);
  return Buffer.concat([Buffer.from(`${head(job)},"result":`), job.result, Buffer.from("}")]);
}
