// The forward pass: networks whose weights are set by hand, so that what they answer is known.
import t from "tap";
import { createActivations, forward, predictor, zeroWeights } from "../../workers/rnn/network.js";

/** Makes σ a step: σ(±STEEP/4) is 0 or 1. A unit without input is at σ(0) = ½. */
const STEEP = 1000;

/** Answers with the bits of a (row 0 of synapse0) or of b (row 1): o = σ(h₀ − 1.5 h₁), h₁ = ½. */
function repeater(binaryDim: number, row: 0 | 1) {
  const weights = zeroWeights({ binaryDim, hiddenDim: 2 });
  weights.synapse0[row * 2] = STEEP;
  weights.synapse1.set([1, -1.5]);
  return predictor(weights);
}

/** Answers 2a: unit 0 holds a's bit, unit 1 what unit 0 held a step before, unit 2 ½. */
function doubler(binaryDim: number) {
  const weights = zeroWeights({ binaryDim, hiddenDim: 3 });
  weights.synapse0[0] = STEEP;
  weights.synapseH[0 * 3 + 1] = STEEP;
  weights.synapseH[2 * 3 + 1] = -1.5 * STEEP;
  weights.synapse1.set([0, 1, -1.5]);
  return predictor(weights);
}

t.test("synapse0 has a row for each number, and bit t is answered at step t", (t) => {
  for (const [a, b] of [
    [0, 0],
    [1, 2],
    [77, 100],
    [128, 127],
  ] as const) {
    t.equal(repeater(8, 0)(a, b), a);
    t.equal(repeater(8, 1)(a, b), b);
  }
  t.end();
});

t.test("synapseH carries from a unit (its row) to a unit of the next step (its column)", (t) => {
  for (const a of [0, 1, 5, 100, 127]) t.equal(doubler(8)(a, 0), 2 * a);
  t.equal(doubler(8)(200, 0), 400 % 256, "what is carried beyond the last step is lost");
  t.end();
});

t.test("31 bits are answered as positive integers", (t) => {
  const largest = 2 ** 31 - 1;
  t.equal(repeater(31, 0)(largest, 0), largest);
  t.equal(repeater(31, 1)(largest - 2 ** 30, 2 ** 30), 2 ** 30);
  t.equal(doubler(31)(2 ** 30 - 1, 0), 2 ** 31 - 2);
  t.end();
});

t.test("2 bits and 1 hidden unit: o_t = σ(σ(w·bit + u·h₋₁)·v)", (t) => {
  const weights = zeroWeights({ binaryDim: 2, hiddenDim: 1 });
  const [w, u, v] = [0.3, -0.7, 1.1];
  weights.synapse0.set([w, 5]);
  weights.synapseH.set([u]);
  weights.synapse1.set([v]);
  const activations = createActivations(weights);
  t.equal(forward(weights, 3, 0, activations), 3);
  const sigma = (z: number) => 1 / (1 + Math.exp(-z));
  const h0 = sigma(w);
  const h1 = sigma(w + u * h0);
  t.strictSame([...activations.hidden], [0, h0, h1]);
  t.strictSame([...activations.output], [sigma(h0 * v), sigma(h1 * v)]);
  t.end();
});

t.test("an output of exactly ½ is the bit 0", (t) => {
  t.equal(predictor(zeroWeights({ binaryDim: 8, hiddenDim: 4 }))(3, 4), 0);
  t.end();
});
