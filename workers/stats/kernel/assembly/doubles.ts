// The double nearest to a decimal: Eisel and Lemire's algorithm (Lemire, Number Parsing at a Gigabyte per Second, 2021).

/** 10^0 … 10^22, which doubles hold exactly. */
const EXACT_POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
  1e19, 1e20, 1e21, 1e22,
]);
const MOST_EXACT_POWER = 22;
/** Every integer up to here is a double. */
const MOST_EXACT: u64 = 1 << 53;

/** Powers of ten of which the table has the 128 most significant bits. */
const LEAST_POWER = -342;
const MOST_POWER = 308;
const table = memory.data((MOST_POWER - LEAST_POWER + 1) * 16, 16);

/** Where the host writes the powers from 10^-342 to 10^308: each as two 64-bit words, the upper one first. */
export function powersAddress(): usize {
  return table;
}

/** mantissa × 10^power, rounded to the nearest; NaN when this way cannot tell. */
@inline
export function toDouble(mantissa: u64, power: i32): f64 {
  if (mantissa <= MOST_EXACT && power <= 0 && power >= -MOST_EXACT_POWER)
    // both are exact, so one division rounds correctly (Clinger 1990)
    return <f64>mantissa / load<f64>(EXACT_POWERS + ((<usize>-power) << 3));
  return scaled(mantissa, power);
}

function scaled(mantissa: u64, power: i32): f64 {
  if (mantissa <= MOST_EXACT && power >= 0 && power <= MOST_EXACT_POWER)
    return <f64>mantissa * load<f64>(EXACT_POWERS + ((<usize>power) << 3));
  if (mantissa == 0 || power < LEAST_POWER) return 0;
  if (power > MOST_POWER) return Infinity;

  const zeros = <i32>clz<u64>(mantissa);
  const digits = mantissa << (<u64>zeros);
  const entry = table + ((<usize>(power - LEAST_POWER)) << 4);
  const upper = load<u64>(entry);
  let low = digits * upper;
  let high = upperProduct(digits, upper);
  if ((high & 0x1ff) == 0x1ff) {
    // the bits that decide may change with the power's lower half
    const carried = low + upperProduct(digits, load<u64>(entry, 8));
    if (carried < low) high++;
    low = carried;
    if (low == u64.MAX_VALUE && (power < -27 || power > 55)) return NaN;
  }

  const top = high >> 63;
  const shift = top + 9;
  let bits = high >> shift;
  // floor(power × log2(10)) by a multiplication, exact in the table's range
  let exponent = ((217706 * power) >> 16) + 63 + 1023 + <i32>top - zeros;
  if (exponent <= 0) return NaN; // a subnormal: seldom, so left to the exact way
  // exactly between two doubles: to the even one
  if (low <= 1 && power >= -4 && power <= 23 && (bits & 3) == 1 && bits << shift == high) bits &= ~(<u64>1);
  bits = (bits + (bits & 1)) >> 1;
  if (bits >= MOST_EXACT) {
    bits = MOST_EXACT >> 1;
    exponent++;
  }
  if (exponent >= 0x7ff) return Infinity;
  return reinterpret<f64>((bits & ((MOST_EXACT >> 1) - 1)) | ((<u64>exponent) << 52));
}

/** The upper 64 bits of a product. */
export function upperProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (cross >> 32);
}
