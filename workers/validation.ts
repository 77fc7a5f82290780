// Checks a value against a job type's schema, with the same words on the event loop and in a thread.

import { InputError } from "./input-error.js";
import { at, escapePointer } from "./json.js";
import { Compile, type TSchema } from "./typebox.js";

/** As many mistakes are told as a person would want to read, and as typebox looks for. */
const MOST_ERRORS = 8;

interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
  message: string;
}

const compiled = new WeakMap<object, ReturnType<typeof Compile>>();

function compile(schema: TSchema) {
  let check = compiled.get(schema);
  if (!check) {
    check = Compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

/** Values out of range are 422; everything else that a schema can find is a wrong shape, 400. */
const RANGE = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "enum",
  "const",
  "format",
]);

function describe(error: SchemaError): { path: string; message: string }[] {
  const { keyword, instancePath, params } = error;
  const names = (params.requiredProperties ?? params.additionalProperties) as string[] | undefined;
  if (keyword === "required" && names)
    return names.map((name) => ({
      path: `${instancePath}/${escapePointer(name)}`,
      message: "is required",
    }));
  if (keyword === "additionalProperties" && names)
    return names.map((name) => ({
      path: `${instancePath}/${escapePointer(name)}`,
      message: "is not a known field",
    }));
  const choices = params.allowedValues ?? (keyword === "const" ? [params.allowedValue] : undefined);
  if (choices)
    return [{ path: instancePath, message: `must be one of ${(choices as unknown[]).join(", ")}` }];
  return [{ path: instancePath, message: error.message }];
}

/** A choice between constants tells an error for each and one for the choice: one says it all. */
function joinChoices(errors: SchemaError[]): SchemaError[] {
  const choices = errors.filter(({ keyword }) => keyword === "anyOf").map(({ instancePath }) => instancePath);
  let joined = errors;
  for (const path of choices) {
    const here = joined.filter(({ instancePath }) => instancePath === path);
    const constants = here.filter(({ keyword }) => keyword === "const");
    if (constants.length !== here.length - 1) continue;
    const allowedValues = constants.map(({ params }) => params.allowedValue);
    const choice = { keyword: "enum", instancePath: path, params: { allowedValues }, message: "" };
    joined = [...joined.filter(({ instancePath }) => instancePath !== path), choice];
  }
  return joined;
}

/** A number with a fraction where a whole number belongs has the right JSON type and an impossible value. */
function isRange(error: SchemaError, value: unknown): boolean {
  if (RANGE.has(error.keyword)) return true;
  return (
    error.keyword === "type" &&
    error.params.type === "integer" &&
    typeof at(value, error.instancePath) === "number"
  );
}

/** Throws InputError (400 for a wrong shape, 422 for values out of range) unless `value` fits `schema`. */
export function validate(schema: TSchema, value: unknown): void {
  const check = compile(schema);
  if (check.Check(value)) return;
  const found = joinChoices(
    (check.Errors(value) as unknown as SchemaError[]).filter(
      // typebox reports an unknown field twice: once as a schema of `false`, once by its name
      (error) => error.keyword !== "boolean",
    ),
  );
  const errors = found.flatMap(describe).slice(0, MOST_ERRORS);
  const range = found.every((error) => isRange(error, value));
  throw new InputError({
    status: range ? 422 : 400,
    name: range ? "impossible-value" : "invalid-input",
    detail: errors.map(({ path, message }) => `${path === "" ? "the body" : path} ${message}`).join("; "),
    errors,
  });
}
