// What the API's description says of submitting a job: all of it follows from the job type's definition.

import type { AnyJobType } from "../../../workers/job-type.js";
import Type, { type TSchema } from "../../../workers/typebox.js";
import { mediaTypesOf, optionsSchemaOf } from "../bodies.js";
import { jobParameters } from "../job-parameters.js";
import { CSV_BODY, FORM_BODY, JSON_BODY } from "../media-types.js";
import { inputSchema, jobSchemaOf } from "../schemas.js";
import { CSV, completedJob, exampleName, queuedJob } from "./examples.js";
import type { AnswerHeader } from "./headers.js";
import { type Content, type Contents, describe, json } from "./operation.js";
import type { Problem } from "./problems.js";

type OptionsSchema = TSchema & { required?: string[]; properties: Record<string, object> };

const ALWAYS: AnswerHeader[] = ["Location", "ETag", "RateLimit", "RateLimit-Policy"];

const jsonBody = ({ whenEmpty = {} }: AnyJobType) =>
  `at most \`JSON_BYTES\` (64 MiB unless set); an empty body is read as \`${JSON.stringify(whenEmpty)}\`.`;

const FILE_BODIES = {
  [FORM_BODY]:
    "one file, in a part of any name, of at most `UPLOAD_BYTES` (4 GiB unless set), plain or gzip; options as " +
    "fields in any order, of which lists repeat; at most `FORM_PARTS` (100 unless set) parts.",
  [CSV_BODY]: "the file alone, of at most `UPLOAD_BYTES`, plain or gzip; its options are in the query.",
};

const problemsOf = ({ accepts, model, makes }: AnyJobType): Problem[] => [
  ...(["invalid-input", "malformed-json", "cut-off", "not-found"] as const),
  ...(model ? (["unknown-model"] as const) : []),
  ...(makes ? (["name-taken"] as const) : []),
  ...(["key-arriving", "key-reused"] as const),
  "too-large",
  ...(accepts.includes("file") ? (["too-many-parts"] as const) : []),
  ...(["unsupported-media-type", "impossible-value"] as const),
  ...(["too-many-requests", "too-many-jobs", "maybe-accepted", "queue-full", "disk-full"] as const),
];

/** The `schema` of the route of a job type. */
export function describeSubmission(type: AnyJobType): object {
  const schema = jobSchemaOf(type);
  const takesFile = type.accepts.includes("file");
  const bodies: Record<string, string> = { [JSON_BODY]: jsonBody(type), ...FILE_BODIES };
  return describe({
    operationId: `submit-${type.name}`,
    tags: ["Submit"],
    summary: type.summary,
    description: type.description,
    querystring: queryOf(type),
    reads: [
      ...(["Prefer", "Idempotency-Key", "Abacus-Webhook", "Expect"] as const),
      ...(takesFile ? (["Content-Encoding"] as const) : []),
    ],
    body: {
      description: mediaTypesOf(type)
        .map((mediaType) => `- \`${mediaType}\`: ${bodies[mediaType]}`)
        .join("\n"),
      required: !type.accepts.includes("json"),
      content: bodiesOf(type),
    },
    answers: {
      200: {
        description:
          "With `Prefer: wait=N`: the job has ended in time. Its `state` says how, also when it failed.",
        headers: [...ALWAYS, "Preference-Applied", "Idempotency-Replayed?"],
        content: json(schema, completedJob(type)),
      },
      202: {
        description:
          "The job is accepted; or with an `Idempotency-Key` that made a job before, this is that job as it is now.",
        headers: [...ALWAYS, "Retry-After", "Preference-Applied?", "Idempotency-Replayed?"],
        content: json(schema, queuedJob(type)),
      },
    },
    problems: problemsOf(type),
    limited: true,
  });
}

/** The options of a file. */
function optionsOf(type: AnyJobType): OptionsSchema {
  return (optionsSchemaOf(type) ?? Type.Object({}, { additionalProperties: false })) as OptionsSchema;
}

/** What a submission's query may hold: a raw file has its options there, every other body has a place for them. */
function queryOf(type: AnyJobType): OptionsSchema {
  const options = optionsOf(type);
  return { ...options, properties: { ...options.properties, ...jobParameters } };
}

function bodiesOf(type: AnyJobType): Contents {
  const file = Type.String({ format: "binary", description: "The file, plain or gzip." });
  const { required = [], properties } = optionsOf(type);
  const form = { type: "object", required: ["file", ...required], properties: { file, ...properties } };
  const csv = Type.String({ description: "The file itself." });
  const bodies: Record<string, Content> = {
    [JSON_BODY]: {
      schema: inputSchema(type),
      examples: { [exampleName(type, "input")]: type.example.input },
    },
    [FORM_BODY]: { schema: form, examples: { form: { file: CSV } } },
    [CSV_BODY]: { schema: csv, examples: { file: CSV } },
  };
  return Object.fromEntries(mediaTypesOf(type).map((mediaType) => [mediaType, bodies[mediaType] as Content]));
}
