// The shapes of what the service answers, for the API's description and for the client's types. A schema that has
// an `$id` is one of the description's components.

import type { AnyJobType } from "../../workers/job-type.js";
import Type, { type Static, type TSchema } from "../../workers/typebox.js";
import { STATES } from "../jobs/record.js";

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const time = (description: string) =>
  Type.String({ format: "date-time", description, examples: ["2026-11-21T12:00:00.000Z"] });

export const idSchema = Type.String({
  pattern: "^[0-7][0-9a-hjkmnp-tv-z]{25}$",
  description: "The job's id: 26 lower-case letters and digits that sort by time.",
  examples: ["01kf0e9r4b6m2x8c5v7n1q3w0t"],
});

/** The path of a job. */
export const jobParams = Type.Object({
  id: Type.String({ description: "The job's id.", examples: ["01kf0e9r4b6m2x8c5v7n1q3w0t"] }),
});
export type JobParams = Static<typeof jobParams>;

export const problemSchema = Type.Object(
  {
    type: Type.String({
      pattern: "^urn:abacus:problem:[a-z-]+$",
      description: "`urn:abacus:problem:` and the problem's name: what a program should look at.",
      examples: ["urn:abacus:problem:impossible-value"],
    }),
    title: Type.String({ description: "What kind of problem it is." }),
    status: Type.Integer({
      minimum: 400,
      maximum: 599,
      description: "The answer's status; in a job's `error`, the one that its result is answered with.",
    }),
    detail: Type.String({ description: "What is wrong, in a sentence for people: its words may change." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({
            description:
              "A JSON pointer (RFC 6901) into the input, or `/` and a parameter's name; empty for the whole.",
            examples: ["/pairs/0"],
          }),
          message: Type.String(),
        }),
        { minItems: 1, description: "What is wrong where, when places can be named." },
      ),
    ),
  },
  { $id: "Problem", description: "A problem document (RFC 9457)." },
);

export const stateSchema = Type.Enum([...STATES], {
  description: "`queued` and `active` jobs have not ended; the others have.",
  examples: ["completed"],
});

const progressSchema = Type.Object(
  {
    fraction: Type.Number({ minimum: 0, maximum: 1, description: "`done` of `total`." }),
    stage: Type.String({ description: "What is being done.", examples: ["training"] }),
    done: Type.Number({ minimum: 0, description: "Units that are done." }),
    total: Type.Number({ minimum: 0, description: "Units that there are." }),
    unit: Type.String({ description: "What is counted.", examples: ["iterations"] }),
    remainingSeconds: nullable(
      Type.Number({ minimum: 0, description: "An estimate; null before there is one." }),
    ),
    detail: nullable(
      Type.Record(Type.String(), Type.Unknown(), { description: "Further figures, as the job type says." }),
    ),
  },
  { $id: "Progress", description: "How far a job is; told about four times a second." },
);

const linksSchema = Type.Object(
  {
    self: Type.String({ format: "uri-reference", description: "The job's address." }),
    result: Type.Optional(
      Type.String({ format: "uri-reference", description: "The address of its result, once completed." }),
    ),
    events: Type.String({ format: "uri-reference", description: "The address of its events." }),
    cancel: Type.Optional(
      Type.String({ format: "uri-reference", description: "Where to cancel it, until it has ended." }),
    ),
  },
  { $id: "Links", description: "Addresses of what can be done with the job." },
);

/** The job document of any job type. */
export const anyJobSchema = Type.Object(
  {
    id: idSchema,
    type: Type.String({ description: "The job type's name.", examples: ["stats"] }),
    label: nullable(Type.String({ description: "What the caller calls it." })),
    state: stateSchema,
    progress: nullable(progressSchema),
    position: nullable(
      Type.Integer({ minimum: 1, description: "Its rank in its lane while it waits; 1 for the next." }),
    ),
    attempts: Type.Integer({
      minimum: 0,
      description: "How often it was begun: more than once when a worker crashed or stopped.",
    }),
    createdAt: time("When it was accepted."),
    startedAt: nullable(time("When it was begun the last time.")),
    finishedAt: nullable(time("When it ended.")),
    expiresAt: nullable(time("When it is forgotten with all that belongs to it; set when it has ended.")),
    input: Type.Record(Type.String(), Type.Unknown(), { description: "What was asked, without the data." }),
    error: nullable(problemSchema),
    links: linksSchema,
    result: nullable(
      Type.Unknown({
        description:
          "What the job type answers, once completed; null until then, when it has more than 64 KiB (then it " +
          "is at `links.result`), and in lists.",
      }),
    ),
  },
  { $id: "Job", description: "A job document." },
);

