// Samples as the JSON of a result, piece by piece.
import type { Samples } from "./make-classification.js";

/** Characters of one piece, at least. */
const PIECE = 65_536;
/** Numbers that are written at a time: about as many characters. */
const NUMBERS = 2048;

/** The name of a column: the features' first, then the class. */
export const columnName = (column: number, features: number): string =>
  column < features ? `vec_${column}` : "target";

/** How many numbers are written: those of the features, and the class. */
export const numbersOf = (rows: number, features: number): number => rows * (features + 1);

/**
 * `{"columns":{"vec_0":[…],…,"target":[…]}}`, a number that is not finite being `null`. `onNumbers` hears how many
 * have been written.
 */
export function* writeJson(samples: Samples, onNumbers?: (done: number) => void): Generator<string> {
  let piece = '{"columns":{';
  for (const text of columnTexts(samples, onNumbers)) {
    piece += text;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}}}`;
}

function* columnTexts(
  { values, labels, rows, columns }: Samples,
  onNumbers?: (done: number) => void,
): Generator<string> {
  const features = columns.length;
  for (let column = 0; column <= features; column++) {
    const from = columns[column];
    const at = (row: number) => {
      const number = from === undefined ? labels[row]! : values[row * features + from]!;
      return Number.isFinite(number) ? number : "null";
    };
    yield `${column === 0 ? "" : ","}"${columnName(column, features)}":[`;
    for (let start = 0; start < rows.length; start += NUMBERS) {
      const numbers = Array.from(rows.subarray(start, start + NUMBERS), at).join(",");
      yield start === 0 ? numbers : `,${numbers}`;
      onNumbers?.(column * rows.length + Math.min(start + NUMBERS, rows.length));
    }
    yield "]";
  }
}
