// The file of a trained network: a line of JSON that says what it is, then its weights.
//
// The line is {"format":"abacus-rnn-weights","version":1,"binaryDim":B,"hiddenDim":H} and a line feed;
// after it come synapse0 (2×H), synapse1 (H×1) and synapseH (H×H), row by row, as little-endian float64.
import { type Dimensions, type Weights, zeroWeights } from "./network.js";

const FORMAT = "abacus-rnn-weights";
const VERSION = 1;
const LINE_FEED = 0x0a;
/** Longer than any header of this format. */
const MOST_HEADER_BYTES = 256;

/** The bytes of a weights file. */
export function encodeWeights(weights: Weights): Uint8Array {
  const { binaryDim, hiddenDim } = weights;
  const line = `${JSON.stringify({ format: FORMAT, version: VERSION, binaryDim, hiddenDim })}\n`;
  const header = new TextEncoder().encode(line);
  const bytes = new Uint8Array(header.length + bodyBytes(hiddenDim));
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  let offset = 0;
  for (const synapse of synapses(weights))
    for (const weight of synapse) {
      view.setFloat64(offset, weight, true);
      offset += 8;
    }
  return bytes;
}

/** The weights in a file's bytes. Throws an Error that says what is wrong when they are not whole. */
export function decodeWeights(bytes: Uint8Array): Weights {
  const headerEnd = bytes.subarray(0, MOST_HEADER_BYTES).indexOf(LINE_FEED);
  const dimensions = readHeader(bytes.subarray(0, Math.max(headerEnd, 0)));
  const body = bytes.subarray(headerEnd + 1);
  const expected = bodyBytes(dimensions.hiddenDim);
  if (body.length !== expected)
    throw new Error(
      `weights file: hiddenDim ${dimensions.hiddenDim} needs ${expected} bytes of weights, found ${body.length}`,
    );
  const weights = zeroWeights(dimensions);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let offset = 0;
  for (const synapse of synapses(weights))
    for (let k = 0; k < synapse.length; k++) {
      synapse[k] = view.getFloat64(offset, true);
      offset += 8;
    }
  return weights;
}

/** The three matrices as nested rows: synapse0 2×H, synapse1 H×1, synapseH H×H. */
export function weightMatrices({ hiddenDim, synapse0, synapse1, synapseH }: Weights) {
  return {
    synapse0: rows(synapse0, hiddenDim),
    synapse1: rows(synapse1, 1),
    synapseH: rows(synapseH, hiddenDim),
  };
}

function rows(matrix: Float64Array, columns: number): number[][] {
  return Array.from({ length: matrix.length / columns }, (_, row) =>
    Array.from(matrix.subarray(row * columns, (row + 1) * columns)),
  );
}

function synapses({ synapse0, synapse1, synapseH }: Weights): Float64Array[] {
  return [synapse0, synapse1, synapseH];
}

function bodyBytes(hiddenDim: number): number {
  return 8 * (2 * hiddenDim + hiddenDim + hiddenDim ** 2);
}

function readHeader(line: Uint8Array): Dimensions {
  const header = parseObject(new TextDecoder().decode(line));
  if (header.format !== FORMAT) throw new Error(`weights file: it does not begin with a header of ${FORMAT}`);
  if (header.version !== VERSION)
    throw new Error(`weights file: version ${header.version}, where ${VERSION} is known`);
  return {
    binaryDim: dimension(header, "binaryDim", 2, 31),
    hiddenDim: dimension(header, "hiddenDim", 1, 512),
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function dimension(header: Record<string, unknown>, name: string, least: number, most: number): number {
  const value = header[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(
    `weights file: ${name} is ${JSON.stringify(value)}, not an integer from ${least} to ${most}`,
  );
}
