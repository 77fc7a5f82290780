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

/** A choice tells an error for each of its alternatives and one for itself: what says it all is kept. */
function joinChoices(errors: SchemaError[]): SchemaError[] {
  const choices = errors.filter(({ keyword }) => keyword === "anyOf").map(({ instancePath }) => instancePath);
  let joined = errors;
  for (const path of choices) {
    const here = joined.filter(({ keyword, instancePath }) => instancePath === path && keyword !== "anyOf");
    const isInside = joined.some(({ instancePath }) => instancePath.startsWith(`${path}/`));
    const whole = joinAlternatives(path, here, isInside);
    if (whole) joined = [...joined.filter(({ instancePath }) => instancePath !== path), ...whole];
  }
  return joined;
}

/** `isInside`: there are errors inside the value, which has the type of one of the alternatives then. */
function joinAlternatives(path: string, errors: SchemaError[], isInside: boolean): SchemaError[] | undefined {
  if (errors.every(({ keyword }) => keyword === "const")) {
    const allowedValues = errors.map(({ params }) => params.allowedValue);
    return [{ keyword: "enum", instancePath: path, params: { allowedValues }, message: "" }];
  }
  if (!errors.every(({ keyword }) => keyword === "type")) return undefined;
  if (isInside) return [];
  const types = errors.map(({ params }) => params.type).join(" or ");
  return [{ keyword: "type", instancePath: path, params: {}, message: `must be ${types}` }];
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
