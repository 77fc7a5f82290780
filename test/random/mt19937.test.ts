// The generator against NumPy's: test/fixtures/rnn/mt19937.json, written by scripts/reference/rnn.py.
import { readFileSync } from "node:fs";
import t from "tap";
import { MersenneTwister } from "../../workers/random/mt19937.js";

interface Expected {
  seed: number;
  /** Outputs 0 … 4, 622 … 626 (where the state is renewed) and 1995 … 1999. */
  first: number[];
  around624: number[];
  last: number[];
  /** Floats 0 … 4 and 395 … 399. */
  floats: number[];
  /** For 1 … 30 bits in turn: bits, an integer, then a float. */
  integers: [bits: number, integer: number, float: number][];
}

const expected: Expected[] = JSON.parse(readFileSync("test/fixtures/rnn/mt19937.json", "utf8"));

t.strictSame(
  expected.map(({ seed }) => seed),
  [0, 1, 5489, 19650218, 2 ** 31, 2 ** 32 - 1],
  "the seeds at both ends are among them",
);

for (const { seed, ...numbers } of expected)
  t.test(`seed ${seed} draws NumPy's numbers, bit for bit`, (t) => {
    const raw = new MersenneTwister(seed);
    const outputs = Array.from({ length: 2000 }, () => raw.uint32());
    t.strictSame(outputs.slice(0, 5), numbers.first);
    t.strictSame(outputs.slice(622, 627), numbers.around624);
    t.strictSame(outputs.slice(1995), numbers.last);

    const real = new MersenneTwister(seed);
    const floats = Array.from({ length: 400 }, () => real.float64());
    t.strictSame([...floats.slice(0, 5), ...floats.slice(395)], numbers.floats);

    const mixed = new MersenneTwister(seed);
    const integers = numbers.integers.map(([bits]) => [bits, mixed.integerOfBits(bits), mixed.float64()]);
    t.strictSame(integers, numbers.integers);
    t.end();
  });

t.test("the 10,000th output from seed 5489 is what the C++ standard asks of std::mt19937", (t) => {
  const generator = new MersenneTwister(5489);
  for (let i = 1; i < 10_000; i++) generator.uint32();
  t.equal(generator.uint32(), 4123659995, "[rand.predef]");
  t.end();
});

t.test("integers of 32 bits are whole outputs, integers of 1 bit their lowest", (t) => {
  const outputs = new MersenneTwister(7);
  const wide = new MersenneTwister(7);
  const narrow = new MersenneTwister(7);
  for (let i = 0; i < 100; i++) {
    const output = outputs.uint32();
    t.equal(wide.integerOfBits(32), output);
    t.equal(narrow.integerOfBits(1), output % 2);
  }
  t.end();
});
