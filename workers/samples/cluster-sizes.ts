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
 * `samples` together; negative shares give negative sizes. Integers without bounds, as Python's are.
 */
export function* clusterSizes(settings: Settings): Generator<bigint> {
  const { samples, classes, clustersPerClass } = settings;
  const weights = weightsOf(settings);
  const clusters = clustersOf(settings);
  const share = (k: number) => BigInt(Math.trunc((samples * weights[k % classes]!) / clustersPerClass));
  let missing = BigInt(samples);
  for (let k = 0; k < clusters; k++) missing -= share(k);
  if (missing < 0n) missing = 0n;
  const each = missing / BigInt(clusters);
  const rest = Number(missing % BigInt(clusters));
  for (let k = 0; k < clusters; k++) yield share(k) + each + (k < rest ? 1n : 0n);
}

/** The samples [start, stop) of each cluster in turn, as slices of Python: cut to the samples, from the end below 0. */
export function* clusterSlices(settings: Settings): Generator<{ start: number; stop: number }> {
  const samples = BigInt(settings.samples);
  const cut = (index: bigint) => {
    if (index >= samples) return settings.samples;
    const fromStart = index < 0n ? index + samples : index;
    return fromStart < 0n ? 0 : Number(fromStart);
  };
  let end = 0n;
  for (const size of clusterSizes(settings)) {
    const start = cut(end);
    end += size;
    yield { start, stop: Math.max(cut(end), start) };
  }
}

/** Rows of all clusters together, which are more than `samples` where negative shares let slices overlap; the largest. */
export function clusterRows(settings: Settings): { together: number; largest: number } {
  let together = 0;
  let largest = 0;
  for (const { start, stop } of clusterSlices(settings)) {
    together += stop - start;
    largest = Math.max(largest, stop - start);
  }
  return { together, largest };
}
