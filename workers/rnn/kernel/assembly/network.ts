// The network in memory: float64, row by row; rows are filled up with zeros to a multiple of four numbers.
// B is binaryDim, H is hiddenDim; ../../network.ts says what the matrices are.

export let B: i32 = 0;
export let H: i32 = 0;
/** Bytes of a row. */
export let stride: usize = 0;

/** 4 rows: zeros; that of a's bit; that of b's; their sum. By which of the bits are 1, what the input adds. */
export let synapse0: usize = 0;
/** One row. */
export let synapse1: usize = 0;
/** As many rows as a row has numbers. */
export let synapseH: usize = 0;
/** synapseH transposed. */
export let transposed: usize = 0;
/** B + 1 rows: h₋₁ = 0, h₀ … */
export let hidden: usize = 0;
/** B rows: δ_t. */
export let deltas: usize = 0;
/** B numbers, filled up to a multiple of four: o_t. */
export let outputs: usize = 0;
/** Twice as many blocks of four numbers as a row has numbers: the units' values for four pairs, before and now. */
export let units: usize = 0;
/** What is asked for, and answered, at a time. */
export let exchange: usize = 0;

/** Room for a network, all weights 0, and for `bytes` that are exchanged with it. The one before is forgotten. */
export function open(binaryDim: i32, hiddenDim: i32, bytes: i32): void {
  B = binaryDim;
  H = hiddenDim;
  const width = (hiddenDim + 3) & ~3;
  stride = <usize>width << 3;
  synapse0 = (__heap_base + 63) & ~63;
  synapse1 = synapse0 + 4 * stride;
  synapseH = synapse1 + stride;
  transposed = synapseH + <usize>width * stride;
  hidden = transposed + <usize>width * stride;
  deltas = hidden + <usize>(B + 1) * stride;
  outputs = deltas + <usize>B * stride;
  units = (outputs + (<usize>(B + 3) << 3) + 63) & ~63;
  exchange = units + 8 * stride;
  const end = exchange + <usize>bytes;
  const missing = <i32>((end + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  memory.fill(synapse0, 0, exchange - synapse0);
}
