// Different integers drawn from a range, as scikit-learn's `sample_without_replacement` of method "auto" draws them.
import { type Indices, integerUpTo, permutation, range } from "./integers.js";
import type { MersenneTwister } from "./mt19937.js";

type Way = "permutation" | "tracking" | "reservoir";

/** How scikit-learn 1.2.1 draws `count` of `population` integers. */
export function wayOf(population: number, count: number): Way {
  const ratio = count / population;
  if (ratio > 0.01 && ratio < 0.99) return "permutation";
  return ratio < 0.2 ? "tracking" : "reservoir";
}

/** `count` different integers in [0, population), 0 < count ≤ population < 2³², in the order in which they are drawn. */
export function sampleWithoutReplacement(
  generator: MersenneTwister,
  population: number,
  count: number,
): Indices {
  const way = wayOf(population, count);
  if (way === "permutation") return permutation(generator, population).slice(0, count);
  return way === "tracking"
    ? track(generator, population, count)
    : fillReservoir(generator, population, count);
}

/** Draws again what has been drawn already. */
function track(generator: MersenneTwister, population: number, count: number): Indices {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(integerUpTo(generator, population - 1));
  return Uint32Array.from(drawn);
}

/** Each integer beyond the first `count` takes the place of one of them, if any: Vitter's algorithm R (1985). */
function fillReservoir(generator: MersenneTwister, population: number, count: number): Indices {
  const reservoir = range(count);
  for (let integer = count; integer < population; integer++) {
    const place = integerUpTo(generator, integer);
    if (place < count) reservoir[place] = integer;
  }
  return reservoir;
}
