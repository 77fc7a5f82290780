// The tutorial's own network, which every thread trains for itself on first use.
import type { ModelReference } from "../job-type.js";
import type { Weights } from "./network.js";
import { type Settings, train } from "./train.js";

/** The id that it answers to. */
export const DEFAULT_MODEL = "default";

export const DEFAULT_SETTINGS: Settings = {
  binaryDim: 8,
  hiddenDim: 16,
  alpha: 0.1,
  iterations: 10_000,
  seed: 0,
};

/** It has no file: `defaultWeights` are its weights. */
export const DEFAULT_REFERENCE: ModelReference = {
  id: DEFAULT_MODEL,
  binaryDim: DEFAULT_SETTINGS.binaryDim,
  hiddenDim: DEFAULT_SETTINGS.hiddenDim,
  weights: null,
};

let trained: Weights | undefined;

/** Its weights. The first call takes a fraction of a second; all threads and machines agree. */
export function defaultWeights(): Weights {
  trained ??= train(DEFAULT_SETTINGS).weights;
  return trained;
}
