// Samples as CSV: a header, and a row for each, in which a number that is not finite is empty.
import { columnName } from "./write-json.js";

const [OPEN, CLOSE, COMMA, NEWLINE, N] = [0x5b, 0x5d, 0x2c, 0x0a, 0x6e];
/** Bytes of one piece. */
const PIECE = 65_536;
/** Bytes that a name or a number may have, with what is around it. */
const LONGEST = 32;

/**
 * Rows made of the bytes of a result's JSON, in which each number stands as it does in CSV: as values, a large result
 * would take many times its size. The columns are read beside one another.
 */
export function* csvOfJson(json: Uint8Array): Generator<Uint8Array> {
  const columns = findColumns(json);
  const last = columns.length - 1;
  const piece = Buffer.alloc(PIECE);
  let length = 0;
  for (let column = 0; column <= last; column++) {
    length += piece.write(columnName(column, last), length);
    piece[length++] = column === last ? NEWLINE : COMMA;
    if (length + LONGEST < PIECE) continue;
    yield Uint8Array.from(piece.subarray(0, length));
    length = 0;
  }
  for (let isLastRow = false; !isLastRow; )
    for (let column = 0; column <= last; column++) {
      let at = columns[column]!;
      if (json[at] === N) at += "null".length;
      for (; json[at] !== COMMA && json[at] !== CLOSE; at++) piece[length++] = json[at]!;
      piece[length++] = column === last ? NEWLINE : COMMA;
      isLastRow = json[at] === CLOSE;
      columns[column] = at + 1;
      if (length + LONGEST < PIECE) continue;
      yield Uint8Array.from(piece.subarray(0, length));
      length = 0;
    }
  yield Uint8Array.from(piece.subarray(0, length));
}

/** Where the first number of each column is. */
function findColumns(json: Uint8Array): Float64Array {
  let count = 0;
  for (let at = json.indexOf(OPEN); at !== -1; at = json.indexOf(OPEN, at + 1)) count++;
  const columns = new Float64Array(count);
  for (let column = 0, at = -1; column < count; column++) {
    at = json.indexOf(OPEN, at + 1);
    columns[column] = at + 1;
  }
  return columns;
}
