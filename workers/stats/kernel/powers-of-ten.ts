// Powers of ten in 128 bits: the table of Eisel and Lemire's algorithm.

export const LEAST_POWER = -342;
export const MOST_POWER = 308;
const BITS = 128;

/** From here on, a product of 64 bits with the rounded reciprocal is exact enough to tell what is halfway. */
const LEAST_ROUNDED = -27;

/**
 * The 128 most significant bits of 10^power as Lemire, Number Parsing at a Gigabyte per Second (2021), section 5, has
 * them: cut off for powers from 0 on, and rounded up for the reciprocals down to 10^-27.
 */
export function significantBits(power: number): bigint {
  if (power >= 0) return leading(10n ** BigInt(power));
  // of powers of five: those of two are in the exponent
  const divisor = 5n ** BigInt(-power);
  const length = BigInt(bitLength(divisor));
  if (power >= LEAST_ROUNDED) return (1n << (length + 127n)) / divisor + 1n;
  return leading((1n << (2n * length + 128n)) / divisor + 1n);
}

function leading(value: bigint): bigint {
  const excess = bitLength(value) - BITS;
  return excess >= 0 ? value >> BigInt(excess) : value << BigInt(-excess);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** All of the table: for each power its upper and its lower 64 bits. */
export function powersOfTen(): BigUint64Array {
  const table = new BigUint64Array(2 * (MOST_POWER - LEAST_POWER + 1));
  for (let power = LEAST_POWER; power <= MOST_POWER; power++) {
    const bits = significantBits(power);
    const at = 2 * (power - LEAST_POWER);
    table[at] = bits >> 64n;
    table[at + 1] = BigInt.asUintN(64, bits);
  }
  return table;
}
