// Apache Avro: the media type, and the library, loaded when it is first needed.
import { createRequire } from "node:module";
import type { schema as schemas, Type } from "avsc";

/** One datum in Avro's binary encoding, without a container. */
export const AVRO_TYPE = "application/avro";

/** A schema as plain data, as a file `.avsc` has it. */
export type AvroSchema = schemas.AvroSchema;

/** What an array or a map ends with: a block without items. */
export const END = 0;

const require = createRequire(import.meta.url);

/** The encoding of values by a schema. Throws for a schema that is none. */
export function avroType(schema: AvroSchema): Type {
  // not imported above: every process and thread imports the job types, and few of them ever make Avro
  const avsc: typeof import("avsc") = require("avsc");
  return avsc.Type.forSchema(schema);
}
