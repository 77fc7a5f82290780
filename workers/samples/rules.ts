// What cannot be made: scikit-learn's own refusals, and the bound of the service.
import { InputError } from "../input-error.js";
import { weightsOf } from "./cluster-sizes.js";
import { clustersOf, type Settings } from "./settings.js";

/** Throws InputError (422) for settings that scikit-learn refuses, or of more than `sampleCells` numbers. */
export function checkSettings(settings: Settings, sampleCells: number): void {
  checkFeatures(settings);
  checkCells(settings, sampleCells);
  checkClusters(settings);
  checkWeights(settings);
  checkLength(settings, "shift");
  checkLength(settings, "scale");
}

function checkFeatures({ features, informative, redundant, repeated }: Settings): void {
  const sum = informative + redundant + repeated;
  if (sum <= features) return;
  throw InputError.impossible(
    "/features",
    `is ${features}: it must not be less than informative, redundant and repeated features together, ` +
      `${informative} + ${redundant} + ${repeated} = ${sum}`,
  );
}

/** Both the samples and the centroids of the clusters. */
function checkCells(settings: Settings, sampleCells: number): void {
  const { samples, features, classes, clustersPerClass, informative } = settings;
  if (samples * features > sampleCells)
    throw InputError.impossible(
      "/samples",
      `times features is ${samples * features} (${samples} × ${features}): the limit SAMPLE_CELLS is ${sampleCells}`,
    );
  const coordinates = clustersOf(settings) * informative;
  if (coordinates > sampleCells)
    throw InputError.impossible(
      "/clustersPerClass",
      `times classes times informative is ${coordinates} (${clustersPerClass} × ${classes} × ${informative}): ` +
        `the limit SAMPLE_CELLS is ${sampleCells}`,
    );
}

/** Each cluster has a vertex of its own. */
function checkClusters(settings: Settings): void {
  const { classes, clustersPerClass, informative } = settings;
  const clusters = clustersOf(settings);
  if (clusters <= 2 ** informative) return;
  throw InputError.impossible(
    "/informative",
    `is ${informative}: classes × clustersPerClass, ${classes} × ${clustersPerClass} = ${clusters}, must not be more ` +
      `than 2^informative = ${2 ** informative}`,
  );
}

function checkWeights(settings: Settings): void {
  const { weights, classes } = settings;
  if (!weights) return;
  if (weights.length !== classes && weights.length !== classes - 1)
    throw InputError.impossible(
      "/weights",
      `has ${weights.length} numbers: there must be as many as classes, ${classes}, or one less`,
    );
  const most = Number.MAX_SAFE_INTEGER / settings.samples;
  if (weightsOf(settings).every((weight) => Math.abs(weight) <= most)) return;
  throw InputError.impossible("/weights", "times samples must not be more than 2^53 − 1 for any class");
}

/** One number is taken for all features, as NumPy's broadcasting does. */
function checkLength(settings: Settings, name: "shift" | "scale"): void {
  const list = settings[name];
  if (list === null || typeof list === "number") return;
  if (list.length === settings.features || list.length === 1) return;
  throw InputError.impossible(
    `/${name}`,
    `has ${list.length} numbers: there must be one for each of ${settings.features} features`,
  );
}
