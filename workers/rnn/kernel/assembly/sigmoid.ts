// σ of two numbers at a time, to the last bit what the plain kernel computes with Math.exp.
//
// V8's Math.exp is that of Sun's fdlibm (e_exp.c, 1993, 2004), whose constants and order of operations these are:
// x = k·ln 2 + r; e^r = 1 + r + r·c/(2 − c), where c = r − r²·(P1 + r²·(P2 + …)); e^x = 2^k·e^r.

/** Math.exp itself, for what is outside of the range below. */
@external("host", "exp")
export declare function exp(x: f64): f64;

/** Of |x|: above it powers of two may be no normal numbers. */
const MOST: f64 = 700;

// in memory: as operands they would be put together anew at each use
const constants = memory.data<f64>([
  1.4426950408889634, 1.4426950408889634, // 1 / ln 2
  0.6931471803691238, 0.6931471803691238, // ln 2, its high bits
  1.9082149292705877e-10, 1.9082149292705877e-10, // and the rest
  0.3465735912322998, 0.3465735912322998, // half of ln 2, as far as its high word tells
  0.16666666666666602, 0.16666666666666602, // P1
  -0.0027777777777015593, -0.0027777777777015593,
  0.00006613756321437934, 0.00006613756321437934,
  -0.0000016533902205465252, -0.0000016533902205465252,
  4.1381367970572385e-8, 4.1381367970572385e-8, // P5
  6755399441055744, 6755399441055744, // 1.5·2^52: added to an integer, shows it in the last bits
  1, 1,
  2, 2,
  0.5, 0.5,
  -0.0, -0.0,
], 16);

/** e^x for |x| <= MOST, and NaN for NaN. Where fdlibm takes 1 + x, for |x| < 2^-28, the last bit may be another. */
@inline
export function exps(x: v128): v128 {
  const size = v128.andnot(x, v128.load(constants, 208));
  const half = v128.or(v128.load(constants, 192), v128.and(x, v128.load(constants, 208)));
  const nearest = f64x2.trunc(f64x2.add(f64x2.mul(x, v128.load(constants)), half));
  const k = v128.and(nearest, f64x2.ge(size, v128.load(constants, 48)));
  const high = f64x2.sub(x, f64x2.mul(k, v128.load(constants, 16)));
  const low = f64x2.mul(k, v128.load(constants, 32));
  const r = f64x2.sub(high, low);
  const t = f64x2.mul(r, r);
  let p = f64x2.add(v128.load(constants, 112), f64x2.mul(t, v128.load(constants, 128)));
  p = f64x2.add(v128.load(constants, 96), f64x2.mul(t, p));
  p = f64x2.add(v128.load(constants, 80), f64x2.mul(t, p));
  p = f64x2.add(v128.load(constants, 64), f64x2.mul(t, p));
  const c = f64x2.sub(r, f64x2.mul(t, p));
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(v128.load(constants, 176), c));
  const y = f64x2.sub(v128.load(constants, 160), f64x2.sub(f64x2.sub(low, quotient), high));
  const power = i64x2.shl(f64x2.add(k, v128.load(constants, 144)), 52);
  return i64x2.add(y, power);
}

/** σ(z) = 1 / (1 + e^(−z)) */
@inline
export function sigmoids(z: v128): v128 {
  const one = v128.load(constants, 160);
  return f64x2.div(one, f64x2.add(one, exps(v128.xor(z, v128.load(constants, 208)))));
}

/** The same for any z. */
export function sigmoid(z: f64): f64 {
  return 1 / (1 + exp(-z));
}

/** The same for any two z. */
export function anySigmoids(z: v128): v128 {
  if (i64x2.all_true(f64x2.le(f64x2.abs(z), f64x2.splat(MOST)))) return sigmoids(z);
  return f64x2(sigmoid(f64x2.extract_lane(z, 0)), sigmoid(f64x2.extract_lane(z, 1)));
}

/** Replaces the numbers in `vectors` vectors at `at` by their σ; `vectors` is even. */
export function sigmoidAll(at: usize, vectors: i32): void {
  for (const end = at + (<usize>vectors << 4); at < end; at += 32) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const most = f64x2.pmax(f64x2.abs(a), f64x2.abs(b));
    const areSmall = i64x2.all_true(f64x2.le(most, f64x2.splat(MOST)));
    v128.store(at, areSmall ? sigmoids(a) : anySigmoids(a));
    v128.store(at, areSmall ? sigmoids(b) : anySigmoids(b), 16);
  }
}
