// What column statistics answer: the schema of a `stats` result.
import Type, { type Static } from "../typebox.js";
import type { ColumnFigures } from "./describe.js";

const number = (description: string) => ({ type: ["number", "null"], description });
const length = (description: string) => ({ type: ["integer", "null"], description });
const count = (description: string) => ({ type: "integer", minimum: 0, description });

const Column = Type.Unsafe<ColumnFigures>({
  type: "object",
  required: ["name", "dtype", "count", "nulls"],
  properties: {
    name: { type: "string" },
    dtype: { enum: ["int64", "uint64", "float64", "bool", "object"] },
    count: count("Values that are not null."),
    nulls: count("Values that are."),
    unique: count(
      "Different values. This and the next two: of `bool` and `object`; at the full level, where integers beyond 2^53 " +
        "count as the nearest doubles, this of all.",
    ),
    top: {
      type: ["string", "number", "boolean", "null"],
      description: "The most frequent value, the first seen among equals.",
    },
    freq: { type: ["integer", "null"], description: "How often it occurs." },
    mean: number("This and the rest: of `int64`, `uint64` and `float64`."),
    std: number("Of a sample: ddof = 1."),
    min: number("The least value."),
    max: number("The greatest value."),
    sum: number("This and the next five: at the full level, of numbers."),
    skew: number("Bias-corrected, as pandas' `skew`; null for fewer than three values."),
    kurtosis: number("Bias-corrected excess kurtosis, as pandas' `kurt`; null for fewer than four values."),
    zeros: count("Values that are 0."),
    negatives: count("Values below 0."),
    histogram: {
      type: ["object", "null"],
      description:
        "As NumPy's `histogram`: null when there is no value, or their range is infinite or beyond a double's.",
      required: ["counts", "edges"],
      properties: {
        counts: { type: "array", items: { type: "integer" } },
        edges: {
          type: "array",
          items: { type: "number" },
          description: "One more: a bin holds its lower edge, and the last one its upper edge, too.",
        },
      },
      additionalProperties: false,
    },
    minLength: length("This and the rest: at the full level, of texts. In characters."),
    maxLength: length("In characters."),
    meanLength: number("In characters."),
    format: {
      enum: ["date", "date-time"],
      description: "Of a column that is all ISO 8601 dates or date-times.",
    },
    earliest: { type: "string", description: "The earliest of them; what names no zone is taken for UTC." },
    latest: { type: "string", description: "The latest." },
    topValues: {
      type: "array",
      description: "At the full level: the ten most frequent values, the first seen first among equals.",
      items: {
        type: "object",
        required: ["value", "count"],
        properties: { value: { type: ["string", "number", "boolean", "null"] }, count: { type: "integer" } },
        additionalProperties: false,
      },
    },
    nullFraction: number("At the full level: the share of rows that are null; null when there are no rows."),
    approximate: {
      const: true,
      description: "The values did not fit the job's memory: the figures in `errors` are estimates.",
    },
    errors: {
      type: "object",
      description:
        "By figure, how far off it may be: for a quantile the difference of its rank as a share of all values, for " +
        "`unique` a share of itself, for `top`, `freq` and `topValues` values that were not counted.",
      additionalProperties: { type: "number" },
    },
  },
  patternProperties: { "%$": number("A quantile: linear interpolation, R's type 7. Named as in pandas.") },
  additionalProperties: false,
});

export const Statistics = Type.Object({
  rows: Type.Integer({ minimum: 0 }),
  columns: Type.Array(Column, {
    description: "In the order of the file. A figure that is not a finite number is null.",
  }),
  correlations: Type.Optional(
    Type.Object(
      {
        columns: Type.Array(Type.String()),
        matrix: Type.Array(Type.Array(Type.Union([Type.Number(), Type.Null()]))),
      },
      {
        description:
          "At the full level: Pearson's, of the first 100 columns of numbers, over the rows that have both; null where a " +
          "column is constant.",
      },
    ),
  ),
  duplicateRows: Type.Optional(
    Type.Integer({
      description:
        "At the full level: rows that equal an earlier one, as pandas' `duplicated`; numbers are compared as doubles.",
    }),
  ),
  approximate: Type.Optional(
    Type.Literal(true, { description: "`errors` says which figures are estimates." }),
  ),
  errors: Type.Optional(
    Type.Object({ duplicateRows: Type.Number() }, { description: "By figure, how far off it may be: rows." }),
  ),
  source: Type.Optional(
    Type.Object(
      {
        bytes: Type.Integer({ description: "Of the file as it was sent." }),
        sha256: Type.String(),
        delimiter: Type.String(),
        encoding: Type.String({ description: "As `TextDecoder` names it." }),
        newline: Type.Enum(["\n", "\r\n", "\r"], { description: "What ends the first record." }),
        skippedRows: Type.Optional(Type.Integer({ description: "With `badRows=skip`." })),
      },
      { description: "How a file was read; absent for JSON." },
    ),
  ),
});
export type Statistics = Static<typeof Statistics>;
