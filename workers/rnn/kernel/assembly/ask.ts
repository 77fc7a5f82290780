// Asking the network, four pairs of numbers beside one another. ../../network.ts is the reference.
import { B, H, stride, synapse0, synapse1, synapseH, units } from "./network";
import { areForQuick, quickSigmoids } from "./quick-sigmoid";
import { anySigmoids, sigmoid } from "./sigmoid";

/** Above it 1 / (1 + e^(−z)) is more than a half in float64, too; nearer to 0 that has to be looked at. */
const CLEAR: f64 = 8.881784197001252e-16; // 2^-50

/** Bytes of one unit's values, for four pairs. */
const UNIT: usize = 32;

/** z_j = x·synapse0 + h·synapseH for four pairs; x are the bits of a and of b, `before` the h, none at first. */
function sumInputs(here: usize, before: usize, isFirst: bool, bitsOfA: v128, bitsOfB: v128): void {
  const width = stride;
  const end = before + (isFirst ? 0 : <usize>H * UNIT);
  const a0 = f64x2.convert_low_i32x4_s(bitsOfA);
  const a1 = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(bitsOfA, bitsOfA, 2, 3, 2, 3));
  const b0 = f64x2.convert_low_i32x4_s(bitsOfB);
  const b1 = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(bitsOfB, bitsOfB, 2, 3, 2, 3));
  for (let j: usize = 0; j < width; j += 32) {
    const rowOfA = synapse0 + width + j;
    const rowOfB = rowOfA + width;
    let p0 = inputs(rowOfA, rowOfB, a0, b0);
    let p1 = inputs(rowOfA, rowOfB, a1, b1);
    let q0 = inputs(rowOfA + 8, rowOfB + 8, a0, b0);
    let q1 = inputs(rowOfA + 8, rowOfB + 8, a1, b1);
    let r0 = inputs(rowOfA + 16, rowOfB + 16, a0, b0);
    let r1 = inputs(rowOfA + 16, rowOfB + 16, a1, b1);
    let s0 = inputs(rowOfA + 24, rowOfB + 24, a0, b0);
    let s1 = inputs(rowOfA + 24, rowOfB + 24, a1, b1);
    let row = synapseH + j;
    for (let at = before; at < end; at += UNIT) {
      const h0 = v128.load(at);
      const h1 = v128.load(at, 16);
      const p = v128.load64_splat(row);
      p0 = f64x2.add(p0, f64x2.mul(h0, p));
      p1 = f64x2.add(p1, f64x2.mul(h1, p));
      const q = v128.load64_splat(row, 8);
      q0 = f64x2.add(q0, f64x2.mul(h0, q));
      q1 = f64x2.add(q1, f64x2.mul(h1, q));
      const r = v128.load64_splat(row, 16);
      r0 = f64x2.add(r0, f64x2.mul(h0, r));
      r1 = f64x2.add(r1, f64x2.mul(h1, r));
      const s = v128.load64_splat(row, 24);
      s0 = f64x2.add(s0, f64x2.mul(h0, s));
      s1 = f64x2.add(s1, f64x2.mul(h1, s));
      row += width;
    }
    const target = here + 4 * j;
    v128.store(target, p0);
    v128.store(target, p1, 16);
    v128.store(target, q0, 32);
    v128.store(target, q1, 48);
    v128.store(target, r0, 64);
    v128.store(target, r1, 80);
    v128.store(target, s0, 96);
    v128.store(target, s1, 112);
  }
}

@inline
function inputs(ofA: usize, ofB: usize, a: v128, b: v128): v128 {
  return f64x2.add(f64x2.mul(a, v128.load64_splat(ofA)), f64x2.mul(b, v128.load64_splat(ofB)));
}

/** Replaces what the units have been given by its σ. */
function applySigmoids(at: usize): void {
  for (const end = at + <usize>H * UNIT; at < end; at += UNIT) {
    const z0 = v128.load(at);
    const z1 = v128.load(at, 16);
    if (areForQuick(z0, z1)) {
      v128.store(at, quickSigmoids(z0));
      v128.store(at, quickSigmoids(z1), 16);
    } else {
      v128.store(at, anySigmoids(z0));
      v128.store(at, anySigmoids(z1), 16);
    }
  }
}

/** Where o = σ(z) is more than a half: all ones in a lane. */
@inline
function isOne(z: v128): v128 {
  const near = f64x2.le(f64x2.abs(z), f64x2.splat(CLEAR));
  if (!v128.any_true(near)) return f64x2.gt(z, f64x2.splat(0));
  const low = sigmoid(f64x2.extract_lane(z, 0)) > 0.5;
  const high = sigmoid(f64x2.extract_lane(z, 1)) > 0.5;
  return i64x2(low ? -1 : 0, high ? -1 : 0);
}

/** Four sums (int32), of four a and four b. */
function addFour(a: v128, b: v128): v128 {
  const room = <usize>(stride >> 3) * UNIT;
  let before = units;
  let here = units + room;
  const one = i32x4.splat(1);
  let predicted = i32x4.splat(0);
  for (let t = 0; t < B; t++) {
    sumInputs(here, before, t == 0, v128.and(i32x4.shr_u(a, t), one), v128.and(i32x4.shr_u(b, t), one));
    applySigmoids(here);
    let z0 = f64x2.splat(0);
    let z1 = z0;
    for (let j: usize = 0, at = here; j < <usize>H << 3; j += 8, at += UNIT) {
      const weight = v128.load64_splat(synapse1 + j);
      z0 = f64x2.add(z0, f64x2.mul(v128.load(at), weight));
      z1 = f64x2.add(z1, f64x2.mul(v128.load(at, 16), weight));
    }
    const ones = v128.shuffle<i32>(isOne(z0), isOne(z1), 0, 2, 4, 6);
    predicted = v128.or(predicted, v128.and(ones, i32x4.splat(1 << t)));
    const spare = before;
    before = here;
    here = spare;
  }
  return predicted;
}

/** Answers `count` pairs, a multiple of four: at `pairs`, a and b in turn (int32). Puts the sums at `sums`. */
export function ask(pairs: usize, sums: usize, count: i32): void {
  for (const end = sums + (<usize>count << 2); sums < end; sums += 16, pairs += 32) {
    const low = v128.load(pairs);
    const high = v128.load(pairs, 16);
    v128.store(sums, addFour(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7)));
  }
}
