// Accuracy: which pairs it is measured over. Against NumPy's figures it is tested in train.test.ts.
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { accuracyPairs, measureAccuracy } from "../../workers/rnn/accuracy.js";
import { zeroWeights } from "../../workers/rnn/network.js";

t.test("at most min(16,384, 1e9 / (B·H²)) pairs", (t) => {
  t.equal(accuracyPairs({ binaryDim: 8, hiddenDim: 16 }), 16_384);
  t.equal(accuracyPairs({ binaryDim: 2, hiddenDim: 1 }), 16_384);
  t.equal(accuracyPairs({ binaryDim: 10, hiddenDim: 100 }), 10_000);
  t.equal(accuracyPairs({ binaryDim: 31, hiddenDim: 512 }), 123, "1e9 / 8126464 is 123.05");
  t.end();
});

t.test("all pairs when they fit: a network that always answers 0 is right for 0 + 0 alone", (t) => {
  const generator = new MersenneTwister(0);
  for (const binaryDim of [2, 5, 8])
    t.equal(
      measureAccuracy(zeroWeights({ binaryDim, hiddenDim: 3 }), generator),
      1 / 4 ** (binaryDim - 1),
      `${binaryDim} bits`,
    );
  t.equal(generator.uint32(), new MersenneTwister(0).uint32(), "nothing is drawn");
  t.end();
});

t.test("else as many pairs as are allowed, each of two draws", (t) => {
  const generator = new MersenneTwister(0);
  const weights = zeroWeights({ binaryDim: 12, hiddenDim: 300 });
  t.equal(measureAccuracy(weights, generator), 0);
  const apart = new MersenneTwister(0);
  for (let draw = 0; draw < 2 * accuracyPairs(weights); draw++) apart.uint32();
  t.equal(generator.uint32(), apart.uint32());
  t.end();
});
