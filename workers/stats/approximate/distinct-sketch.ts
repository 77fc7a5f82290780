// How many different values there are, from their hashes, in 64 KiB.

/** Bits of a hash that choose a register: the standard error is 1.04 / 2^(16/2), 0.4%. */
const BITS = 16;
export const REGISTERS = 2 ** BITS;
/** Hashes there are. */
const HASHES = 2 ** 32;
/** Five standard errors: the relative error that is stated. */
export const DISTINCT_ERROR = 0.02;

/** HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007) on 32-bit hashes, with Ertl's improved estimator (2017). */
export class DistinctSketch {
  /** For each register, the most zeros that any hash began with after the bits that chose it, plus 1. */
  readonly registers: Uint8Array;

  constructor(registers: Uint8Array = new Uint8Array(REGISTERS)) {
    this.registers = registers;
  }

  add(hash: number): void {
    const register = hash >>> (32 - BITS);
    const zeros = Math.min(Math.clz32(hash << BITS), 32 - BITS) + 1;
    if (zeros > this.registers[register]!) this.registers[register] = zeros;
  }

  merge({ registers }: DistinctSketch): void {
    for (let at = 0; at < REGISTERS; at++)
      if (registers[at]! > this.registers[at]!) this.registers[at] = registers[at]!;
  }

  estimate(): number {
    const most = 32 - BITS;
    const histogram = new Float64Array(most + 2);
    for (const register of this.registers) histogram[register]!++;
    let sum = REGISTERS * tau(1 - histogram[most + 1]! / REGISTERS);
    for (let at = most; at >= 1; at--) sum = 0.5 * (sum + histogram[at]!);
    sum += REGISTERS * sigma(histogram[0]! / REGISTERS);
    const hashes = REGISTERS ** 2 / (2 * Math.LN2 * sum);
    // different values may have one hash
    return Math.round(hashes < HASHES ? -HASHES * Math.log1p(-hashes / HASHES) : hashes);
  }
}

/** Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithms 5 and 6. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let weight = 1;
  let sum = x;
  for (let last = -1; sum !== last; weight *= 2) {
    power *= power;
    last = sum;
    sum += power * weight;
  }
  return sum;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let weight = 1;
  let sum = 1 - x;
  for (let last = -1; sum !== last; ) {
    root = Math.sqrt(root);
    last = sum;
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
