// Abacus' network as it is timed: a process that answers lines as its peers do (see peers/rnn-c.c). `plain` as its
// argument: with the plain TypeScript that the fast path is held against.
import { createInterface } from "node:readline";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { ask } from "../../workers/rnn/kernel/ask.js";
import { Learner } from "../../workers/rnn/learner.js";
import { drawWeights, predictor, type Weights } from "../../workers/rnn/network.js";
import { drawPair, type Settings, train } from "../../workers/rnn/train.js";

const isPlain = process.argv[2] === "plain";

interface Trained {
  weights: Weights;
  generator: MersenneTwister;
  seconds: number;
  errors: number;
}

function trainFast(settings: Settings): Trained {
  const { weights, generator, seconds, errors } = train(settings);
  const width = Math.ceil(settings.iterations / 500);
  // means of `width` iterations each; of fewer in the last one
  const total = errors.reduce(
    (sum, mean, k) => sum + mean * Math.min(width, settings.iterations - k * width),
    0,
  );
  return { weights, generator, seconds, errors: total };
}

function trainPlainly(settings: Settings): Trained {
  const generator = new MersenneTwister(settings.seed);
  const weights = drawWeights(generator, settings);
  const learner = new Learner(weights, settings.alpha);
  let errors = 0;
  const began = performance.now();
  for (let k = 0; k < settings.iterations; k++) {
    learner.learn(...drawPair(generator, settings.binaryDim));
    errors += learner.error;
  }
  return { weights, generator, seconds: (performance.now() - began) / 1000, errors };
}

/** Seconds, and how many were right. */
function askFast(weights: Weights, pairs: Int32Array): [number, number] {
  const began = performance.now();
  let right = 0;
  let at = 0;
  for (const { sums } of ask(weights, pairs))
    for (let k = 0; k < sums.length; k++) if (sums[k] === pairs[at++]! + pairs[at++]!) right++;
  return [(performance.now() - began) / 1000, right];
}

function askPlainly(weights: Weights, pairs: Int32Array): [number, number] {
  const predict = predictor(weights);
  const began = performance.now();
  let right = 0;
  for (let at = 0; at < pairs.length; at += 2)
    if (predict(pairs[at]!, pairs[at + 1]!) === pairs[at]! + pairs[at + 1]!) right++;
  return [(performance.now() - began) / 1000, right];
}

console.log(`Node ${process.version}`);
let trained: Trained | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(" ");
  const [first = 0, hiddenDim = 0, alpha = 0, iterations = 0, seed = 0] = words.map(Number);
  if (command === "train") {
    trained = (isPlain ? trainPlainly : trainFast)({ binaryDim: first, hiddenDim, alpha, iterations, seed });
    const { synapse0, synapse1, synapseH } = trained.weights;
    const sum = [synapse0, synapse1, synapseH].flatMap((synapse) => [...synapse]).reduce((a, b) => a + b, 0);
    console.log(`${trained.seconds} ${trained.errors} ${sum}`);
  } else if (trained) {
    const { weights, generator } = trained;
    const numbers = new Int32Array(2 * first);
    for (let k = 0; k < numbers.length; k += 2) numbers.set(drawPair(generator, weights.binaryDim), k);
    console.log((isPlain ? askPlainly : askFast)(weights, numbers).join(" "));
  }
}
