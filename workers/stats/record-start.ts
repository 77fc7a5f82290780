// Guesses where a record begins after a cut in the middle of a file: quotes make it a guess.
import { closeSync, openSync, readSync } from "node:fs";
import type { Layout } from "./parse/layout.js";
import { CR, Found, LF, QUOTE, RecordScanner } from "./parse/record-scanner.js";

/** What is looked at first; a window that holds no line end is made larger. */
const WINDOW = 262_144;
/** Records that speak for or against a guess. */
const RECORDS = 32;

/**
 * Offset of what is likely the first record of the file that begins in [from, to); undefined when none
 * seems to. Either `from` is outside quotes, and the next line end ends a record, or it is inside, and one
 * after the next closing quote does: the guess is the one whose records have the expected fields.
 */
export function guessRecordStart(path: string, from: number, to: number, layout: Layout): number | undefined {
  for (let size = WINDOW; ; size *= 4) {
    const bytes = readWindow(path, from - 1, Math.min(size, to - from + 2));
    const outside = afterLineEnd(bytes, 0);
    if (outside === undefined) {
      if (size >= to - from) return undefined;
      continue;
    }
    const closed = afterClosingQuote(bytes);
    const inside = closed === undefined ? undefined : afterLineEnd(bytes, closed);
    if (inside === undefined || inside === outside) return from - 1 + outside;
    const better = plausibility(bytes, inside, layout) > plausibility(bytes, outside, layout);
    return from - 1 + (better ? inside : outside);
  }
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

function afterLineEnd(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF) return at + 1;
    // the byte after a CR tells whether the line end has two bytes
    if (bytes[at] === CR && at + 1 < bytes.length) return bytes[at + 1] === LF ? at + 2 : at + 1;
  }
  return undefined;
}

function afterClosingQuote(bytes: Uint8Array): number | undefined {
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at + 1;
    at++;
  }
  return undefined;
}

/** The share of records from `from` on that have the expected number of fields. */
function plausibility(bytes: Uint8Array, from: number, layout: Layout): number {
  const scanner = new RecordScanner(layout.delimiter, 0, layout.fieldBytes);
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
