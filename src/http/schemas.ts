// The shapes of what the service answers, for the API documentation and for the client's types.
import Type, { type TSchema } from "typebox";
import { STATES } from "../jobs/record.js";

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: "date-time", examples: ["2026-11-21T12:00:00.000Z"] });

/** The name under which the documentation knows problem documents. */
export const PROBLEM_SCHEMA = "Problem";

export const problemSchema = Type.Object(
  {
    type: Type.String({ examples: ["urn:abacus:problem:impossible-value"] }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { description: "RFC 9457" },
);

export const stateSchema = Type.Enum([...STATES]);

const progressSchema = <Detail extends TSchema>(detail: Detail) =>
  Type.Object({
    fraction: Type.Number(),
    stage: Type.String(),
    done: Type.Number(),
    total: Type.Number(),
    unit: Type.String(),
    remainingSeconds: nullable(Type.Number()),
    detail: nullable(detail),
  });

/** `progress.detail` of any job type. */
export const anyDetailSchema = Type.Record(Type.String(), Type.Unknown());

/** The job document; `result` and `progress.detail` as the job type says. */
export const jobSchema = <Result extends TSchema, Detail extends TSchema>(result: Result, detail: Detail) =>
  Type.Object({
    id: Type.String(),
    type: Type.String(),
    label: nullable(Type.String()),
    state: stateSchema,
    progress: nullable(progressSchema(detail)),
    position: nullable(Type.Integer({ description: "1 for the next of its lane" })),
    attempts: Type.Integer(),
    createdAt: time,
    startedAt: nullable(time),
    finishedAt: nullable(time),
    expiresAt: nullable(time),
    input: Type.Record(Type.String(), Type.Unknown(), { description: "what was asked, without the data" }),
    error: nullable(problemSchema),
    links: Type.Object({
      self: Type.String(),
      result: Type.Optional(Type.String()),
      cancel: Type.Optional(Type.String()),
    }),
    result: nullable(result),
  });

export const anyJobSchema = jobSchema(Type.Unknown(), anyDetailSchema);

export const jobListSchema = Type.Object({
  jobs: Type.Array(anyJobSchema),
  nextCursor: nullable(Type.String()),
});

const PROBLEMS: Record<number, string> = {
  400: "Not of the expected shape",
  401: "No account, or a wrong password",
  403: "The account lacks the scope",
  404: "There is no such thing, or it belongs to another account",
  405: "The method is not possible here; `Allow` says which are",
  406: "None of the accepted media types can be given",
  408: "The body paused for too long",
  409: "The state does not allow it",
  413: "Too large; nothing is kept",
  415: "Not a media type that is taken here",
  422: "The right types, but an impossible value",
  500: "Something went wrong here",
  503: "The queue cannot be reached; `Retry-After` says when to try again",
  507: "The disk is full; `Retry-After` says when to try again",
};

/** The `response` entries of the problems that a route can answer with. */
export function problems(...statuses: (keyof typeof PROBLEMS)[]): Record<string, object> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: PROBLEMS[status],
        content: { "application/problem+json": { schema: { $ref: `${PROBLEM_SCHEMA}#` } } },
      },
    ]),
  );
}

/** Headers of answers, as the documentation shows them. */
const HEADERS = {
  location: { type: "string", description: "The job's address" },
  "retry-after": { type: "integer", description: "Seconds after which to look again, while the job runs" },
  etag: { type: "string" },
  "preference-applied": { type: "string", description: "The preference that was honoured" },
};

/** One entry of `response`: a body, and the headers that come with it. */
export function answer(description: string, schema: TSchema, ...headers: (keyof typeof HEADERS)[]): object {
  return {
    description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name]])) }),
    content: { "application/json": { schema } },
  };
}
