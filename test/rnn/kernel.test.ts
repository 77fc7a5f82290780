// The fast path against the plain one: learning gives the same numbers, to the last bit, and asking the same answers.
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { ask } from "../../workers/rnn/kernel/ask.js";
import { KernelLearner } from "../../workers/rnn/kernel/learner.js";
import { Learner } from "../../workers/rnn/learner.js";
import { drawWeights, predictor, type Weights, zeroWeights } from "../../workers/rnn/network.js";
import { drawPair } from "../../workers/rnn/train.js";

type Example = [a: number, b: number];

function copyOf({ synapse0, synapse1, synapseH, ...dimensions }: Weights): Weights {
  return {
    ...dimensions,
    synapse0: synapse0.slice(),
    synapse1: synapse1.slice(),
    synapseH: synapseH.slice(),
  };
}

/** What is told of each example, and the weights after them: by the fast path and by the plain one. */
function learnTwice(start: Weights, alpha: number, examples: Example[]) {
  const fast = new KernelLearner(start, alpha, examples.length);
  examples.forEach(([a, b], k) => {
    fast.show(k, a, b);
  });
  const learned = fast.learn(examples.length);
  const weights = copyOf(start);
  const plain = new Learner(weights, alpha);
  const told = examples.slice(0, learned).map(([a, b]) => {
    const predicted = plain.learn(a, b);
    return { a, b, predicted, error: plain.error };
  });
  return {
    learned,
    found: { told: told.map((_, k) => fast.example(k)), weights: fast.weights() },
    expected: { told, weights },
    plain,
  };
}

function answersOf(weights: Weights, pairs: Int32Array): number[] {
  return Array.from(ask(weights, pairs), ({ sums }) => [...sums]).flat();
}

/** Of numbers below 2^(B−1). */
function examplesOf(generator: MersenneTwister, binaryDim: number, count: number): Example[] {
  return Array.from({ length: count }, () => drawPair(generator, binaryDim));
}

// every width of the last columns, one bit short of a vector and one beyond; settings without and with chaos
for (const [binaryDim, hiddenDim, alpha, count] of [
  [8, 16, 0.1, 1000],
  [2, 1, 1, 300],
  [3, 2, 0.5, 300],
  [5, 3, 10, 500],
  [6, 4, 0.3, 300],
  [7, 5, 2, 300],
  [9, 6, 10, 300],
  [4, 7, 0.1, 300],
  [31, 10, 0.5, 200],
  [31, 16, 10, 100],
  [12, 33, 5, 100],
  [16, 100, 0.1, 30],
  [31, 512, 0.1, 2],
] as const)
  t.test(`B ${binaryDim}, H ${hiddenDim}, alpha ${alpha}: ${count} examples`, (t) => {
    const generator = new MersenneTwister(17);
    const start = drawWeights(generator, { binaryDim, hiddenDim });
    const before = copyOf(start);
    const { learned, found, expected } = learnTwice(start, alpha, examplesOf(generator, binaryDim, count));
    t.equal(learned, count);
    t.strictSame(found, expected);
    t.strictSame(start, before, "what it started from stays");
    t.end();
  });

t.test("weights of any size: σ of what has no exponential, of 0 and of the smallest numbers", (t) => {
  const sizes = [
    0, 5e-324, 1e-300, 1e-17, 1e-9, 0.3, 0.34657359, 0.3465736, 1, 1.0397, 36.7, 37, 699.9, 700.1,
  ];
  sizes.push(709.7, 709.8, 745.1, 745.2, 1e5, 1e300);
  for (const size of sizes)
    for (const sign of [1, -1]) {
      const start = zeroWeights({ binaryDim: 3, hiddenDim: 3 });
      start.synapse0.set([1, -0.5, 0.25, 0.125, 1, -1].map((share) => share * sign * size));
      start.synapse1.set([size, -1, 0.5]);
      start.synapseH.fill(sign * 0.75);
      const { found, expected } = learnTwice(start, 0.1, [
        [1, 2],
        [3, 3],
        [0, 0],
      ]);
      t.strictSame(found, expected, `${sign * size}`);
    }
  t.end();
});

t.test("learning ends with the first example that leaves a weight which is no finite number", (t) => {
  const start = zeroWeights({ binaryDim: 2, hiddenDim: 2 });
  // 1 + 0 is answered with outputs of exactly 1, so that no weight moves; 1 + 1 is not, and moves −1.79e308 further
  start.synapse0.set([1.79e308, 1000, -1.79e308, -2000]);
  start.synapse1.set([1, 100]);
  for (const wrong of [0, 3]) {
    const examples = Array.from({ length: 5 }, (_, k): Example => [1, k === wrong ? 1 : 0]);
    const { learned, expected, plain } = learnTwice(start, 1e308, examples);
    t.equal(learned, wrong);
    t.equal(plain.finite, true, "those before leave finite ones");
    const after = new Learner(expected.weights, 1e308);
    after.learn(1, 1);
    t.equal(after.finite, false);
  }
  t.end();
});

t.test("also one that is lost in the first step alone, where no bit is 1", (t) => {
  const start = zeroWeights({ binaryDim: 2, hiddenDim: 2 });
  start.synapse1.set([1e200, -1e200]);
  start.synapseH.set([1e200, 1e200, -1e200, -1e200]);
  const { learned } = learnTwice(start, 0.1, [[0, 0]]);
  const plain = new Learner(copyOf(start), 0.1);
  plain.learn(0, 0);
  t.equal(plain.finite, false);
  t.equal(learned, 0);
  t.end();
});

