// The job type `stats`: pandas' description of the columns of a CSV file, or of JSON.

import { InputError } from "../input-error.js";
import { defineJobType } from "../job-type.js";
import { describeCsv } from "../stats/describe-csv.js";
import { checkJson, describeJson, jsonBytes } from "../stats/json-columns.js";
import { checkOptions, Options } from "../stats/options.js";
import { mergeParts, type PartResult, planFile, runPart } from "../stats/split.js";
import { Statistics } from "../stats/statistics.js";
import Type, { type Static } from "../typebox.js";

/** Names may hold line ends, which the pattern of a plain `Type.String` does not match. */
const Name = Type.String({ pattern: "^" });

const input = Type.Object(
  {
    columns: Type.Optional(
      Type.Record(Name, Type.Array(Type.Unknown()), {
        description: "The values of each column: numbers, texts, truth values and nulls.",
      }),
    ),
    records: Type.Optional(
      Type.Array(Type.Record(Name, Type.Unknown()), {
        description: "In place of `columns`: rows; a key that a row lacks is null.",
      }),
    ),
    options: Type.Optional(Options),
  },
  { additionalProperties: false },
);
type Input = Static<typeof input>;

/** Throws InputError (400): a file was not sent, nor anything in its place. */
function checkPresence({ columns, records }: Input): void {
  if (columns || records) return;
  throw InputError.invalid([{ path: "/columns", message: "is required, or records, or a file" }]);
}

/** A table that stands by itself: an object of columns, or a list of rows. */
export function ofBareTable(table: unknown): Input {
  if (typeof table === "object" && table !== null && Object.keys(table).length === 0)
    throw new InputError({ status: 400, name: "invalid-input", detail: "the table is empty" });
  return (Array.isArray(table) ? { records: table } : { columns: table }) as Input;
}

export const stats = defineJobType({
  name: "stats",
  version: 1,
  path: "/v1/stats",
  summary: "Describe columns",
  description:
    "Figures of each column as pandas' `describe(include='all')` gives them: of a CSV file (`multipart/form-data`, " +
    "or `text/csv` with the options in the query; plain or gzip), or of JSON `columns` or `records`, in which text is " +
    "never parsed. The types are those of the whole column. `source` tells how a file was read.",
  accepts: ["json", "file"],
  input,
  output: Statistics,
  detail: Type.Object({
    rows: Type.Integer({ description: "Read so far." }),
    bytesPerSecond: Type.Optional(Type.Integer()),
  }),
  example: {
    input: { columns: { num1: [1, 2, 3], num2: [4, 5, 6] } },
    output: {
      rows: 3,
      columns: [
        {
          ...{ name: "num1", dtype: "int64", count: 3, nulls: 0 },
          ...{ mean: 2, std: 1, min: 1, "25%": 1.5, "50%": 2, "75%": 2.5, max: 3 },
        },
        {
          ...{ name: "num2", dtype: "int64", count: 3, nulls: 0 },
          ...{ mean: 5, std: 1, min: 4, "25%": 4.5, "50%": 5, "75%": 5.5, max: 6 },
        },
      ],
    },
  },
  cost(input, file) {
    if (file) return file.gzip ? Number.POSITIVE_INFINITY : file.bytes;
    return jsonBytes(input);
  },
  summarize: ({ columns, records, options }) => ({
    ...(columns ? { columns: Object.keys(columns).length } : {}),
    ...(records ? { records: records.length } : {}),
    ...(options ? { options } : {}),
  }),
  check(input, _model, limits, hasFile) {
    if (!hasFile) checkPresence(input);
    checkOptions(input.options ?? {});
    checkJson(input, limits);
  },
  plan(input, context) {
    if (context.file) return planFile(context);
    return { result: describeJson(input, context.memory) };
  },
  ofBare: ofBareTable,
  part: runPart,
  merge: (results: PartResult[], context) => mergeParts(results, context),
  formats: { "text/csv": describeCsv },
});
