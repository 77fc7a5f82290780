// Guesses where a record begins after a cut in the middle of a file: quotes make it a guess.
import { closeSync, openSync, readSync } from "node:fs";
import type { Layout } from "./parse/layout.js";
import { Found, QUOTE, RecordScanner } from "./parse/record-scanner.js";

/** What is looked at first; a window that holds no line end is made larger. */
const WINDOW = 262_144;
/** Records that speak for or against a guess. */
const RECORDS = 32;

/**
 * Offset of what is likely the first record of the file that begins in [from, to); undefined when none
 * seems to. Either `from` is outside quotes, or it is inside, and a record goes on after the next closing
 * quote: the guess is the one after which records have the expected fields.
 */
export function guessRecordStart(path: string, from: number, to: number, layout: Layout): number | undefined {
  for (let size = WINDOW; ; size *= 4) {
    const bytes = readWindow(path, from - 1, Math.min(size, to - from + 2));
    const scanner = new RecordScanner(layout.delimiter, 0, layout.fieldBytes);
    const outside = recordEnd(scanner, bytes, 0);
    const closed = afterClosingQuote(bytes);
    const inside = closed === undefined ? undefined : recordEnd(scanner, bytes, closed);
    const best = inside !== undefined && isBetter(inside, outside) ? inside : outside;
    if (best !== undefined) return from - 1 + best;
    if (size >= to - from) return undefined;

    function isBetter(offset: number, other: number | undefined): boolean {
      if (other === undefined || offset === other) return true;
      return plausibility(scanner, bytes, offset, layout) > plausibility(scanner, bytes, other, layout);
    }
  }
}

/** Where the record ends whose rest begins at `from`. */
function recordEnd(scanner: RecordScanner, bytes: Uint8Array, from: number): number | undefined {
  const found = scanner.scan(bytes, from, bytes.length, false);
  return found === Found.record || found === Found.blank ? scanner.next : undefined;
}

function readWindow(path: string, from: number, length: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, from));
  } finally {
    closeSync(file);
  }
}

function afterClosingQuote(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at + 1;
    at++;
  }
  return undefined;
}

/** The share of records from `from` on that have the expected number of fields. */
function plausibility(scanner: RecordScanner, bytes: Uint8Array, from: number, layout: Layout): number {
  let records = 0;
  let good = 0;
  for (let at = from; at < bytes.length && records < RECORDS; at = scanner.next) {
    const found = scanner.scan(bytes, at, bytes.length, false);
    if (found === Found.blank) continue;
    if (found === Found.record && scanner.fields === layout.fields) good++;
    records++;
    if (found !== Found.record) break;
  }
  return records === 0 ? 0 : good / records;
}
