// A body of additions as it is usually written, read some times quicker than by JSON.parse and validation.

const [SPACE, QUOTE, BACKSLASH, COMMA, COLON] = [0x20, 0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];
const [TAB, LINE_FEED, CARRIAGE_RETURN] = [0x09, 0x0a, 0x0d];
const ZERO = 0x30;
const DELETE = 0x7f;

/** Of a number that is read here: larger ones have other ways to be wrong. */
const MOST_DIGITS = 10;

export interface PairsBody {
  pairs: number[][];
  model?: string;
}

/**
 * Reads `{"pairs": [[a, b], …], "model": "…"}` with 1 … `most` pairs of plain integers and the name of a model in 1 … 64
 * plain characters. `undefined` for whatever else, which may be right, too.
 */
export function readPairs(body: Uint8Array, most: number): PairsBody | undefined {
  return new Reader(body).body(most);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  body(most: number): PairsBody | undefined {
    let pairs: number[][] | undefined;
    let model: string | undefined;
    if (!this.#take(OPEN_OBJECT)) return undefined;
    do {
      const name = this.#word();
      if (!this.#take(COLON)) return undefined;
      if (name === "pairs" && !pairs) {
        pairs = this.#pairs(most);
        if (!pairs) return undefined;
      } else if (name === "model" && model === undefined) {
        model = this.#word();
        if (model === undefined) return undefined;
      } else return undefined;
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_OBJECT) || this.#next() !== undefined || !pairs) return undefined;
    return model === undefined ? { pairs } : { pairs, model };
  }

  #pairs(most: number): number[][] | undefined {
    const pairs: number[][] = [];
    if (!this.#take(OPEN_ARRAY)) return undefined;
    do {
      if (pairs.length === most || !this.#take(OPEN_ARRAY)) return undefined;
      const a = this.#integer();
      if (a < 0 || !this.#take(COMMA)) return undefined;
      const b = this.#integer();
      if (b < 0 || !this.#take(CLOSE_ARRAY)) return undefined;
      pairs.push([a, b]);
    } while (this.#take(COMMA));
    return this.#take(CLOSE_ARRAY) ? pairs : undefined;
  }

  /** −1 for what is none. */
  #integer(): number {
    this.#next();
    const start = this.#at;
    let value = 0;
    for (let digit = this.#digit(); digit >= 0; digit = this.#digit()) {
      value = value * 10 + digit;
      this.#at++;
    }
    const digits = this.#at - start;
    const hasZeros = digits > 1 && this.#bytes[start] === ZERO;
    return digits === 0 || digits > MOST_DIGITS || hasZeros ? -1 : value;
  }

  #digit(): number {
    const digit = this.#bytes[this.#at]! - ZERO;
    return digit <= 9 ? digit : -1;
  }

  /** A string of 1 … 64 ASCII characters, without escapes. */
  #word(): string | undefined {
    if (!this.#take(QUOTE)) return undefined;
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < SPACE || byte >= DELETE || byte === BACKSLASH) return undefined;
      this.#at++;
    }
    const word = String.fromCharCode(...this.#bytes.subarray(start, Math.min(this.#at, start + 65)));
    this.#at++;
    return word.length >= 1 && word.length <= 64 ? word : undefined;
  }

  /** Whether `byte` comes next, which is then taken. */
  #take(byte: number): boolean {
    if (this.#next() !== byte) return false;
    this.#at++;
    return true;
  }

  /** The next byte that is no white space; `undefined` at the end. */
  #next(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== SPACE && byte !== LINE_FEED && byte !== TAB && byte !== CARRIAGE_RETURN) return byte;
      this.#at++;
    }
  }
}
