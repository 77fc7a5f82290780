// What the API's description says of results: their shapes, and the example of each job type in each of its formats.

import type { AnyJobType } from "../../../workers/job-type.js";
import Type from "../../../workers/typebox.js";
import { resultSchema } from "../schemas.js";
import { type Examples, exampleName, examplesOf } from "./examples.js";
import { type Contents, json } from "./operation.js";

const isText = (mediaType: string) => mediaType.startsWith("text/");

const resultOf = (type: AnyJobType): Examples => ({ [exampleName(type, "result")]: type.example.output });

/** The result in one of its type's formats; what is no text, as the string of its bytes. */
function formattedResult(type: AnyJobType, mediaType: string): Examples {
  const pieces = [...(type.formats?.[mediaType]?.(type.example.output) ?? [])];
  const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
  const name = exampleName(type, mediaType.replace(/[^\w.-]/g, "-"));
  return { [name]: bytes.toString(isText(mediaType) ? "utf8" : "latin1") };
}

/** A result of any of the types, by media type. */
export function resultContents(types: readonly AnyJobType[]): Contents {
  const schema = Type.Union(types.map(resultSchema), { description: "What the job's type answers." });
  const contents = json(schema, examplesOf(types, resultOf));
  for (const type of types)
    for (const mediaType of Object.keys(type.formats ?? {})) {
      const form = { type: "string", ...(!isText(mediaType) && { format: "binary" }) };
      contents[mediaType] ??= { schema: form, examples: {} };
      Object.assign(contents[mediaType].examples, formattedResult(type, mediaType));
    }
  return contents;
}
