// How many samples each cluster gets.
import { clustersOf, type Settings } from "./settings.js";

/** The shares of all classes: those that were asked for, of which the last may be implied, or equal ones. */
export function weightsOf({ weights, classes }: Settings): readonly number[] {
  if (!weights) return Array<number>(classes).fill(1 / classes);
  if (weights.length === classes) return weights;
  return [...weights, 1 - weights.reduce((sum, weight) => sum + weight, 0)];
}

/**
 * The size of each cluster, of which cluster k is of the class k mod `classes`: its share, rounded towards 0, and what
 * of all samples is then missing is dealt out one by one. With shares that sum to more than 1 there are more than
 * `samples` together; negative shares give negative sizes.
 */
export function clusterSizes(settings: Settings): Float64Array {
  const { samples, classes, clustersPerClass } = settings;
  const weights = weightsOf(settings);
  const clusters = clustersOf(settings);
  const sizes = new Float64Array(clusters);
  let missing = samples;
  for (let k = 0; k < clusters; k++) {
    sizes[k] = Math.trunc((samples * weights[k % classes]!) / clustersPerClass);
    missing -= sizes[k]!;
  }
  if (!(missing > 0)) return sizes;
  const each = Math.floor(missing / clusters);
  const rest = missing % clusters;
  for (let k = 0; k < clusters; k++) sizes[k]! += each + (k < rest ? 1 : 0);
  return sizes;
}

/** The samples [start, stop) of each cluster in turn, as slices of Python: cut to the samples, from the end below 0. */
export function* clusterSlices(settings: Settings): Generator<{ start: number; stop: number }> {
  const { samples } = settings;
  const cut = (index: number) => (index < 0 ? Math.max(index + samples, 0) : Math.min(index, samples));
  let end = 0;
  for (const size of clusterSizes(settings)) {
    const start = cut(end);
    end += size;
    yield { start, stop: Math.max(cut(end), start) };
  }
}
