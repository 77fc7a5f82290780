// The options of column statistics: their schema, and what the reader makes of them.

import { InputError } from "../input-error.js";
import Type, { type Static } from "../typebox.js";
import type { Level } from "./describe.js";
import { encodingOf } from "./encoding.js";
import { CR, LF, QUOTE } from "./parse/record-scanner.js";
import { DEFAULT_PERCENTILES, duplicatePercentile } from "./percentiles.js";

const texts = (description: string, ...examples: string[][]) =>
  Type.Array(Type.String(), { description, default: [], examples });

export const Options = Type.Object(
  {
    delimiter: Type.Optional(
      Type.String({
        minLength: 1,
        description: "One ASCII character, or `\\t`; found from the first records when absent. Files only.",
        examples: [";"],
      }),
    ),
    encoding: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Any label that `TextDecoder` knows or Python's spelling of one; a byte order mark has precedence. Files only.",
        examples: ["windows-1252"],
      }),
    ),
    header: Type.Optional(
      Type.Boolean({
        default: true,
        description: 'The first record holds the names; else they are "0", "1", … Files only.',
      }),
    ),
    naValues: Type.Optional(texts("Further texts that stand for a null. Files only.", ["-", "n.a."])),
    keepDefaultNa: Type.Optional(
      Type.Boolean({
        default: true,
        description: "The empty field, `NA`, `null` and the rest of pandas' list are nulls. Files only.",
      }),
    ),
    usecols: Type.Optional(texts("Names of the columns to describe; all when empty.", ["num1"])),
    percentiles: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), {
        maxItems: 1000,
        default: DEFAULT_PERCENTILES,
        description: "Which quantiles to answer; the median is always among them, as in pandas.",
      }),
    ),
    level: Type.Optional(
      Type.Enum(["describe", "full"], {
        default: "describe",
        description: "How much is answered: pandas' `describe`, or more of each column and of the table.",
      }),
    ),
    bins: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 20,
        description: "Of the histograms of the full level.",
      }),
    ),
    badRows: Type.Optional(
      Type.Enum(["error", "skip"], {
        default: "error",
        description: "What becomes of a record that has more fields than the header. Files only.",
      }),
    ),
    memory: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Bytes that the collected values may take; at most JOB_MEMORY.",
        examples: [268_435_456],
      }),
    ),
  },
  { additionalProperties: false },
);
export type Options = Static<typeof Options>;

/** What the options `level` and `bins` say. */
export function levelOf({ level = "describe", bins = 20 }: Options): Level {
  return level === "describe" ? level : { bins };
}

/** Throws InputError (422) for options that have the right types but cannot be. */
export function checkOptions(options: Options): void {
  if (options.delimiter !== undefined) delimiterByte(options.delimiter);
  if (options.encoding !== undefined) encodingOf(options.encoding);
  const duplicate = duplicatePercentile(options.percentiles ?? []);
  if (duplicate >= 0)
    throw InputError.impossible(
      `/options/percentiles/${duplicate}`,
      `repeats ${options.percentiles![duplicate]}: percentiles cannot contain duplicates`,
    );
}

/** The byte of a delimiter option. Throws InputError (422) for what cannot separate fields. */
export function delimiterByte(delimiter: string): number {
  if (delimiter === "\\t") return 9;
  const byte = delimiter.charCodeAt(0);
  if (delimiter.length === 1 && byte < 128 && byte !== QUOTE && byte !== CR && byte !== LF) return byte;
  throw InputError.impossible(
    "/options/delimiter",
    "must be one ASCII character, neither a quote nor a line end",
  );
}

/** Which of the columns `names` are described. Throws InputError (422) for names that no column has. */
export function selectColumns(names: readonly string[], usecols: readonly string[] = []): number[] {
  const indices = names.map((_, index) => index);
  if (usecols.length === 0) return indices;
  const wanted = new Set(usecols);
  const found = indices.filter((index) => wanted.has(names[index]!));
  if (found.length < wanted.size) {
    const known = new Set(names);
    const missing = usecols.findIndex((name) => !known.has(name));
    throw InputError.impossible(
      `/options/usecols/${missing}`,
      `names a column that is not there: ${usecols[missing]}`,
    );
  }
  return found;
}
