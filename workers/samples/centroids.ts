// Where the clusters of samples are: vertices of a hypercube, or of a random polytope made of it.
import type { MersenneTwister } from "../random/mt19937.js";
import { sampleWithoutReplacement, wayOf } from "../random/sample-without-replacement.js";
import { clustersOf, type Settings } from "./settings.js";

/** The dimensions whose vertices are all different; what is beyond them is drawn freely. */
const DISTINCT = 30;

const distinctOf = (dimensions: number) => Math.min(dimensions, DISTINCT);

/** Bytes that drawing the centroids takes. */
export function centroidBytes(settings: Settings): number {
  const count = clustersOf(settings);
  const population = 2 ** distinctOf(settings.informative);
  const drawn = wayOf(population, count) === "permutation" ? population : count;
  return count * settings.informative + 4 * drawn + 8 * count;
}

/** Different vertices of the unit cube: `count` × `dimensions` coordinates, 0 or 1, vertex by vertex. */
function drawVertices(generator: MersenneTwister, count: number, dimensions: number): Uint8Array {
  const vertices = new Uint8Array(count * dimensions);
  const distinct = distinctOf(dimensions);
  const free = dimensions - distinct;
  for (let vertex = 0; vertex < count; vertex++)
    for (let j = 0; j < free; j++) vertices[vertex * dimensions + j] = generator.integerOfBits(1);
  sampleWithoutReplacement(generator, 2 ** distinct, count).forEach((bits, vertex) => {
    for (let j = 0; j < distinct; j++)
      vertices[vertex * dimensions + free + j] = (bits >>> (distinct - 1 - j)) & 1;
  });
  return vertices;
}

const drawFloats = (generator: MersenneTwister, count: number) =>
  Float64Array.from({ length: count }, () => generator.float64());

/** Where the clusters are: clusters × informative coordinates. */
export interface Centroids {
  at(cluster: number, feature: number): number;
}

export function drawCentroids(generator: MersenneTwister, settings: Settings): Centroids {
  const { informative, classSep, hypercube } = settings;
  const clusters = clustersOf(settings);
  const vertices = drawVertices(generator, clusters, informative);
  const vertex = (k: number, j: number) => vertices[k * informative + j]! * (2 * classSep) - classSep;
  if (hypercube) return { at: vertex };
  const ofCluster = drawFloats(generator, clusters);
  const ofFeature = drawFloats(generator, informative);
  return { at: (k, j) => vertex(k, j) * ofCluster[k]! * ofFeature[j]! };
}
