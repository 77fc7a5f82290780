// One step of learning after the other. ../../learner.ts is the reference, to whose last bit this keeps: sums are
// taken in the same order, in lanes beside one another.
import { sigmoidAll } from "./sigmoid";
import { B, deltas, H, hidden, outputs, stride, synapse0, synapse1, synapseH, transposed } from "./network";

/**
 * Adds Σ_i x_i·row_i to the row at `target`; `x` are H numbers, the rows follow one another. Twelve columns at a time: of
 * more, not all sums would stay in registers.
 */
function accumulate(target: usize, x: usize, rows: usize): void {
  const width = stride;
  const end = x + (<usize>H << 3);
  const after = target + width;
  // rather eight and eight of sixteen
  for (; target + 96 <= after && target + 128 != after; target += 96, rows += 96) {
    let s0 = v128.load(target);
    let s1 = v128.load(target, 16);
    let s2 = v128.load(target, 32);
    let s3 = v128.load(target, 48);
    let s4 = v128.load(target, 64);
    let s5 = v128.load(target, 80);
    for (let at = x, row = rows; at < end; at += 8, row += width) {
      const factor = v128.load64_splat(at);
      s0 = f64x2.add(s0, f64x2.mul(factor, v128.load(row)));
      s1 = f64x2.add(s1, f64x2.mul(factor, v128.load(row, 16)));
      s2 = f64x2.add(s2, f64x2.mul(factor, v128.load(row, 32)));
      s3 = f64x2.add(s3, f64x2.mul(factor, v128.load(row, 48)));
      s4 = f64x2.add(s4, f64x2.mul(factor, v128.load(row, 64)));
      s5 = f64x2.add(s5, f64x2.mul(factor, v128.load(row, 80)));
    }
    v128.store(target, s0);
    v128.store(target, s1, 16);
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
    v128.store(target, s4, 64);
    v128.store(target, s5, 80);
  }
  for (; target + 64 <= after; target += 64, rows += 64) {
    let s0 = v128.load(target);
    let s1 = v128.load(target, 16);
    let s2 = v128.load(target, 32);
    let s3 = v128.load(target, 48);
    for (let at = x, row = rows; at < end; at += 8, row += width) {
      const factor = v128.load64_splat(at);
      s0 = f64x2.add(s0, f64x2.mul(factor, v128.load(row)));
      s1 = f64x2.add(s1, f64x2.mul(factor, v128.load(row, 16)));
      s2 = f64x2.add(s2, f64x2.mul(factor, v128.load(row, 32)));
      s3 = f64x2.add(s3, f64x2.mul(factor, v128.load(row, 48)));
    }
    v128.store(target, s0);
    v128.store(target, s1, 16);
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
  }
  if (target < after) {
    let s0 = v128.load(target);
    let s1 = v128.load(target, 16);
    for (let at = x, row = rows; at < end; at += 8, row += width) {
      const factor = v128.load64_splat(at);
      s0 = f64x2.add(s0, f64x2.mul(factor, v128.load(row)));
      s1 = f64x2.add(s1, f64x2.mul(factor, v128.load(row, 16)));
    }
    v128.store(target, s0);
    v128.store(target, s1, 16);
  }
}

/** The numbers behind the H of a row become 0. */
@inline
function clearEnd(row: usize): void {
  for (let at = row + (<usize>H << 3); at < row + stride; at += 8) store<f64>(at, 0);
}

/** Bit t of a sum. */
@inline
function bit(sum: i32, t: i32): i32 {
  return (sum >>> t) & 1;
}

