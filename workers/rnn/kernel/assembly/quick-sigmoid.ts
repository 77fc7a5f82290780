// σ quickly, for asking: within 2^-52 of the true value, relatively where that is small. Training, which would amplify
// the difference, uses sigmoid.ts.
//
// e^(−z) = e^(−n/64)·e^(−d), where n/64 is next to z: the first from a table, the second by a polynomial.
import { exp } from "./sigmoid";

/** From here on σ is 1, in float64. Below its negative σ is too small to be told from 0 by its distance from 1. */
const MOST = 37;
const NODES = 64;

/** e^(−n/64) at 8·n bytes from its middle. */
const table = memory.data(8 * (2 * MOST * NODES + 1), 64);
const middle = table + 8 * MOST * NODES;

export function fillTable(): void {
  for (let n = -MOST * NODES; n <= MOST * NODES; n++)
    store<f64>(middle + (<usize>n << 3), exp(<f64>-n / <f64>NODES));
}

// in memory: as operands they would be put together anew at each use
const constants = memory.data<f64>([
  MOST, MOST,
  -MOST, -MOST,
  105553116266496, 105553116266496, // 1.5·2^46: what is added to it is rounded to multiples of 1/64
  1, 1,
  // e^(−d) for |d| <= 1/128 within 1e-17: Taylor's terms, that of d^6 spread over those before (Chebyshev)
  0.4999999999970896, 0.4999999999970896,
  -0.16666666666666666, -0.16666666666666666,
  0.04166679382324218, 0.04166679382324218,
  -0.008333333333333333, -0.008333333333333333,
], 16);

/** Whether `quickSigmoids` is right for the two numbers of both: they are −37 at least, and not NaN. */
@inline
export function areForQuick(a: v128, b: v128): bool {
  const least = v128.load(constants, 16);
  return i64x2.all_true(v128.and(f64x2.ge(a, least), f64x2.ge(b, least)));
}

/** σ(z) = 1 / (1 + e^(−z)) of two numbers. */
@inline
export function quickSigmoids(z: v128): v128 {
  const one = v128.load(constants, 48);
  const shift = v128.load(constants, 32);
  const x = f64x2.pmin(z, v128.load(constants));
  const shifted = f64x2.add(x, shift);
  const d = f64x2.sub(x, f64x2.sub(shifted, shift));
  const nodes = v128.load64_zero(middle + (i32x4.extract_lane(shifted, 0) << 3));
  const node = v128.load_lane<u64>(middle + (i32x4.extract_lane(shifted, 2) << 3), nodes, 1);
  const d2 = f64x2.mul(d, d);
  const high = f64x2.add(v128.load(constants, 96), f64x2.mul(d, v128.load(constants, 112)));
  const low = f64x2.add(v128.load(constants, 64), f64x2.mul(d, v128.load(constants, 80)));
  const tail = f64x2.mul(d2, f64x2.add(low, f64x2.mul(d2, high)));
  const power = f64x2.add(f64x2.sub(one, d), tail);
  return f64x2.div(one, f64x2.add(one, f64x2.mul(node, power)));
}
