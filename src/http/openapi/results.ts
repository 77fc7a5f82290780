// What the API's description says of results: their shapes, and the example of each job type in each of its formats.

import type { AnyJobType } from "../../../workers/job-type.js";
import Type from "../../../workers/typebox.js";
import { resultSchema } from "../schemas.js";
import { type Examples, exampleName, examplesOf } from "./examples.js";
import { type Content, type Contents, json } from "./operation.js";

const isText = (mediaType: string) => mediaType.startsWith("text/");
const TEXT = { type: "string" };
const BYTES = { type: "string", format: "binary", description: "Bytes: in an example each is a character." };

const resultOf = (type: AnyJobType): Examples => ({ [exampleName(type, "result")]: type.example.output });

/** The result in one of its type's formats, if it has it; what is no text, as the string of its bytes. */
function formattedResult(type: AnyJobType, mediaType: string): Examples {
  const format = type.formats?.[mediaType];
  if (!format) return {};
  const pieces = Array.from(format(type.example.output), (piece) => Buffer.from(piece as string));
  const name = exampleName(type, mediaType.replace(/[^\w.-]/g, "-"));
  return { [name]: Buffer.concat(pieces).toString(isText(mediaType) ? "utf8" : "latin1") };
}

/** Results of these types in one format. */
function formatContent(types: readonly AnyJobType[], mediaType: string): Content {
  return {
    schema: isText(mediaType) ? TEXT : BYTES,
    // made when the description is asked for: until then nobody needs the libraries that a format takes
    get examples() {
      return examplesOf(types, (type) => formattedResult(type, mediaType));
    },
  };
}

/** A result of any of the types, by media type. */
export function resultContents(types: readonly AnyJobType[]): Contents {
  const schema = Type.Union(types.map(resultSchema), { description: "What the job's type answers." });
  const contents = json(schema, examplesOf(types, resultOf));
  for (const mediaType of types.flatMap(({ formats = {} }) => Object.keys(formats)))
    contents[mediaType] ??= formatContent(types, mediaType);
  return contents;
}
