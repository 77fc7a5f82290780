// What is told of a model beyond its record: its weights as JSON, and the document of the default model, which has none.
import type { ModelReference } from "./job-type.js";
import { MersenneTwister } from "./random/mt19937.js";
import { accuracyPairs, measureAccuracy } from "./rnn/accuracy.js";
import { DEFAULT_MODEL, DEFAULT_SETTINGS, defaultWeights } from "./rnn/default-model.js";
import { modelWeights } from "./rnn/model-weights.js";
import { weightMatrices } from "./rnn/weights-file.js";

/**
 * JSON of the matrices `synapse0` (2×H), `synapse1` (H×1) and `synapseH` (H×H) as lists of rows: about 5 MB for
 * H = 512. Throws InputError (404) when the model's file is gone.
 */
export function weightsJson(model: ModelReference): string {
  return JSON.stringify(weightMatrices(modelWeights(model)));
}

/** JSON of the default model's document. Its accuracy is measured, so the first call trains it. */
export function defaultModelJson(): string {
  const weights = defaultWeights();
  const { seed } = DEFAULT_SETTINGS;
  return JSON.stringify({
    id: DEFAULT_MODEL,
    name: DEFAULT_MODEL,
    ...DEFAULT_SETTINGS,
    // all its pairs are asked, so that none is drawn
    accuracy: measureAccuracy(weights, new MersenneTwister(seed)),
    accuracyPairs: accuracyPairs(weights),
    createdAt: null,
  });
}
