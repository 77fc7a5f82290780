// What column statistics answer: the schema of a `stats` result.
import Type, { type Static } from "../typebox.js";
import type { ColumnFigures } from "./describe.js";

const number = (description: string) => ({ type: ["number", "null"], description });
const count = (description: string) => ({ type: "integer", minimum: 0, description });

const Column = Type.Unsafe<ColumnFigures>({
  type: "object",
  required: ["name", "dtype", "count", "nulls"],
  properties: {
    name: { type: "string" },
    dtype: { enum: ["int64", "uint64", "float64", "bool", "object"] },
    count: count("Values that are not null."),
    nulls: count("Values that are."),
    unique: count("Different values. This and the next two: of `bool` and `object`."),
    top: {
      type: ["string", "number", "boolean", "null"],
      description: "The most frequent value, the first seen among equals.",
    },
    freq: { type: ["integer", "null"], description: "How often it occurs." },
    mean: number("This and the rest: of `int64`, `uint64` and `float64`."),
    std: number("Of a sample: ddof = 1."),
    min: number("The least value."),
    max: number("The greatest value."),
  },
  patternProperties: { "%$": number("A quantile: linear interpolation, R's type 7. Named as in pandas.") },
  additionalProperties: false,
});

export const Statistics = Type.Object({
  rows: Type.Integer({ minimum: 0 }),
  columns: Type.Array(Column, {
    description: "In the order of the file. A figure that is not a finite number is null.",
  }),
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
