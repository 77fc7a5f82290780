// JSON as it comes from outside: bytes that may not be JSON, and pointers to what is wrong in it.
import { resourceLimits } from "node:worker_threads";
import { InputError } from "./input-error.js";
import { MOST_PER_BYTE, weightOf } from "./json-weight.js";

/**
 * Levels of arrays and objects in one another (Jackson's limit, too). V8 takes time that grows with the square of
 * the depth, and nothing can stop it meanwhile: 60 MB of brackets would keep a thread for many minutes, and take
 * gigabytes of memory that no limit counts.
 */
const MOST_LEVELS = 1000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/** The share of a thread's heap that a parsed body may fill. */
const SHARE = 7 / 8;

/**
 * Throws InputError: 400 for what is not JSON, or not UTF-8, or nested too deeply; 413 for what does not fit the
 * heap of this thread.
 */
export function parseJson(bytes: Uint8Array): unknown {
  checkDepth(bytes);
  checkWeight(bytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw InputError.malformed(error as Error);
  }
}

function checkDepth(bytes: Uint8Array): void {
  let levels = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) {
      if (byte === BACKSLASH) at++;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++levels > MOST_LEVELS) throw tooDeep();
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) levels--;
  }
}

function tooDeep(): InputError {
  const message = `is nested deeper than ${MOST_LEVELS} levels`;
  return new InputError({
    status: 400,
    name: "invalid-input",
    detail: `the body ${message}`,
    errors: [{ path: "", message }],
  });
}

/** The event loop's own heap is not limited, and reads small bodies only. */
function checkWeight(bytes: Uint8Array): void {
  const { maxOldGenerationSizeMb = Number.POSITIVE_INFINITY } = resourceLimits;
  const most = maxOldGenerationSizeMb * 2 ** 20 * SHARE;
  if (bytes.length * MOST_PER_BYTE <= most) return;
  const weight = weightOf(bytes);
  if (weight <= most) return;
  throw new InputError({
    status: 413,
    name: "too-large",
    detail:
      `the body takes about ${weight} bytes of memory when it is read, and a thread has ${Math.floor(most)} for it ` +
      "(THREAD_MEMORY): a table of this size is better sent as a CSV file",
  });
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
