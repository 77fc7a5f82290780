// Samples as Avro: the schema, and the encoding piece by piece.
import { type AvroSchema, avroType, END } from "../avro.js";

const column: AvroSchema = { type: "array", items: ["null", "double"] };

export const samplesSchema: AvroSchema = {
  type: "record",
  name: "Samples",
  namespace: "abacus",
  doc: "Samples of a random classification problem.",
  fields: [
    {
      name: "columns",
      type: { type: "map", values: column },
      doc: "The features vec_0, vec_1 and so on, and target, the class: a number for each sample, null where it is not finite.",
    },
  ],
};

const [CLOSE, COMMA, QUOTE] = [0x5d, 0x2c, 0x22];
/** Where the first column's name is. */
const FIRST = '{"columns":{'.length;
/** Bytes of JSON that become one block at most: about 850 numbers of full length, or 8192 digits. */
const BLOCK = 16_384;
/** Bytes of a block at most: 9 for a number and its comma, and what comes before and after. */
const BLOCK_BYTES = (BLOCK / 2) * 9 + 64;
/** Bytes of one piece at most. */
const PIECE = 131_072;
/** A block of a map with one entry. */
const ONE = 2;

/**
 * A result of `samples` as one datum of `samplesSchema`, made of the bytes of its JSON: as values, a large result would
 * take many times its size. Each column is a block of the map, its numbers as many blocks of the array as it takes.
 */
export function* avroOfJson(json: Uint8Array): Generator<Uint8Array> {
  const [names, numbers] = [avroType("string"), avroType(column)];
  const piece = Buffer.alloc(PIECE);
  let length = 0;
  for (const block of blocksOf(Buffer.from(json.buffer, json.byteOffset, json.byteLength))) {
    if (block.name !== undefined) {
      piece[length++] = ONE;
      length = names.encode(block.name, piece, length);
    }
    length = numbers.encode(block.numbers, piece, length);
    if (!block.isLast) length--; // without the array's end: more of it follows
    if (length + BLOCK_BYTES <= PIECE) continue;
    yield Buffer.from(piece.subarray(0, length));
    length = 0;
  }
  piece[length++] = END;
  yield Buffer.from(piece.subarray(0, length));
}

interface Block {
  /** The column's, with its first block. */
  name: string | undefined;
  numbers: (number | null)[];
  /** Whether the column ends with it. */
  isLast: boolean;
}

function* blocksOf(json: Buffer): Generator<Block> {
  for (let at = FIRST; json[at] === QUOTE; ) {
    const nameEnd = json.indexOf(QUOTE, at + 1);
    let name: string | undefined = json.toString("latin1", at + 1, nameEnd);
    at = nameEnd + '":['.length;
    const close = json.indexOf(CLOSE, at);
    for (let isLast = false; !isLast; name = undefined) {
      isLast = close - at <= BLOCK;
      const end = isLast ? close : json.lastIndexOf(COMMA, at + BLOCK);
      yield { name, numbers: JSON.parse(`[${json.toString("latin1", at, end)}]`), isLast };
      at = end + 1;
    }
    if (json[at] === COMMA) at++;
  }
}
