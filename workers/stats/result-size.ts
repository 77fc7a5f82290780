// How large the answer may become: it is made, and made into other formats, in the heap of a thread.
import { resourceLimits } from "node:worker_threads";
import { InputError } from "../input-error.js";

/** Bytes. In the main thread, for tests, what a thread has by default. */
const HEAP = (resourceLimits.maxOldGenerationSizeMb ?? 512) * 2 ** 20;
/** Quantiles of all columns: each takes about 64 bytes of heap, and as much again on its way to JSON and to CSV. */
const MOST_QUANTILES = Math.floor(HEAP / 256);
/** Characters of names and most frequent values: JSON spells one with up to six, and CSV is made of all at once. */
const MOST_TEXT = Math.floor(HEAP / 32);

/** Throws InputError (413) when so many columns with so many percentiles are too many figures. */
export function checkQuantiles(columns: number, percentiles: number): void {
  if (columns * percentiles <= MOST_QUANTILES) return;
  throw tooLarge(
    `${columns} columns with ${percentiles} percentiles are ${columns * percentiles} figures, and ${MOST_QUANTILES} are the most`,
  );
}

/** Throws InputError (413) when the columns' names and most frequent values are too long together. */
export function checkTexts(columns: readonly { name: string; top?: unknown }[]): void {
  let length = 0;
  for (const { name, top } of columns) length += name.length + (typeof top === "string" ? top.length : 0);
  if (length <= MOST_TEXT) return;
  throw tooLarge(
    `the names and most frequent values of the columns have ${length} characters, and ${MOST_TEXT} are the most`,
  );
}

function tooLarge(sentence: string): InputError {
  return new InputError({
    status: 413,
    name: "too-large",
    detail: `${sentence} (THREAD_MEMORY): usecols describes fewer columns`,
  });
}