for (const [binaryDim, hiddenDim] of [
  [8, 16],
  [2, 1],
  [3, 2],
  [5, 3],
  [31, 5],
  [10, 33],
  [31, 128],
  [31, 512],
] as const)
  t.test(`B ${binaryDim}, H ${hiddenDim}: the same answers`, (t) => {
    const generator = new MersenneTwister(23);
    const weights = drawWeights(generator, { binaryDim, hiddenDim });
    for (const synapse of [weights.synapse0, weights.synapse1, weights.synapseH])
      synapse.forEach((weight, k) => {
        synapse[k] = 4 * weight;
      });
    const predict = predictor(weights);
    for (const count of [1, 2, 3, 4, 5, 1500 / hiddenDim]) {
      const examples = examplesOf(generator, binaryDim, Math.ceil(count));
      const expected = examples.map(([a, b]) => predict(a, b));
      t.strictSame(answersOf(weights, Int32Array.from(examples.flat())), expected);
      if (count > 5 && hiddenDim === 16) t.ok(new Set(expected).size > 1, "they are not all the same");
    }
    t.end();
  });

t.test("more answers than are given at a time, and how many there are meanwhile", (t) => {
  const weights = drawWeights(new MersenneTwister(5), { binaryDim: 8, hiddenDim: 4 });
  const examples = examplesOf(new MersenneTwister(6), 8, 2500);
  const predict = predictor(weights);
  const batches = [...ask(weights, Int32Array.from(examples.flat()))].map(({ done }) => done);
  t.strictSame(batches, [1024, 2048, 2500]);
  t.strictSame(
    answersOf(weights, Int32Array.from(examples.flat())),
    examples.map(([a, b]) => predict(a, b)),
  );
  t.strictSame([...ask(weights, new Int32Array(0))], []);
  t.end();
});

t.test("an output of exactly ½, or the next number to it, is answered as the plain network does", (t) => {
  for (const weight of [0, 1e-17, 1e-16, 2e-16, 3e-16, 5e-16, 1e-15]) {
    const weights = zeroWeights({ binaryDim: 4, hiddenDim: 2 });
    weights.synapse1.set([weight, weight]);
    t.strictSame(answersOf(weights, Int32Array.of(3, 4)), [predictor(weights)(3, 4)], `${weight}`);
  }
  t.end();
});

t.test("weights so large that sums of them are none", (t) => {
  const largest = Number.MAX_VALUE;
  const examples = examplesOf(new MersenneTwister(11), 6, 50);
  for (const sign of [1, -1]) {
    const weights = zeroWeights({ binaryDim: 6, hiddenDim: 3 });
    weights.synapse0.set([largest, -largest, 1, sign * largest, largest, 40]);
    weights.synapseH.set([largest, -largest, 0.5, -largest, -largest, -40, 1e5, largest, 2]);
    weights.synapse1.set([1, -1, 0.3]);
    const predict = predictor(weights);
    t.strictSame(
      answersOf(weights, Int32Array.from(examples.flat())),
      examples.map(([a, b]) => predict(a, b)),
    );
  }
  t.end();
});

t.test("networks take turns: each answers for itself, also after another has learned", (t) => {
  const [one, two] = [1, 2].map((seed) =>
    drawWeights(new MersenneTwister(seed), { binaryDim: 8, hiddenDim: 8 }),
  ) as [Weights, Weights];
  const pairs = Int32Array.from(examplesOf(new MersenneTwister(3), 8, 100).flat());
  const plain = (weights: Weights) =>
    Array.from({ length: 100 }, (_, k) => predictor(weights)(pairs[2 * k]!, pairs[2 * k + 1]!));
  t.strictSame(answersOf(one, pairs), plain(one));
  t.strictSame(answersOf(two, pairs), plain(two));
  const learner = new KernelLearner(one, 5, 1);
  learner.show(0, 100, 27);
  learner.learn(1);
  const learned = learner.weights();
  t.strictSame(answersOf(one, pairs), plain(one));
  t.strictSame(answersOf(learned, pairs), plain(learned));
  t.end();
});

t.test("additions are written as JSON.stringify writes them", (t) => {
  for (const [binaryDim, hiddenDim] of [
    [2, 1],
    [8, 16],
    [31, 3],
  ] as const) {
    const weights = drawWeights(new MersenneTwister(9), { binaryDim, hiddenDim });
    const largest = 2 ** (binaryDim - 1) - 1;
    const examples: Example[] = [
      [0, 0],
      [largest, largest],
      ...examplesOf(new MersenneTwister(7), binaryDim, 1100),
    ];
    const predict = predictor(weights);
    const digits = (value: number) => value.toString(2).padStart(binaryDim, "0");
    const expected = examples.map(([a, b]) => {
      const [predicted, sum] = [predict(a, b), a + b];
      const correct = predicted === sum;
      return { a, b, predicted, predictedBits: digits(predicted), sum, sumBits: digits(sum), correct };
    });
    let text = "";
    let right = 0;
    for (const answers of ask(weights, Int32Array.from(examples.flat()))) {
      const written = answers.toJson();
      text += Buffer.from(written.text).toString();
      right += written.right;
    }
    t.equal(`[${text}]`, JSON.stringify(expected));
    t.equal(right, expected.filter(({ correct }) => correct).length);
  }
  t.end();
});
