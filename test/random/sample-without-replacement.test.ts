// Against scikit-learn's sample_without_replacement: test/fixtures/samples/sampled.json, by scripts/reference/samples.py.
import { readFileSync } from "node:fs";
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { sampleWithoutReplacement, wayOf } from "../../workers/random/sample-without-replacement.js";

interface Expected {
  population: number;
  count: number;
  seed: number;
  drawn: number[];
  /** The next float. */
  float: number;
}

const expected: Expected[] = JSON.parse(readFileSync("test/fixtures/samples/sampled.json", "utf8"));

for (const { population, count, seed, drawn, float } of expected)
  t.test(`${count} of ${population}`, (t) => {
    const generator = new MersenneTwister(seed);
    t.strictSame([...sampleWithoutReplacement(generator, population, count)], drawn);
    t.equal(generator.float64(), float, "as many outputs have been used");
    t.end();
  });

t.test("each way is among them", (t) => {
  const ways = expected.map(({ population, count }) => wayOf(population, count));
  t.strictSame(new Set(ways), new Set(["permutation", "tracking", "reservoir"]));
  t.end();
});
