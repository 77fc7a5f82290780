// One step of learning, against the derivative of its loss worked out by finite differences.
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { Learner } from "../../workers/rnn/learner.js";
import { createActivations, drawWeights, forward, type Weights } from "../../workers/rnn/network.js";

const DIMENSIONS = { binaryDim: 5, hiddenDim: 3 };
const fresh = () => drawWeights(new MersenneTwister(42), DIMENSIONS);
const synapses = ({ synapse0, synapse1, synapseH }: Weights) => [synapse0, synapse1, synapseH];

/** ½ Σ (y_t − o_t)²: its gradient is what backpropagation follows. */
function loss(weights: Weights, a: number, b: number): number {
  const activations = createActivations(weights);
  forward(weights, a, b, activations);
  return (
    activations.output.reduce((sum, o, bit) => sum + (((a + b) >>> bit) & 1) * (1 - 2 * o) + o ** 2, 0) / 2
  );
}

t.test("the weights move by −alpha × the gradient of half the squared error", (t) => {
  const [a, b] = [13, 6];
  const alpha = 0.25;
  const learned = fresh();
  new Learner(learned, alpha).learn(a, b);
  const before = fresh();
  const step = 1e-5;
  synapses(before).forEach((synapse, s) => {
    synapse.forEach((weight, k) => {
      synapse[k] = weight + step;
      const above = loss(before, a, b);
      synapse[k] = weight - step;
      const below = loss(before, a, b);
      synapse[k] = weight;
      const moved = synapses(learned)[s]![k]! - weight;
      // central differences are exact to about step² times the third derivative
      t.ok(Math.abs(moved + (alpha * (above - below)) / (2 * step)) < 1e-9, `synapse ${s}, weight ${k}`);
    });
  });
  t.end();
});

t.test("the error and the prediction are those of before the update", (t) => {
  const weights = fresh();
  const activations = createActivations(weights);
  const predicted = forward(weights, 9, 4, activations);
  const expected = activations.output.reduce((sum, o, bit) => sum + Math.abs(((13 >>> bit) & 1) - o), 0);
  const learner = new Learner(weights, 0.1);
  t.equal(learner.learn(9, 4), predicted);
  t.equal(learner.error, expected);
  t.ok(learner.finite);
  t.end();
});

t.test("nothing is left over from one example to the next", (t) => {
  const once = fresh();
  const learner = new Learner(once, 0.1);
  learner.learn(3, 8);
  const copy = structuredClone(once);
  learner.learn(1, 2);
  new Learner(copy, 0.1).learn(1, 2);
  t.strictSame(once, copy, "a new learner goes on as the old one does");
  t.end();
});

t.test("a single weight that overflows is noticed", (t) => {
  for (const synapse of [0, 1, 2]) {
    const weights = fresh();
    synapses(weights)[synapse]![1] = Number.NEGATIVE_INFINITY;
    const learner = new Learner(weights, 0.1);
    learner.learn(1, 2);
    t.notOk(learner.finite);
  }
  t.end();
});
