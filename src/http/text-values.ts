// The texts of a query or of a form's fields, read as the types that a schema declares for them.

import { InputError } from "../../workers/input-error.js";
import type { TSchema } from "../../workers/typebox.js";

const NUMERAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const BOOLEANS: Record<string, boolean> = { true: true, false: false, 1: true, 0: false };

interface ValueSchema {
  type?: string;
  items?: ValueSchema;
}

/**
 * Repeated fields are lists where `schema` (of an object) declares lists. A text that is no value of its type
 * stays a text, and a field that is not declared stays in: both are the schema's to refuse. Throws InputError
 * (400) for a repeated field that is no list; `at` is the JSON pointer of the object.
 */
export function readTexts(schema: TSchema, fields: [string, string][], at = ""): Record<string, unknown> {
  const { properties = {} } = schema as { properties?: Record<string, ValueSchema> };
  const values = new Map<string, unknown>();
  for (const [name, text] of fields) {
    const declared = Object.hasOwn(properties, name) ? (properties[name] as ValueSchema) : {};
    const before = values.get(name);
    if (declared.type === "array")
      values.set(name, [...((before as unknown[]) ?? []), read(declared.items ?? {}, text)]);
    else if (before === undefined) values.set(name, read(declared, text));
    else throw repeated(`${at}/${name}`);
  }
  return Object.fromEntries(values);
}

function read({ type }: ValueSchema, text: string): unknown {
  if ((type === "number" || type === "integer") && NUMERAL.test(text)) return Number(text);
  if (type === "boolean") return BOOLEANS[text.toLowerCase()] ?? text;
  return text;
}

function repeated(path: string): InputError {
  const message = "is given more than once";
  return new InputError({
    status: 400,
    name: "invalid-input",
    detail: `${path} ${message}`,
    errors: [{ path, message }],
  });
}
