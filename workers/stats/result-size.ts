// How large the answer may become: it is made, and made into other formats, in the heap of a thread.
import { resourceLimits } from "node:worker_threads";
import { InputError } from "../input-error.js";
import type { Level } from "./describe.js";
import { TOP_VALUES } from "./full/top-values.js";

/** Bytes. In the main thread, for tests, what a thread has by default. */
const HEAP = (resourceLimits.maxOldGenerationSizeMb ?? 512) * 2 ** 20;
/** Quantiles, edges, counts and frequent values of all columns: each takes about 64 bytes of heap, and as much again on its way to JSON and to CSV. */
const MOST_FIGURES = Math.floor(HEAP / 256);
/** Characters of names and most frequent values: JSON spells one with up to six, and CSV is made of all at once. */
const MOST_TEXT = Math.floor(HEAP / 32);

/** Throws InputError (413) when so many columns with so many percentiles, and bins at the full level, are too many figures. */
export function checkFigures(columns: number, percentiles: number, level: Level): void {
  const isFull = level !== "describe";
  const more = isFull ? 2 * (level.bins + TOP_VALUES) : 0;
  const figures = columns * (percentiles + more);
  if (figures <= MOST_FIGURES) return;
  const each = isFull ? `, ${level.bins} bins and ${TOP_VALUES} values` : "";
  throw tooLarge(
    `${columns} columns with ${percentiles} percentiles${each} are ${figures} figures, and ${MOST_FIGURES} are the most`,
  );
}

/** Throws InputError (413) when the columns' names and most frequent values are too long together. */
export function checkTexts(columns: readonly Texts[]): void {
  let length = 0;
  for (const { name, top, topValues = [] } of columns) {
    length += name.length + lengthOf(top);
    for (const { value } of topValues) length += lengthOf(value);
  }
  if (length <= MOST_TEXT) return;
  throw tooLarge(
    `the names and most frequent values of the columns have ${length} characters, and ${MOST_TEXT} are the most`,
  );
}

interface Texts {
  name: string;
  top?: unknown;
  topValues?: readonly { value: unknown }[];
}

function lengthOf(value: unknown): number {
  return typeof value === "string" ? value.length : 0;
}

function tooLarge(sentence: string): InputError {
  return new InputError({
    status: 413,
    name: "too-large",
    detail: `${sentence} (THREAD_MEMORY): usecols describes fewer columns`,
  });
}
