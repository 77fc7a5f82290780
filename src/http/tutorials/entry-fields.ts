// The fields of an entry as Django REST framework 3.14 reads and refuses them: its serializer, its fields, its words.
import { InputError } from "../../../workers/input-error.js";
import type { Fields } from "../../records/kinds.js";

/** Code points. */
const LONGEST_TITLE = 200;
/** Characters of a number that is sent as text (`IntegerField.MAX_STRING_LENGTH`). */
const LONGEST_NUMBER = 1000;

/** Throws the sentences about one field. */
class FieldErrors extends Error {
  constructor(readonly sentences: string[]) {
    super(sentences.join(" "));
  }
}

const fail = (sentence: string): never => {
  throw new FieldErrors([sentence]);
};

function refuse(sentences: string[]): void {
  if (sentences.length > 0) throw new FieldErrors(sentences);
}

/** `IntegerField(min_value=1, max_value=2**53 - 1)`: Python's `int(str(value))`, `.0` at the end being left out. */
function readUser(value: unknown): number {
  if (value === null) return fail("This field may not be null.");
  if (typeof value === "string" && value.length > LONGEST_NUMBER) return fail("String value too large.");
  const isText = typeof value === "string" || typeof value === "number";
  const text = isText ? String(value).replace(/\.0*\s*$/, "") : "";
  // a number with an exponent is an integer here, where Python would not have it: it is too large anyway
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(text) && !Number.isInteger(value))
    return fail("A valid integer is required.");
  const number = Number(text.replaceAll("_", ""));
  const most = Number.MAX_SAFE_INTEGER;
  refuse([
    ...(number > most ? [`Ensure this value is less than or equal to ${most}.`] : []),
    ...(number < 1 ? ["Ensure this value is greater than or equal to 1."] : []),
  ]);
  return number;
}

/** `CharField(max_length=200)`: numbers are texts, too. Of those only such as JavaScript has exactly. */
function readTitle(value: unknown): string {
  if (value === null) return fail("This field may not be null.");
  const isText = typeof value === "string" || typeof value === "number";
  if (!isText || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return fail("Not a valid string.");
  const text = String(value).trim();
  if (text === "") return fail("This field may not be blank.");
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  const surrogate = points.find((point) => point >= 0xd800 && point <= 0xdfff);
  const hex = surrogate?.toString(16).toUpperCase();
  refuse([
    ...(points.length > LONGEST_TITLE
      ? [`Ensure this field has no more than ${LONGEST_TITLE} characters.`]
      : []),
    ...(points.includes(0) ? ["Null characters are not allowed."] : []),
    ...(hex ? [`Surrogate characters are not allowed: U+${hex}.`] : []),
  ]);
  return text;
}

const READERS = { user: readUser, title: readTitle };

/** Python's name of a JSON value's type. */
function typeNameOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return Number.isInteger(value) ? "int" : "float";
}

/**
 * The fields of an entry in a body; with `partial` those that were sent. Throws InputError (400) with the sentences about
 * each field, at the path "" those about the whole.
 */
export function readEntry(body: unknown, partial?: false): Fields<"entries">;
export function readEntry(body: unknown, partial: boolean): Partial<Fields<"entries">>;
export function readEntry(body: unknown, partial = false): Partial<Fields<"entries">> {
  if (body === null) throw InputError.invalid([{ path: "", message: "No data provided" }]);
  if (typeof body !== "object" || Array.isArray(body)) {
    const message = `Invalid data. Expected a dictionary, but got ${typeNameOf(body)}.`;
    throw InputError.invalid([{ path: "", message }]);
  }
  const fields: Record<string, unknown> = {};
  const errors: { path: string; message: string }[] = [];
  for (const [name, read] of Object.entries(READERS))
    try {
      if (Object.hasOwn(body, name)) fields[name] = read((body as Record<string, unknown>)[name]);
      else if (!partial) fail("This field is required.");
    } catch (error) {
      if (!(error instanceof FieldErrors)) throw error;
      errors.push(...error.sentences.map((message) => ({ path: `/${name}`, message })));
    }
  if (errors.length > 0) throw InputError.invalid(errors);
  return fields as Partial<Fields<"entries">>;
}
