// Samples of a random classification problem: scikit-learn's `make_classification`.
import { type Indices, integerUpTo, permutation, range } from "../random/integers.js";
import { MersenneTwister } from "../random/mt19937.js";
import { PolarNormal } from "../random/polar-normal.js";
import { type Centroids, centroidBytes, drawCentroids } from "./centroids.js";
import { clusterRows, clusterSlices } from "./cluster-sizes.js";
import { addDrawnProduct, type Rows } from "./drawn-matrix.js";
import { clustersOf, type Settings } from "./settings.js";

export interface Samples {
  /** samples × features, row by row, as they were made. */
  readonly values: Float64Array;
  /** The class of each row. */
  readonly labels: Uint32Array;
  /** The rows and the columns of `values` in the order of the result. */
  readonly rows: Indices;
  readonly columns: Indices;
}

/**
 * Makes samples as scikit-learn 1.2.1 does (after I. Guyon, "Design of experiments for the NIPS 2003 variable selection
 * benchmark", 2003), from settings that `checkSettings` has let through. What is drawn equals NumPy's bit for bit, but
 * for the last place of logarithms and the order of sums. `onProgress` hears how much of `workOf` is done.
 */
export function makeClassification(settings: Settings, onProgress?: (done: number) => void): Samples {
  const { samples, features, informative, redundant, repeated } = settings;
  const generator = new MersenneTwister(settings.seed);
  const normal = new PolarNormal(generator);
  const values = new Float64Array(samples * features);
  const labels = new Uint32Array(samples);
  const table = { values, width: features, offset: 0 };
  let done = 0;
  const report = (work: number) => {
    done += work;
    onProgress?.(done);
  };

  const centroids = drawCentroids(generator, settings);
  drawNormals(normal, table, 0, informative);
  report(samples * features);
  placeClusters(generator, settings, { table, labels, centroids, report });
  addRedundant(generator, settings, table, report);
  addRepeated(generator, settings, table);
  drawNormals(normal, table, informative + redundant + repeated, features);
  flipLabels(generator, settings, labels);
  shiftAndScale(generator, settings, table);
  if (!settings.shuffle) return { values, labels, rows: range(samples), columns: range(features) };
  const rows = permutation(generator, samples);
  return { values, labels, rows, columns: permutation(generator, features) };
}

/** How many numbers making samples draws and adds up, about. `rows` are those of all clusters together. */
export function workOf(settings: Settings, rows = settings.samples): number {
  const { samples, features, informative, redundant } = settings;
  const mixed = (clustersOf(settings) + rows) * informative ** 2;
  return samples * features + mixed + (1 + samples) * informative * redundant;
}

/** Bytes that making samples takes where it takes most. */
export function memoryOf(settings: Settings): number {
  const { samples, features, informative, redundant } = settings;
  const cloud = clusterRows(settings).largest * informative + Math.max(informative, redundant);
  const perRow = 8 * features + 12;
  return samples * perRow + 24 * features + 8 * cloud + centroidBytes(settings);
}

/** Fills the columns [start, stop) row by row. */
function drawNormals(normal: PolarNormal, { values, width }: Rows, start: number, stop: number): void {
  if (start === stop) return;
  for (let row = 0; row < values.length; row += width)
    for (let j = start; j < stop; j++) values[row + j] = normal.next();
}

interface Making {
  table: Rows;
  labels: Uint32Array;
  centroids: Centroids;
  report(work: number): void;
}

/**
 * Labels the rows of each cluster, mixes their informative features and moves them to its centroid. Where slices
 * overlap, which negative weights make them do, rows are mixed again.
 */
function placeClusters(
  generator: MersenneTwister,
  settings: Settings,
  { table: { values, width }, labels, centroids, report }: Making,
): void {
  const { informative, classes } = settings;
  const cloud = new Float64Array(clusterRows(settings).largest * informative);
  const target = { values: cloud, width: informative, offset: 0 };
  let k = 0;
  for (const { start, stop } of clusterSlices(settings)) {
    const count = stop - start;
    const source = { values, width, offset: start * width };
    cloud.fill(0, 0, count * informative);
    addDrawnProduct(generator, { count, inner: informative, outer: informative, source, target, report });
    for (let i = 0; i < count; i++)
      for (let j = 0; j < informative; j++)
        values[(start + i) * width + j] = cloud[i * informative + j]! + centroids.at(k, j);
    labels.fill(k % classes, start, stop);
    k++;
  }
}

/** Random combinations of the informative features. */
function addRedundant(
  generator: MersenneTwister,
  { samples, informative, redundant }: Settings,
  table: Rows,
  report: (work: number) => void,
): void {
  if (redundant === 0) return;
  const target = { ...table, offset: informative };
  const size = { count: samples, inner: informative, outer: redundant };
  addDrawnProduct(generator, { ...size, source: table, target, report });
}

/** Copies of features drawn from those that have been made. */
function addRepeated(
  generator: MersenneTwister,
  { informative, redundant, repeated }: Settings,
  { values, width }: Rows,
): void {
  const made = informative + redundant;
  const copied = Uint32Array.from({ length: repeated }, () => (made - 1) * generator.float64() + 0.5);
  for (let row = 0; row < values.length; row += width)
    for (let j = 0; j < repeated; j++) values[row + made + j] = values[row + copied[j]!]!;
}

/** All samples are drawn for before the first class is. */
function flipLabels(
  generator: MersenneTwister,
  { flipY, classes }: Settings,
  labels: Uint32Array<ArrayBufferLike>,
): void {
  if (flipY < 0) return;
  const isFlipped = Uint8Array.from(labels, () => (generator.float64() < flipY ? 1 : 0));
  for (let i = 0; i < labels.length; i++) if (isFlipped[i]) labels[i] = integerUpTo(generator, classes - 1);
}

function shiftAndScale(generator: MersenneTwister, settings: Settings, { values, width }: Rows): void {
  const { shift, scale, classSep } = settings;
  const ofEach = (given: number | readonly number[] | null, draw: () => number) =>
    Float64Array.from({ length: width }, (_, j) => {
      if (given === null) return draw();
      return typeof given === "number" ? given : given[given.length === 1 ? 0 : j]!;
    });
  const shifts = ofEach(shift, () => (2 * generator.float64() - 1) * classSep);
  const scales = ofEach(scale, () => 1 + 100 * generator.float64());
  for (let row = 0; row < values.length; row += width)
    for (let j = 0; j < width; j++) values[row + j] = (values[row + j]! + shifts[j]!) * scales[j]!;
}