/** What a job did. */
export const logSchema = Type.Object(
  {
    logs: Type.Array(
      Type.Object({
        number: Type.Integer({
          minimum: 1,
          description: "Grows from sentence to sentence, not always by one; for `after`.",
        }),
        time: time("When it was said."),
        message: Type.String({ description: "The sentence.", examples: ["Begun."] }),
      }),
      { description: "Oldest first." },
    ),
    dropped: Type.Integer({
      minimum: 0,
      description:
        "How many of the job's oldest sentences are no longer kept; 0 with a Redis before version 7, which does not tell.",
    }),
  },
  { $id: "Log", description: "What a job did, in sentences." },
);

/** What a job type says in its definition, under its name. */
const partOf = (type: AnyJobType, part: string, schema: TSchema): TSchema => ({
  ...schema,
  $id: `${type.name}.${part}`,
});

export const inputSchema = (type: AnyJobType) => partOf(type, "input", type.input);
export const resultSchema = (type: AnyJobType) => partOf(type, "result", type.output);

/** The job document of one job type, with its own result and its own figures in the progress. */
export function jobSchemaOf(type: AnyJobType): TSchema {
  const detail = type.detail && partOf(type, "progress", type.detail);
  const own = {
    type: { const: type.name },
    ...(detail && { progress: { type: ["object", "null"], properties: { detail: nullable(detail) } } }),
    result: nullable(resultSchema(type)),
  };
  return {
    $id: `${type.name}.job`,
    description: `A job document of the type \`${type.name}\`.`,
    allOf: [anyJobSchema, { properties: own }],
  };
}

/** The job document of any of these types. Of a type that is not among them, the result may be anything. */
export function jobSchemaOfAll(types: readonly AnyJobType[]): TSchema {
  const each = types.map((type) => ({
    if: { properties: { type: { const: type.name } } },
    // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's
    then: jobSchemaOf(type),
  }));
  return {
    $id: "AnyJob",
    description: "A job document; its result and the figures in its progress are those of its type.",
    allOf: [anyJobSchema, ...each],
  };
}

export const jobListSchema = (types: readonly AnyJobType[]) =>
  Type.Object(
    {
      jobs: Type.Array(jobSchemaOfAll(types), { description: "Newest first, without their results." }),
      nextCursor: nullable(Type.String({ description: "`cursor` of the next page; null on the last." })),
    },
    { $id: "JobList", description: "A page of jobs." },
  );

export const deliverySchema = Type.Object(
  {
    n: Type.Integer({
      minimum: 1,
      description: "1 for the job's first end, 2 for that after a retry of it.",
    }),
    webhookId: Type.String({
      description: "The header `webhook-id` of every attempt: a receiver that has had it can ignore another.",
      examples: ["msg_01kf0e9r4b6m2x8c5v7n1q3w0t_1"],
    }),
    event: Type.Enum(["job.completed", "job.failed", "job.canceled"], { description: "How the job ended." }),
    state: Type.Enum(["pending", "delivered", "failed"], {
      description:
        "`delivered`: the webhook answered with 2xx. `failed`: it answered 410, the attempts are used up, or the " +
        "next would come after the job's expiry.",
    }),
    createdAt: time("When the job ended."),
    nextAttemptAt: nullable(time("When it is sent the next time, at the earliest; null unless pending.")),
    attempts: Type.Array(
      Type.Object({
        at: time("When it began."),
        status: nullable(Type.Integer({ description: "The answer's status; null when there was none." })),
        error: nullable(Type.String({ description: "Why it failed, in a sentence; null when it did not." })),
        seconds: Type.Number({ minimum: 0, description: "How long it took." }),
      }),
      { description: "The latest 20, oldest first." },
    ),
  },
  { $id: "Delivery", description: "One call of a job's webhook, with all its attempts." },
);

export const deliveryListSchema = Type.Object(
  { deliveries: Type.Array(deliverySchema, { description: "The latest 50, by number." }) },
  { $id: "DeliveryList", description: "The deliveries of a job." },
);