/** Fills `hidden` and `outputs`. Returns the predicted sum. */
function forward(a: i32, b: i32): i32 {
  const vectors = <i32>(stride >> 4);
  for (let t = 0; t < B; t++) {
    const before = hidden + <usize>t * stride;
    const here = before + stride;
    memory.copy(here, synapse0 + <usize>(bit(a, t) | (bit(b, t) << 1)) * stride, stride);
    if (t > 0) accumulate(here, before, synapseH);
    sigmoidAll(here, vectors);
    clearEnd(here);
    let z: f64 = 0;
    for (let at: usize = 0; at < <usize>H << 3; at += 8) z += load<f64>(here + at) * load<f64>(synapse1 + at);
    store<f64>(outputs + (<usize>t << 3), z);
  }
  sigmoidAll(outputs, ((B + 3) & ~3) >> 1);
  let predicted = 0;
  for (let t = 0; t < B; t++) if (load<f64>(outputs + (<usize>t << 3)) > 0.5) predicted |= 1 << t;
  return predicted;
}

/** Fills `deltas`, and puts the output deltas in the place of the outputs. Returns the error. */
function backward(sum: i32): f64 {
  let error: f64 = 0;
  for (let t = 0; t < B; t++) {
    const at = outputs + (<usize>t << 3);
    const o = load<f64>(at);
    const miss = <f64>bit(sum, t) - o;
    error += abs(miss);
    store<f64>(at, miss * o * (1 - o));
  }
  const one = f64x2.splat(1);
  for (let t = B - 1; t >= 0; t--) {
    const delta = deltas + <usize>t * stride;
    const here = hidden + <usize>(t + 1) * stride;
    const outputDelta = v128.load64_splat(outputs + (<usize>t << 3));
    memory.fill(delta, 0, stride);
    if (t < B - 1) accumulate(delta, delta + stride, transposed);
    for (let at: usize = 0; at < stride; at += 16) {
      const h = v128.load(here + at);
      const slope = f64x2.add(v128.load(delta + at), f64x2.mul(outputDelta, v128.load(synapse1 + at)));
      v128.store(delta + at, f64x2.mul(f64x2.mul(slope, h), f64x2.sub(one, h)));
    }
  }
  return error;
}

/** The factor of each update, twice. */
let alpha: v128 = f64x2.splat(0);
/** Each weight minus itself, added up: 0 while all are finite, else NaN. */
let defect: v128 = f64x2.splat(0);

/** synapseH += alpha·Σ_t h_{t−1}ᵀ·δ_t, four rows by four columns at a time, so that the sums stay in registers. */
function updateSynapseH(): void {
  const width = stride;
  const last = <usize>(B - 1) * width;
  const rate = alpha;
  let wrong = defect;
  for (let i: usize = 0; i < width; i += 32)
    for (let j: usize = 0; j < width; j += 32) {
      let a0 = f64x2.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
      let h = hidden + last + i;
      for (let delta = deltas + last + j; delta > deltas + j; delta -= width) {
        const left = v128.load(delta);
        const right = v128.load(delta, 16);
        const a = v128.load64_splat(h);
        a0 = f64x2.add(a0, f64x2.mul(a, left));
        a1 = f64x2.add(a1, f64x2.mul(a, right));
        const b = v128.load64_splat(h, 8);
        b0 = f64x2.add(b0, f64x2.mul(b, left));
        b1 = f64x2.add(b1, f64x2.mul(b, right));
        const c = v128.load64_splat(h, 16);
        c0 = f64x2.add(c0, f64x2.mul(c, left));
        c1 = f64x2.add(c1, f64x2.mul(c, right));
        const d = v128.load64_splat(h, 24);
        d0 = f64x2.add(d0, f64x2.mul(d, left));
        d1 = f64x2.add(d1, f64x2.mul(d, right));
        h -= width;
      }
      const rows = synapseH + (i >> 3) * width + j;
      const columns = transposed + (j >> 3) * width + i;
      wrong = updateBlock(rows, a0, b0, columns, width, rate, wrong);
      wrong = updateBlock(rows + 16, a1, b1, columns + 2 * width, width, rate, wrong);
      wrong = updateBlock(rows + 2 * width, c0, d0, columns + 16, width, rate, wrong);
      wrong = updateBlock(rows + 2 * width + 16, c1, d1, columns + 2 * width + 16, width, rate, wrong);
    }
  defect = wrong;
}

