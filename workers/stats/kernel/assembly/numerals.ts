// Reads a field as a number, sixteen bytes at a time. `parse-number.ts` is the reference, and does what is left out here.
import { toDouble } from "./doubles";

/** What a field is: as `Numeral` of parse-number.ts. */
export const NONE: u32 = 0;
const INTEGER: u32 = 1;
const DECIMAL: u32 = 2;
const UNSIGNED: u32 = 4;
const LOW: u32 = 16;
const NEGATIVE: u32 = 32;

const PLUS: u32 = 43;
const MINUS: u32 = 45;
const POINT: u32 = 46;
const ZERO: u32 = 48;
/** Digits that always fit 64 bits. */
const MOST_DIGITS = 19;
/** Exponents of more digits are left to the reference. */
const MOST_EXPONENT = 9999;
/** Where 64-bit integers with a sign end. */
const BEYOND: u64 = 1 << 63;

/** At 16 n: a mask of the last n of sixteen bytes. */
const LAST = memory.data(17 * 16, 16);
/** At 16 f: a swizzle that takes out the byte before the last f, a zero coming in from the left. */
const SQUEEZE = memory.data(16 * 16, 16);

/** Reads [from, to) in the reference's way and writes the number to `target`. */
@external("host", "parseNumber")
declare function parseByReference(from: usize, to: usize, target: usize): u32;

export function prepareNumerals(): void {
  for (let n: usize = 0; n <= 16; n++)
    for (let at: usize = 0; at < 16; at++) store<u8>(LAST + n * 16 + at, at >= 16 - n ? 0xff : 0);
  for (let f: usize = 0; f < 16; f++)
    for (let at: usize = 0; at < 16; at++)
      store<u8>(SQUEEZE + f * 16 + at, at > 15 - f ? at : at == 0 ? 0x80 : at - 1);
}

/** The number that sixteen digits (0 to 9, the most significant first) spell. */
@inline
function sixteenDigits(digits: v128): u64 {
  const tens = i16x8.mul(v128.and(digits, i16x8.splat(0xff)), i16x8.splat(10));
  const pairs = i16x8.add(tens, i16x8.shr_u(digits, 8));
  const fours = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const narrow = i16x8.narrow_i32x4_u(fours, fours);
  const eights = i32x4.dot_i16x8_s(narrow, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  return (<u64>i32x4.extract_lane(eights, 0)) * 100000000 + <u64>i32x4.extract_lane(eights, 1);
}

/** The values of sixteen digits; other bytes become more than 9. */
@inline
function digitsAt(address: usize): v128 {
  return i8x16.sub(v128.load(address), i8x16.splat(<i8>ZERO));
}

/** A bit for each byte that is no digit, the first byte's the lowest. */
@inline
function others(digits: v128): u32 {
  return i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)));
}

@inline
function lastBytes(digits: v128, count: i32): v128 {
  return v128.and(digits, v128.load(LAST + (<usize>count << 4)));
}

@inline
function withoutPoint(digits: v128, fraction: i32): v128 {
  return i8x16.swizzle(digits, v128.load(SQUEEZE + (<usize>fraction << 4)));
}

/**
 * Reads the field in [from, to), writes its number to `target` and answers what it is. Up to 32 bytes before
 * the field are loaded.
 */
@inline
export function parseNumber(from: usize, to: usize, target: usize): u32 {
  const length = <i32>(to - from);
  if (<u32>(length - 1) >= 16) return parseLong(from, to, target);
  const digits = digitsAt(to - 16);
  let odd = others(digits) >> (16 - length);
  let count = length;
  let negative = false;
  if (odd & 1) {
    const sign = <u32>load<u8>(from);
    negative = sign == MINUS;
    if (negative || sign == PLUS) {
      odd ^= 1;
      count--;
    }
  }
  if (odd == 0) {
    if (count == 0) return NONE;
    const value = <f64>sixteenDigits(lastBytes(digits, count));
    store<f64>(target, negative ? -value : value);
    return negative ? INTEGER | NEGATIVE : INTEGER;
  }
  const point = <i32>ctz(odd);
  if (odd & (odd - 1) || <u32>load<u8>(from + point) != POINT) return parseUnusual(from, to, target);
  if (--count == 0) return NONE;
  const fraction = length - 1 - point;
  const mantissa = sixteenDigits(lastBytes(withoutPoint(digits, fraction), count));
  // 16 bytes with a point have at most 15 digits, which a double holds exactly
  const value = toDouble(mantissa, -fraction);
  store<f64>(target, negative ? -value : value);
  return DECIMAL;
}

