// The weights of the model that a job refers to, kept in the thread for the next job.
import { readFileSync } from "node:fs";
import { InputError } from "../input-error.js";
import type { ModelReference } from "../job-type.js";
import { defaultWeights } from "./default-model.js";
import type { Weights } from "./network.js";
import { decodeWeights } from "./weights-file.js";

/** Models kept by a thread: the largest has 2 MiB of weights. */
const KEPT_MODELS = 8;

/** By model id, the least recently used first. A model never changes, so neither does an entry. */
const kept = new Map<string, Weights>();

/**
 * The weights of `model`; the default model's when it has no file. Throws InputError
 * (404) when the file is gone, and an Error when it is not the network that the model's record says.
 */
export function modelWeights(model: ModelReference): Weights {
  if (model.weights === null) return defaultWeights();
  const weights = kept.get(model.id) ?? readWeights(model, model.weights);
  kept.delete(model.id);
  kept.set(model.id, weights);
  if (kept.size > KEPT_MODELS) kept.delete(kept.keys().next().value!);
  return weights;
}

function readWeights(model: ModelReference, path: string): Weights {
  const weights = decodeWeights(readFile(model, path));
  if (weights.binaryDim !== model.binaryDim || weights.hiddenDim !== model.hiddenDim)
    throw new Error(
      `model ${model.id}: its file has binaryDim ${weights.binaryDim} and hiddenDim ${weights.hiddenDim}, ` +
        `its record ${model.binaryDim} and ${model.hiddenDim}`,
    );
  return weights;
}

function readFile(model: ModelReference, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError({
      status: 404,
      name: "unknown-model",
      detail: `the model ${model.id} was deleted in the meantime`,
    });
  }
}
