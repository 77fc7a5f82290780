// Reads numerals from bytes, to the nearest double, as pandas' C parser recognises them.

/** What a field is; a sum of these bits, 0 for what is no number. */
export const Numeral = {
  none: 0,
  /** Optional sign and digits. */
  integer: 1,
  /** With a point or an exponent, or an infinity. */
  decimal: 2,
  /** An integer from 2^63 up to 2^64. */
  unsigned: 4,
  /** An integer from 2^64 on. */
  huge: 8,
  /** An integer below -2^63. */
  low: 16,
  /** An integer with a minus sign, `-0` included. */
  negative: 32,
} as const;

/** The value of the numeral that `parseNumber` read last (a cell of its own: a double that is returned beside its kind would be boxed). */
export const parsed = new Float64Array(1);

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Below it, every integer is a double. */
const EXACT = 2 ** 53;
const INFINITY = /^[+-]?inf(inity)?$/i;

/** As C's isspace: a numeral may stand between these. */
function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/**
 * Reads the numeral in [from, to) into `parsed` and answers what it is, a sum of bits of `Numeral`.
 *
 * With a mantissa below 2^53 and a power of ten up to 10^22, both are exact doubles, so that one
 * multiplication or division rounds correctly (Clinger's fast path); other numerals go through
 * `Number`, which is exact as well. What is beyond a double's range is no number.
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let byte = bytes[at]!;
  const negative = byte === MINUS;
  if (negative || byte === PLUS) at++;
  let mantissa = 0;
  let digits = -at;
  for (; at < to; at++) {
    byte = bytes[at]! - 48;
    if (byte >>> 0 > 9) break;
    mantissa = mantissa * 10 + byte;
  }
  digits += at;
  if (at === to) {
    if (digits === 0) return Numeral.none;
    if (mantissa >= EXACT) return parseLongInteger(bytes, from, to);
    parsed[0] = negative ? -mantissa : mantissa;
    return negative ? Numeral.integer | Numeral.negative : Numeral.integer;
  }

  let scale = 0;
  if (bytes[at] === POINT) {
    const point = ++at;
    for (; at < to; at++) {
      byte = bytes[at]! - 48;
      if (byte >>> 0 > 9) break;
      mantissa = mantissa * 10 + byte;
    }
    scale = at - point;
    digits += scale;
  }
  if (digits === 0) return parseUnusual(bytes, from, to);
  if (at < to) {
    if ((bytes[at]! | 32) !== 101) return parseUnusual(bytes, from, to);
    at++;
    const minus = bytes[at] === MINUS;
    if (at < to && (minus || bytes[at] === PLUS)) at++;
    const first = at;
    let exponent = 0;
    for (; at < to; at++) {
      byte = bytes[at]! - 48;
      if (byte >>> 0 > 9) break;
      exponent = exponent * 10 + byte;
    }
    if (at === first) return Numeral.none;
    if (at < to) return parseUnusual(bytes, from, to);
    scale += minus ? exponent : -exponent;
  }
  if (mantissa >= EXACT || scale > 22 || scale < -22) return parseLongDecimal(bytes, from, to);
  const value = scale >= 0 ? mantissa / POWERS[scale]! : mantissa * POWERS[-scale]!;
  parsed[0] = negative ? -value : value;
  return Numeral.decimal;
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

/** [from, to) holds a well-formed integer of more digits than a double is exact for. */
function parseLongInteger(bytes: Uint8Array, from: number, to: number): number {
  const text = textOf(bytes, from, to);
  parsed[0] = Number(text);
  if (!Number.isFinite(parsed[0])) return Numeral.none;
  const negative = bytes[from] === MINUS;
  // parsing a long numeral as a BigInt takes quadratic time; from 1e20 on, its size is plain
  if (Math.abs(parsed[0]) > 1e20)
    return Numeral.integer | (negative ? Numeral.negative | Numeral.low : Numeral.huge);
  const size = BigInt(text.replace(/^[+-]/, ""));
  if (negative) return Numeral.integer | Numeral.negative | (size > 2n ** 63n ? Numeral.low : 0);
  return Numeral.integer | (size >= 2n ** 64n ? Numeral.huge : size >= 2n ** 63n ? Numeral.unsigned : 0);
}

/** [from, to) holds a well-formed decimal. */
function parseLongDecimal(bytes: Uint8Array, from: number, to: number): number {
  parsed[0] = Number(textOf(bytes, from, to));
  return Number.isFinite(parsed[0]) ? Numeral.decimal : Numeral.none;
}

/** Infinities (which stand without spaces, as in pandas) and numerals between spaces. */
function parseUnusual(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start]!)) start++;
  while (start < end && isSpace(bytes[end - 1]!)) end--;
  if (start !== from || end !== to) {
    const kind = start < end ? parseNumber(bytes, start, end) : Numeral.none;
    return kind === Numeral.decimal && !Number.isFinite(parsed[0]!) ? Numeral.none : kind;
  }
  if (to - from > "+infinity".length) return Numeral.none;
  const text = textOf(bytes, from, to);
  if (!INFINITY.test(text)) return Numeral.none;
  parsed[0] = text.startsWith("-") ? -Infinity : Infinity;
  return Numeral.decimal;
}

/** The number that a text spells, as it would in a field; `undefined` when it spells none. */
export function numberIn(text: string): number | undefined {
  const bytes = new TextEncoder().encode(text);
  return parseNumber(bytes, 0, bytes.length) === Numeral.none ? undefined : parsed[0];
}
