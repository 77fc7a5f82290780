// What a JSON text takes of a thread's heap, estimated before it is parsed. V8 does not stop parsing when the heap
// is full: it becomes ever slower, and ends the whole process when a large piece of memory cannot be had.

const [QUOTE, BACKSLASH, COLON, COMMA, POINT] = [0x22, 0x5c, 0x3a, 0x2c, 0x2e];
const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x7b, 0x7d];
const [ZERO, NINE, SPACE] = [0x30, 0x39, 0x20];
/** From this byte on, UTF-8 spells characters that make a JavaScript string one of two bytes a character. */
const WIDE = 0xc4;

// Bytes of V8's heap, as measured with Node 20 of a million of each.
/** A slot of an array. */
const ITEM = 8;
/** A slot of an object, and one in the array of the values of its column. */
const FIELD = 16;
/** A number that is no small integer. */
const DECIMAL = 16;
const ARRAY = 56;
const OBJECT = 24;
const EMPTY_OBJECT = 32;
/** A text beside its characters. Short ones that are equal are one. */
const TEXT = 32;
const SHORT = 10;
/** A key that no other object has: another kind of object, or a place in a large table. */
const NEW_KEY = 140;
/** A key that is a number is a place in an array with gaps, which the first one makes. */
const NUMBER_KEY = 100;
const FIRST_NUMBER_KEY = 300;

/** No byte weighs more: `{"0":1},` has 8. */
export const MOST_PER_BYTE = 60;

/** Bytes of heap that parsing `text` takes, and what it is parsed to. Texts that are no JSON have a weight, too. */
export function weightOf(text: Uint8Array): number {
  const { length } = text;
  const known = new Known();
  let weight = 0;
  let wide = 1;
  let isFirst = false;
  // this loop sees every byte of a body, so it is not cut into functions
  for (let at = 0; at < length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) {
      const start = at + 1;
      let hash = SEED;
      for (at++; at < length && text[at] !== QUOTE; at++) {
        if (text[at] === BACKSLASH) at++;
        hash = Math.imul(hash ^ text[at]!, PRIME);
        if (text[at]! >= WIDE) wide = 2;
      }
      const size = at - start;
      let next = at + 1;
      while (next < length && text[next]! <= SPACE) next++;
      const isKey = text[next] === COLON;
      if (size > SHORT && !isKey) weight += TEXT + size * wide;
      else if (known.add(hash)) weight += TEXT + size * wide + (isKey ? NEW_KEY : 0);
      if (isKey && text[start]! >= ZERO && text[start]! <= NINE)
        weight += NUMBER_KEY + (isFirst ? FIRST_NUMBER_KEY : 0);
      isFirst = false;
    } else if (byte === COMMA) weight += ITEM;
    else if (byte === COLON) weight += FIELD;
    else if (byte === POINT) weight += DECIMAL;
    else if (byte === OPEN_ARRAY) weight += ARRAY;
    else if (byte === OPEN_OBJECT) {
      weight += OBJECT;
      isFirst = true;
    } else if (byte === CLOSE_OBJECT && isFirst) {
      weight += EMPTY_OBJECT;
      isFirst = false;
    }
  }
  return weight + length * wide;
}

/** FNV-1a's prime, and where hashes begin: by chance, so that nobody can prepare texts that all collide. */
const PRIME = 0x01000193;
const SEED = Math.floor(Math.random() * 2 ** 32) | 0;

/** Tells new texts from old by one bit for each: of ten million different ones it takes a third for old. */
class Known {
  private readonly bits = new Uint8Array(2 ** 21);

  /** Whether it is new. */
  add(hash: number): boolean {
    const bit = (hash ^ (hash >>> 15)) & (2 ** 24 - 1);
    const mask = 1 << (bit & 7);
    const isNew = (this.bits[bit >>> 3]! & mask) === 0;
    this.bits[bit >>> 3]! |= mask;
    return isNew;
  }
}
