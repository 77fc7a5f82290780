// Weights to bytes and back, and bytes that are not weights.
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { drawWeights } from "../../workers/rnn/network.js";
import { decodeWeights, encodeWeights, weightMatrices } from "../../workers/rnn/weights-file.js";

const draw = (binaryDim: number, hiddenDim: number) =>
  drawWeights(new MersenneTwister(1), { binaryDim, hiddenDim });

t.test("what is decoded is what was encoded, at any size", (t) => {
  for (const [binaryDim, hiddenDim] of [
    [2, 1],
    [8, 16],
    [31, 512],
  ] as const) {
    const weights = draw(binaryDim, hiddenDim);
    const decoded = decodeWeights(encodeWeights(weights));
    t.equal(decoded.binaryDim, binaryDim);
    t.equal(decoded.hiddenDim, hiddenDim);
    for (const name of ["synapse0", "synapse1", "synapseH"] as const)
      t.ok(Buffer.from(decoded[name].buffer).equals(Buffer.from(weights[name].buffer)), name);
  }
  t.end();
});

t.test("the file is a line of JSON and little-endian float64", (t) => {
  const bytes = Buffer.from(encodeWeights(draw(8, 2)));
  const header = '{"format":"abacus-rnn-weights","version":1,"binaryDim":8,"hiddenDim":2}\n';
  t.equal(bytes.toString("latin1", 0, header.length), header);
  t.equal(bytes.length, header.length + 8 * (4 + 2 + 4));
  const { synapse0, synapseH } = draw(8, 2);
  t.equal(bytes.readDoubleLE(header.length), synapse0[0]);
  t.equal(bytes.readDoubleLE(bytes.length - 8), synapseH[3]);
  t.end();
});

t.test("bytes anywhere in a buffer can be decoded", (t) => {
  const bytes = encodeWeights(draw(8, 3));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  t.strictSame(decodeWeights(shifted.subarray(3)), draw(8, 3));
  t.end();
});

t.test("what is not a whole weights file is refused, saying why", (t) => {
  const whole = encodeWeights(draw(8, 4));
  const edited = (from: string, to: string) =>
    Buffer.from(Buffer.from(whole).toString("latin1").replace(from, to), "latin1");
  const refused: [what: string, bytes: Uint8Array, why: RegExp][] = [
    ["nothing", new Uint8Array(0), /header/],
    ["another format", Buffer.from("PK\x03\x04 and so on\n"), /header/],
    ["JSON that is no object", Buffer.from("null\n"), /header/],
    ["a late line feed", Buffer.alloc(1000, " "), /header/],
    ["a byte too few", whole.subarray(0, -1), /hiddenDim 4 needs 224 bytes of weights, found 223/],
    ["a byte too many", Buffer.concat([whole, Buffer.alloc(1)]), /found 225/],
    ["another width", edited('"hiddenDim":4', '"hiddenDim":5'), /hiddenDim 5 needs 320 bytes/],
    ["an impossible width", edited('"hiddenDim":4', '"hiddenDim":1e9'), /hiddenDim is 1000000000/],
    ["no number of bits", edited('"binaryDim":8', '"binaryDim":"8"'), /binaryDim is "8"/],
    ["a later version", edited('"version":1', '"version":2'), /version 2/],
  ];
  for (const [what, bytes, why] of refused) t.throws(() => decodeWeights(bytes), { message: why }, what);
  t.end();
});

t.test("the matrices as rows", (t) => {
  const weights = draw(8, 3);
  const { synapse0, synapse1, synapseH } = weightMatrices(weights);
  t.strictSame(
    [synapse0, synapse1, synapseH].map((matrix) => [matrix.length, matrix[0]?.length]),
    [
      [2, 3],
      [3, 1],
      [3, 3],
    ],
  );
  t.equal(synapse0[1]![2], weights.synapse0[5]);
  t.equal(synapseH[2]![0], weights.synapseH[6]);
  t.strictSame(synapse1.flat(), [...weights.synapse1]);
  t.end();
});
