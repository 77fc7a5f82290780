// What a webhook is sent: the event and the job's document, in a body of bounded size.
import type { JobRecord } from "../jobs/record.js";

/** Bytes of a body at most: Standard Webhooks asks for less than 20 KB. */
export const MOST_BYTES = 20_000;
/** Characters that are left of a text of a document that is too large. */
const LONGEST_TEXT = 1000;

/** The job document without its result, as JSON. */
export type JobDocument = (job: JobRecord) => string;

export const eventOf = (state: string) => `job.${state}`;

/** The id by which a receiver knows a delivery that it has had already. */
export const messageId = (id: string, n: number) => `msg_${id}_${n}`;

/** The same bytes for each attempt: the record of a job that has ended does not change. */
export function messageOf(job: JobRecord, document: JobDocument): string {
  const timestamp = new Date(job.finishedAt ?? job.createdAt).toISOString();
  const body = (data: string) => `{"type":"${eventOf(job.state)}","timestamp":"${timestamp}","data":${data}}`;
  const whole = body(document(job));
  return Buffer.byteLength(whole) <= MOST_BYTES ? whole : body(JSON.stringify(essentials(document(job))));
}

interface Document {
  label: string | null;
  error: { type: string; title: string; status: number; detail: string } | null;
  [member: string]: unknown;
}

/** Still a job document, without what can be long: a reader finds that at `links.self`. */
function essentials(document: string): Document {
  const job = JSON.parse(document) as Document;
  const { error } = job;
  return {
    ...job,
    label: job.label && shorten(job.label),
    progress: null,
    input: {},
    error: error && {
      ...{ type: error.type, title: shorten(error.title), status: error.status },
      detail: shorten(error.detail),
    },
  };
}

function shorten(text: string): string {
  // no half of a surrogate pair at its end
  return text.length <= LONGEST_TEXT
    ? text
    : `${text.slice(0, LONGEST_TEXT).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
