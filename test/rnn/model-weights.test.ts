// Weights of models on disk, and how many of them a thread keeps.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { ModelReference } from "../../workers/job-type.js";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { defaultWeights } from "../../workers/rnn/default-model.js";
import { modelWeights } from "../../workers/rnn/model-weights.js";
import { drawWeights } from "../../workers/rnn/network.js";
import { encodeWeights } from "../../workers/rnn/weights-file.js";

const folder = t.testdir();

function store(id: string, seed: number): ModelReference {
  const weights = drawWeights(new MersenneTwister(seed), { binaryDim: 8, hiddenDim: 2 });
  const path = join(folder, id);
  writeFileSync(path, encodeWeights(weights));
  return { id, binaryDim: 8, hiddenDim: 2, weights: path };
}

t.test("the model without a file is the default one, trained once", (t) => {
  t.equal(modelWeights({ id: "default", binaryDim: 8, hiddenDim: 16, weights: null }), defaultWeights());
  t.end();
});

t.test("a thread reads a model once and keeps the eight used last", (t) => {
  const [first, ...others] = Array.from({ length: 9 }, (_, seed) => store(`model-${seed}`, seed));
  const read = modelWeights(first!);
  t.strictSame(read, drawWeights(new MersenneTwister(0), { binaryDim: 8, hiddenDim: 2 }));
  const second = modelWeights(others[0]!);
  for (const model of others.slice(1, 7)) modelWeights(model);
  t.equal(modelWeights(first!), read, "kept, and now the latest");
  modelWeights(others[7]!);
  t.equal(modelWeights(first!), read, "still kept");
  t.not(modelWeights(others[0]!), second, "the least recently used one was forgotten");
  t.end();
});

t.test("a file that is gone is the caller's affair, one that is another network is not", (t) => {
  const gone = store("gone", 1);
  rmSync(gone.weights!);
  t.throws(() => modelWeights(gone), { name: "InputError", problem: { status: 404, name: "unknown-model" } });
  const other = { ...store("other", 1), binaryDim: 9 };
  t.throws(() => modelWeights(other), { name: "Error", message: /model other.*binaryDim 8.*record 9/ });
  t.end();
});
