// What cannot be made: scikit-learn's own refusals, and the bound of the service.
import { InputError } from "../input-error.js";
import { clusterRows, weightsOf } from "./cluster-sizes.js";
import { clustersOf, type Settings } from "./settings.js";

/**
 * How often over the clusters' matrices together may have as many cells as one: none is kept, but at 10,000,000 cells
 * it takes minutes to draw so many.
 */
const MATRICES = 1000;

/**
 * Throws InputError (422) for settings that scikit-learn refuses, or of more than `sampleCells` numbers. With
 * `checkOverlap`, what is let through draws at most 1000 × `sampleCells` numbers or so, and multiplies at most
 * 2 × `sampleCells`^1.5: at 10,000,000 minutes for either.
 */
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

/** The samples, the centroids of the clusters, and the matrices that features are combined with. */
function checkCells(settings: Settings, sampleCells: number): void {
  const { samples, features, classes, clustersPerClass, informative, redundant } = settings;
  const ofClusters = [clustersPerClass, classes, informative];
  const bounds: [path: string, others: string, factors: number[], times: number][] = [
    ["/samples", "features", [samples, features], 1],
    ["/informative", "informative", [informative, informative], 1],
    ["/redundant", "informative", [redundant, informative], 1],
    ["/clustersPerClass", "classes times informative", ofClusters, 1],
    ["/clustersPerClass", "classes times informative²", [...ofClusters, informative], MATRICES],
  ];
  for (const [path, others, factors, times] of bounds) {
    const cells = factors.reduce((product, factor) => product * factor);
    if (cells <= times * sampleCells) continue;
    throw InputError.impossible(
      path,
      `times ${others} is ${cells} (${factors.join(" × ")}): the limit ` +
        `${times === 1 ? "" : `${times} × `}SAMPLE_CELLS is ${times * sampleCells}`,
    );
  }
}

/**
 * Throws InputError (422) where negative weights let clusters overlap so much that together they have more than
 * `sampleCells` numbers. Not for an event loop: it goes through all clusters.
 */
export function checkOverlap(settings: Settings, sampleCells: number): void {
  const { features } = settings;
  const { together } = clusterRows(settings);
  if (together * features <= sampleCells) return;
  throw InputError.impossible(
    "/weights",
    `let clusters overlap: their samples times features are ${together * features} (${together} × ${features}): ` +
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
  if (weightsOf(settings).every((weight) => Number.isFinite(weight * settings.samples))) return;
  throw InputError.impossible("/weights", "times samples must be a finite number for each class");
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
