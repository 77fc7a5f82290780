// Normals, integers and permutations against NumPy's: test/fixtures/samples/random.json, by scripts/reference/samples.py.
import { readFileSync } from "node:fs";
import t from "tap";
import { integerUpTo, permutation, range, shuffle } from "../../workers/random/integers.js";
import { MersenneTwister } from "../../workers/random/mt19937.js";
import { PolarNormal } from "../../workers/random/polar-normal.js";
import { closeTo } from "../samples/close-to.js";

interface Expected {
  seed: number;
  normals: number[];
  uniform: number[];
  afterUniform: number[];
  integers: [most: number, integers: number[]][];
  permutation: number[];
  one: number[];
  float: number;
}

const expected: Expected[] = JSON.parse(readFileSync("test/fixtures/samples/random.json", "utf8"));

t.strictSame(
  expected.map(({ seed }) => seed),
  [0, 1, 2 ** 32 - 1],
);

for (const { seed, ...numbers } of expected)
  t.test(`seed ${seed} draws NumPy's numbers, one kind after the other`, (t) => {
    const generator = new MersenneTwister(seed);
    const normal = new PolarNormal(generator);
    closeTo(
      t,
      numbers.normals.map(() => normal.next()),
      numbers.normals,
    );
    t.equal(numbers.normals.length % 2, 1, "of the last pair one is kept");
    t.strictSame(
      numbers.uniform.map(() => generator.float64()),
      numbers.uniform,
    );
    closeTo(
      t,
      numbers.afterUniform.map(() => normal.next()),
      numbers.afterUniform,
    );
    for (const [most, integers] of numbers.integers)
      t.strictSame(
        integers.map(() => integerUpTo(generator, most)),
        integers,
        `up to ${most}`,
      );
    t.strictSame([...permutation(generator, 20)], numbers.permutation);
    t.strictSame([...permutation(generator, 1)], numbers.one);
    t.equal(generator.float64(), numbers.float, "as many outputs have been used");
    t.end();
  });

t.test("nothing is drawn where there is no choice", (t) => {
  const generator = new MersenneTwister(4);
  t.equal(integerUpTo(generator, 0), 0);
  t.strictSame([...permutation(generator, 0)], []);
  t.equal(generator.uint32(), new MersenneTwister(4).uint32());
  t.end();
});

t.test("a shuffle in place is the permutation of the same state", (t) => {
  const items = range(50).map((index) => index * 3);
  shuffle(new MersenneTwister(8), items);
  t.strictSame([...items], [...permutation(new MersenneTwister(8), 50).map((index) => index * 3)]);
  t.end();
});