/** Two rows of two weights each, and their transposed place. Returns the defect with theirs. */
@inline
function updateBlock(
  rows: usize,
  upper: v128,
  lower: v128,
  columns: usize,
  width: usize,
  rate: v128,
  wrong: v128,
): v128 {
  const a = f64x2.add(v128.load(rows), f64x2.mul(rate, upper));
  const b = f64x2.add(v128.load(rows + width), f64x2.mul(rate, lower));
  v128.store(rows, a);
  v128.store(rows + width, b);
  v128.store(columns, v128.shuffle<f64>(a, b, 0, 2));
  v128.store(columns + width, v128.shuffle<f64>(a, b, 1, 3));
  return f64x2.add(wrong, f64x2.add(f64x2.sub(a, a), f64x2.sub(b, b)));
}

/** synapse1 += alpha·Σ_t h_tᵀ·outputDelta_t; synapse0 += alpha·Σ_t x_tᵀ·δ_t. */
function updateOthers(a: i32, b: i32): void {
  const width = stride;
  for (let j: usize = 0; j < width; j += 16) {
    let update1 = f64x2.splat(0), ofA = update1, ofB = update1;
    for (let t = B - 1; t >= 0; t--) {
      const row = <usize>t * width + j;
      const outputDelta = v128.load64_splat(outputs + (<usize>t << 3));
      update1 = f64x2.add(update1, f64x2.mul(v128.load(hidden + width + row), outputDelta));
      const delta = v128.load(deltas + row);
      // times 0, too: what is no finite number shows
      ofA = f64x2.add(ofA, f64x2.mul(f64x2.splat(<f64>bit(a, t)), delta));
      ofB = f64x2.add(ofB, f64x2.mul(f64x2.splat(<f64>bit(b, t)), delta));
    }
    moveWeights(synapse1 + j, update1);
    moveWeights(synapse0 + width + j, ofA);
    moveWeights(synapse0 + 2 * width + j, ofB);
    const sum = f64x2.add(v128.load(synapse0 + width + j), v128.load(synapse0 + 2 * width + j));
    v128.store(synapse0 + 3 * width + j, sum);
  }
}

@inline
function moveWeights(at: usize, update: v128): void {
  const weights = f64x2.add(v128.load(at), f64x2.mul(alpha, update));
  v128.store(at, weights);
  defect = f64x2.add(defect, f64x2.sub(weights, weights));
}

function learnOne(entry: usize): void {
  const a = load<i32>(entry);
  const b = load<i32>(entry, 4);
  store<i32>(entry, forward(a, b), 16);
  store<f64>(entry, backward(a + b), 8);
  updateSynapseH();
  updateOthers(a, b);
}

/** Derives what only learning needs from the weights that have been written. */
export function prepareLearning(): void {
  const width = stride >> 3;
  for (let i: usize = 0; i < width; i++)
    for (let j: usize = 0; j < width; j++)
      store<f64>(transposed + j * stride + (i << 3), load<f64>(synapseH + i * stride + (j << 3)));
  for (let j: usize = 0; j < stride; j += 8)
    store<f64>(
      synapse0 + 3 * stride + j,
      load<f64>(synapse0 + stride + j) + load<f64>(synapse0 + 2 * stride + j),
    );
}

/**
 * Shows the network sums, one after the other. An entry has 24 bytes: a and b (int32); then, to be filled in, the error
 * (float64) and the predicted sum (int32). Returns how many were learned until a weight was no finite number any more.
 */
export function learn(entries: usize, count: i32, rate: f64): i32 {
  alpha = f64x2.splat(rate);
  defect = f64x2.splat(0);
  for (let k = 0; k < count; k++) {
    learnOne(entries + <usize>k * 24);
    if (f64x2.extract_lane(defect, 0) + f64x2.extract_lane(defect, 1) != 0) return k;
  }
  return count;
}