/** Decimals of 17 to 32 bytes without an exponent, the many digits of a double: in two halves. */
function parseLong(from: usize, to: usize, target: usize): u32 {
  const length = <i32>(to - from);
  if (length == 0) return NONE;
  if (length > 32) return parseUnusual(from, to, target);
  const head = digitsAt(to - 32);
  const tail = digitsAt(to - 16);
  let odd = (others(head) >> (32 - length)) | (others(tail) << (length - 16));
  let count = length;
  let negative = false;
  if (odd & 1) {
    const sign = <u32>load<u8>(from);
    negative = sign == MINUS;
    if (negative || sign == PLUS) {
      odd ^= 1;
      count--;
    }
  }
  const point = <i32>ctz(odd);
  if (odd == 0 || odd & (odd - 1) || <u32>load<u8>(from + point) != POINT)
    return parseUnusual(from, to, target);
  count--;
  const fraction = length - 1 - point;
  let mantissa: u64;
  if (fraction < 16) {
    // the point is in the tail, which has 15 digits without it
    const upper = sixteenDigits(lastBytes(head, count - 15));
    if (upper >= 10000) return parseUnusual(from, to, target);
    mantissa = upper * 1000000000000000 + sixteenDigits(lastBytes(withoutPoint(tail, fraction), 15));
  } else {
    const upper = sixteenDigits(lastBytes(withoutPoint(head, fraction - 16), count - 16));
    if (upper >= 1000) return parseUnusual(from, to, target);
    mantissa = upper * 10000000000000000 + sixteenDigits(tail);
  }
  const value = toDouble(mantissa, -fraction);
  if (value != value) return parseByReference(from, to, target);
  store<f64>(target, negative ? -value : value);
  return DECIMAL;
}

@inline
function isSpace(byte: u32): bool {
  return byte == 32 || byte - 9 < 5;
}

/** Numerals between spaces, those with an exponent and long integers; the rest is left to the reference. */
function parseUnusual(from: usize, to: usize, target: usize): u32 {
  let at = from;
  let end = to;
  while (at < end && isSpace(load<u8>(at))) at++;
  while (at < end && isSpace(load<u8>(end - 1))) end--;
  if (at == end) return NONE;
  const sign = <u32>load<u8>(at);
  const negative = sign == MINUS;
  if (negative || sign == PLUS) at++;

  const first = at;
  let mantissa: u64 = 0;
  let digit: u32 = 0;
  for (; at < end; at++) {
    digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) break;
    mantissa = mantissa * 10 + digit;
  }
  let digits = <i32>(at - first);
  if (at == end) {
    if (digits == 0) return NONE;
    if (digits > MOST_DIGITS) return parseByReference(from, to, target);
    store<f64>(target, negative ? -(<f64>mantissa) : <f64>mantissa);
    if (negative) return mantissa > BEYOND ? INTEGER | NEGATIVE | LOW : INTEGER | NEGATIVE;
    return mantissa >= BEYOND ? INTEGER | UNSIGNED : INTEGER;
  }
  let power = 0;
  if (<u32>load<u8>(at) == POINT) {
    const point = ++at;
    for (; at < end; at++) {
      digit = <u32>load<u8>(at) - ZERO;
      if (digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    power = -(<i32>(at - point));
    digits -= power;
  }
  // infinities are without digits
  if (digits == 0) return parseByReference(from, to, target);
  if (digits > MOST_DIGITS) return parseByReference(from, to, target);
  if (at < end) {
    if ((<u32>load<u8>(at) | 32) != 101) return NONE;
    at++;
    const exponentSign = at < end ? <u32>load<u8>(at) : 0;
    if (exponentSign == MINUS || exponentSign == PLUS) at++;
    if (at == end) return NONE;
    let exponent = 0;
    for (; at < end; at++) {
      digit = <u32>load<u8>(at) - ZERO;
      if (digit > 9) return NONE;
      exponent = exponent * 10 + <i32>digit;
      if (exponent > MOST_EXPONENT) return parseByReference(from, to, target);
    }
    power += exponentSign == MINUS ? -exponent : exponent;
  }
  const value = toDouble(mantissa, power);
  if (value != value) return parseByReference(from, to, target);
  if (value == Infinity) return NONE;
  store<f64>(target, negative ? -value : value);
  return DECIMAL;
}
