// The problems that an answer can tell of, by name: when each comes about, and an example of its document.
import { type ProblemDocument, problem } from "../../jobs/problems.js";
import { HttpProblem } from "../problems.js";
import type { AnswerHeader } from "./headers.js";

interface KnownProblem {
  status: number;
  /** The last part of the document's `type`, where that is not the key in the table below. */
  name?: string;
  when: string;
  /** An example of the document's `detail`. */
  detail: string;
  errors?: { path: string; message: string }[];
  headers?: AnswerHeader[];
}

const DIVERGED =
  "the weights diverged at iteration 120: they are no longer finite numbers; try a smaller alpha than 10";

const TRY_AGAIN: AnswerHeader[] = ["Retry-After"];

const known = {
  "bad-request": {
    status: 400,
    when: "The request is not well-formed, its address cannot be read, or `cursor` is not one that a page gave.",
    detail: "the header Host is missing",
  },
  "invalid-input": {
    status: 400,
    when: "A field or parameter is missing, unknown or of the wrong JSON type; `errors` names each.",
    detail: "/b is required",
    errors: [{ path: "/b", message: "is required" }],
  },
  "malformed-json": {
    status: 400,
    when: "The body is not JSON in UTF-8.",
    detail: "the body is not JSON: Unexpected end of JSON input",
  },
  "cut-off": {
    status: 400,
    when: "The connection ended before the body did. Nobody reads this, but the log has it.",
    detail: "the connection ended before the body did",
  },
  unauthorized: {
    status: 401,
    when:
      "There are no credentials, or wrong ones. `WWW-Authenticate` offers `Basic` and `Bearer`; to a page's script " +
      "(`Sec-Fetch-Mode`) only `Bearer`, so that the browser does not ask for a password.",
    detail: "an account is needed: wrong or no credentials",
    headers: ["WWW-Authenticate"],
  },
  forbidden: {
    status: 403,
    when: "The account, or the token, lacks the scope that this needs.",
    detail: "this needs the scope jobs:write",
    headers: ["WWW-Authenticate?"],
  },
  "protected-account": {
    status: 403,
    when: "The account `admin` can be neither changed nor removed here.",
    detail: "the account admin is changed by `npm run account -- passwd admin`",
  },
  "protected-model": {
    status: 403,
    when: "The model `default` cannot be deleted.",
    detail: "the model default cannot be deleted: it is everybody's",
  },
  "cross-site": {
    status: 403,
    when: "A browser sent this for a page of another site (`Sec-Fetch-Site`, `Origin`) that is none of `CORS_ORIGINS`.",
    detail: "this was asked for by a page of another site",
  },
  "address-not-allowed": {
    status: 403,
    when: "The request comes from an address that is not in `ALLOW_IPS`.",
    detail: "requests from 203.0.113.7 are not allowed",
  },
  "not-found": {
    status: 404,
    when: "There is no such thing, it has expired, or it belongs to another account.",
    detail: 'there is no job "01kf0e9r4b6m2x8c5v7n1q3w0t"',
  },
  "unknown-model": {
    status: 404,
    when: "The input refers to a model that the account does not have.",
    detail: 'there is no model "mine"',
  },
  "method-not-allowed": {
    status: 405,
    when: "The method is not possible at this path; `Allow` says which are.",
    detail: "PUT is not possible here; possible: GET, HEAD",
    headers: ["Allow"],
  },
  "events-not-acceptable": {
    status: 406,
    name: "not-acceptable",
    when: "`Accept` does not admit `text/event-stream`.",
    detail: "events can be had as text/event-stream",
  },
  "not-acceptable": {
    status: 406,
    when: "The result cannot be had in any media type that `Accept` names.",
    detail: "the result can be had as application/json, text/csv",
    headers: ["Vary"],
  },
  "timed-out": {
    status: 408,
    when: "The request's head took more than 60 s, or its body paused for 60 s or came too slowly.",
    detail: "nothing of the body came for 60 s",
  },
  "already-ended": { status: 409, when: "The job has ended.", detail: "the job is completed" },
  superseded: {
    status: 409,
    when: "The job was retried since it ended so: what was told of that end cannot be told again.",
    detail: "the job was retried since: its next end is another delivery",
  },
  "not-retryable": {
    status: 409,
    when: "The job has neither failed nor been canceled.",
    detail: "the job is completed: only a failed or canceled one can run again",
  },
  "key-arriving": {
    status: 409,
    when: "The first request with this `Idempotency-Key` is still arriving.",
    detail: "the first request with this Idempotency-Key is still arriving",
    headers: ["Retry-After?"],
  },
  "no-result": {
    status: 409,
    when: "The job has no result: it runs (then `Retry-After` is there) or was canceled.",
    detail: "the job is active",
    headers: ["Retry-After?"],
  },
  "name-taken": {
    status: 409,
    when: "The account has a model of this name, or one is being trained.",
    detail: 'the name "mine" is in use by another model, or by a training that has not ended',
  },
  "too-many-tokens": {
    status: 409,
    when: "The account has 100 tokens that have not ended.",
    detail: "the account has 100 tokens, which is the most there may be: delete one first",
  },
  "too-many-records": {
    status: 409,
    when: "There are `RECORDS` of this kind already.",
    detail: "there are 10000 tasks, which is as many as RECORDS allows: delete one first",
  },
  "too-large": {
    status: 413,
    when:
      "The body has more bytes than `UPLOAD_BYTES` or `JSON_BYTES`, a table more than `COLUMNS` or `FIELD_BYTES`, " +
      "or a job needs more than `JOB_MEMORY`. Nothing is kept.",
    detail: "the body has 67108865 bytes, but JSON_BYTES is 67108864 bytes",
  },
  "too-many-parts": {
    status: 413,
    when: "A form has more parts than `FORM_PARTS`.",
    detail: "the form has more parts than FORM_PARTS, which is 100",
  },
  "address-too-long": {
    status: 414,
    when: "The id has more than 100 characters.",
    detail: "'/v1/jobs/…' is exceeding the max param length",
  },
  "unsupported-media-type": {
    status: 415,
    when: "The body is of a `Content-Type` or `Content-Encoding` that is not taken here.",
    detail: "/v1/rnn/additions does not take text/csv; it takes application/json",
  },
  "expectation-failed": {
    status: 417,
    when: "`Expect` holds something other than `100-continue`.",
    detail: "only 100-continue can be expected",
  },
  "impossible-value": {
    status: 422,
    when: "A value has the right type, but cannot be: it is out of its range, or does not go with the others.",
    detail: "/iterations must be >= 1",
    errors: [{ path: "/iterations", message: "must be >= 1" }],
  },
  "key-reused": {
    status: 422,
    when: "The `Idempotency-Key` was used with another request within a day.",
    detail: "this Idempotency-Key was used with another request",
  },
  "unreadable-file": {
    status: 422,
    when: "The file cannot be read as what it should be.",
    detail: "expected 4 fields in line 3, saw 5 (badRows=skip leaves such records out)",
  },
  diverged: {
    status: 422,
    when: "The training's weights are no longer finite numbers: a smaller `alpha` helps.",
    detail: DIVERGED,
    errors: [{ path: "/alpha", message: DIVERGED }],
  },
  "too-many-requests": {
    status: 429,
    when: "The account has sent more than `RATE_LIMIT` submissions within a minute.",
    detail: "the account has sent more than RATE_LIMIT submissions within a minute, which is 600",
    headers: TRY_AGAIN,
  },
  "too-many-jobs": {
    status: 429,
    when: "The account has `ACCOUNT_JOBS` jobs that have not ended.",
    detail: "the account has 10000 jobs that have not ended, and ACCOUNT_JOBS is 10000",
    headers: TRY_AGAIN,
  },
  "too-many-sign-ins": {
    status: 429,
    when: "`SIGNIN_LIMIT` sign-ins from this address have failed within a minute.",
    detail:
      "20 sign-ins from this address have failed within a minute, and SIGNIN_LIMIT is 20: no password from it is " +
      "looked at for 42 s",
    headers: TRY_AGAIN,
  },
  "header-too-large": {
    status: 431,
    when: "The request's head has more than 16 KiB.",
    detail: "the request is not well-formed HTTP",
  },
  "internal-error": {
    status: 500,
    when: "Something went wrong here.",
    detail: "something went wrong here; the log knows more",
  },
  "file-lost": {
    status: 500,
    when: "A file that belongs to the job or the model is no longer on the disk.",
    detail: "the result of 01kf0e9r4b6m2x8c5v7n1q3w0t is no longer on the disk",
  },
  "job-internal-error": {
    status: 500,
    name: "internal-error",
    when: "The job failed through no fault of its input.",
    detail: "a defect of the task",
  },
  "job-timed-out": {
    status: 500,
    name: "timed-out",
    when: "The job ran for more than `JOB_TIMEOUT`.",
    detail: "it ran for more than 3600 s (JOB_TIMEOUT)",
  },
  "out-of-memory": {
    status: 500,
    when: "The job needs more memory than a thread has.",
    detail: "a thread reached its limit of memory (THREAD_MEMORY)",
  },
  "worker-lost": {
    status: 500,
    when: "The job's worker crashed more than `LOST_RETRIES` times while it ran.",
    detail: "the worker that ran it crashed 11 times; LOST_RETRIES is 10",
  },
  "job-disk-full": {
    status: 500,
    name: "disk-full",
    when: "There was no room on the disk for what the job makes.",
    detail: "the disk is full",
  },
  unavailable: {
    status: 503,
    when: "Redis, or the issuer of a JWT, cannot be reached now, or too many passwords are being checked.",
    detail: "the queue cannot be reached now",
    headers: TRY_AGAIN,
  },
  "maybe-accepted": {
    status: 503,
    name: "unavailable",
    when: "With `Location`, the job is there or may be: look there before you send it again.",
    detail:
      "the queue did not answer in time, and the job may have been accepted: Location is where it then is; look " +
      "there before sending it again, or send it again with the Idempotency-Key that it had",
    headers: [...TRY_AGAIN, "Location?"],
  },
  "queue-full": {
    status: 503,
    when: "The service has `QUEUE_DEPTH` jobs that have not ended.",
    detail: "the service has 100000 jobs that have not ended, and QUEUE_DEPTH is 100000",
    headers: TRY_AGAIN,
  },
  "disk-full": {
    status: 507,
    when: "The disk has less room than `DISK_RESERVE`. Nothing is kept.",
    detail: "524288000 bytes are free on the disk; DISK_RESERVE keeps 1073741824",
    headers: TRY_AGAIN,
  },
} satisfies Record<string, KnownProblem>;

/** A problem by its name, which in a few cases tells more than the one in the document. */
export type Problem = keyof typeof known;

export const PROBLEMS: Readonly<Record<Problem, KnownProblem>> = known;

/** What is wrong with the parameters of a query. */
export const QUERY_PROBLEMS = ["invalid-input", "impossible-value"] as const satisfies readonly Problem[];

/** How a job can fail: its `error`, which is also the answer of the address of its result. */
export const JOB_PROBLEMS: readonly Problem[] = [
  ...(["invalid-input", "malformed-json", "unknown-model", "name-taken", "too-large"] as const),
  ...(["impossible-value", "unreadable-file", "diverged", "file-lost", "job-timed-out"] as const),
  ...(["out-of-memory", "worker-lost", "job-disk-full", "job-internal-error"] as const),
];

export function nameOf(key: Problem): string {
  return PROBLEMS[key].name ?? key;
}

/** The document as a request is answered with it; of a job's failure, as the job's `error` shows it. */
export function exampleOf(key: Problem): ProblemDocument {
  const { status, detail, errors } = PROBLEMS[key];
  if (JOB_PROBLEMS.includes(key)) return problem(nameOf(key), status, detail, errors);
  return new HttpProblem(status, nameOf(key), detail).document;
}
