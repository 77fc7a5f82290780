// JSON as it comes from outside: bytes that may not be JSON, and pointers to what is wrong in it.
import { InputError } from "./input-error.js";

/** Throws InputError (400) for what is not JSON, or not UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw InputError.malformed(error as Error);
  }
}

/** A name as a step of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What a JSON pointer leads to in `value`. */
export function at(value: unknown, pointer: string): unknown {
  let here = value;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    here = (here as Record<string, unknown> | undefined)?.[key];
  }
  return here;
}
