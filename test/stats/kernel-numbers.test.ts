// Moments, quantiles and different values by the kernel, beside their references, and on columns made to lose digits.
import t from "tap";
import { distinctNumbers, figuresOf, sumsOf } from "../../workers/stats/kernel/numbers.js";
import { kurtosisOf, momentsOf, skewOf } from "../../workers/stats/moments.js";
import { quantiles } from "../../workers/stats/quantile.js";
import { randomOf } from "./random-numbers.js";

const random = randomOf(3);
const QS = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1];
/** Below and above what is selected from as a whole. */
const LENGTHS = [0, 1, 2, 3, 10, 1000, 32_768, 32_769, 200_001];

const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const COLUMNS: Record<string, (at: number, n: number) => number> = {
  uniform: () => random(),
  "1e9 and a little": () => 1e9 + random() * 1e-3,
  "alternating signs": (at) => (at % 2 ? -1 : 1) * (1 + random() * 1e-9),
  "cancels to nothing": (at) => (at % 2 ? -1 : 1) * (1e15 + (at >> 1)),
  "heavy tails": () => Math.exp(3 * normal()),
  "heavier tails": () => (1 - random()) ** -1.2,
  constant: () => 0.1,
  sorted: (at) => at * 0.1,
  reversed: (at, n) => n - at,
  "all equal but the first": (at) => (at === 0 ? 1e12 : 3),
  "all equal but the last": (at, n) => (at === n - 1 ? -1e12 : 3),
  "few values": () => Math.floor(random() * 4),
  "mostly zeros": () => (random() < 0.99 ? 0 : normal()),
  "runs of equal values": (at) => Math.floor(at / 1000),
  huge: () => 1e307 * (0.5 + random()),
  tiny: () => 5e-324 * Math.floor(random() * 100),
  "with infinities": (at) => (at % 1000 === 7 ? Infinity : normal()),
};

/** Pieces of a column of random lengths, some of them empty. */
function cut(values: Float64Array): Float64Array[] {
  const pieces = [new Float64Array(0)];
  for (let at = 0; at < values.length; ) {
    const length = 1 + Math.floor((random() ** 4 * values.length) / 2);
    pieces.push(values.slice(at, at + length));
    at += length;
  }
  return pieces;
}

function near(found: number, expected: number, scale: number, tolerance: number): boolean {
  if (Object.is(found, expected) || found === expected) return true;
  return Math.abs(found - expected) <= tolerance * Math.max(Math.abs(expected), scale);
}

for (const [name, valueAt] of Object.entries(COLUMNS))
  t.test(name, async (t) => {
    for (const n of LENGTHS) {
      const values = Float64Array.from({ length: n }, (_, at) => valueAt(at, n));
      const reference = momentsOf(values);
      const scale = Math.max(Math.abs(reference.min), Math.abs(reference.max));
      const whole = figuresOf([values], QS);
      const { count, mean, std, min, max, quantiles: cuts } = whole;
      t.strictSame({ count, min, max }, { count: n, min: reference.min, max: reference.max }, `${n} values`);
      t.ok(near(mean, reference.mean, scale, 1e-15), `${n}: mean ${mean}, ${reference.mean}`);
      t.ok(near(std, reference.std, 0, 1e-9), `${n}: std ${std}, ${reference.std}`);
      t.strictSame(cuts, n === 0 ? [] : quantiles(values.slice(), QS), `${n}: quantiles`);
      t.strictSame(figuresOf(cut(values), QS), whole, `${n}: the same from pieces`);
    }
  });

t.test("many quantiles", async (t) => {
  const values = Float64Array.from({ length: 100_000 }, normal);
  const qs = Array.from({ length: 101 }, (_, at) => at / 100);
  t.strictSame(figuresOf(cut(values), qs).quantiles, quantiles(values.slice(), qs));
});

t.test("skewness and kurtosis", async (t) => {
  // of 1, 2, 3, 4, 10: pandas' skew() and kurt()
  const sums = sumsOf([Float64Array.of(1, 2), Float64Array.of(3, 4, 10)]);
  t.ok(near(skewOf(sums), 1.697056274847714, 0, 1e-14));
  t.ok(near(kurtosisOf(sums), 3.152, 0, 1e-13));
  // shifted far away, they stay
  const far = sumsOf([Float64Array.of(1, 2, 3, 4, 10).map((value) => value + 2 ** 40)]);
  t.equal(skewOf(far), skewOf(sums));
  t.equal(kurtosisOf(far), kurtosisOf(sums));
  for (const n of [0, 1, 2]) t.ok(Number.isNaN(skewOf(sumsOf([new Float64Array(n)]))));
  t.ok(Number.isNaN(kurtosisOf(sumsOf([new Float64Array(3)]))));
  t.equal(skewOf(sumsOf([new Float64Array(5)])), 0, "of equal values");
  t.equal(kurtosisOf(sumsOf([new Float64Array(5)])), 0, "of equal values");
});

t.test("different values", async (t) => {
  const cases: [values: number[], unique: number, top: [value: number, count: number][]][] = [
    [[], 0, []],
    [
      [3, 1, 3, 2],
      3,
      [
        [3, 2],
        [1, 1],
        [2, 1],
      ],
    ],
    [
      [0, -0, 5e-324],
      2,
      [
        [0, 2],
        [5e-324, 1],
      ],
    ],
    [
      [Infinity, -Infinity, Infinity],
      2,
      [
        [Infinity, 2],
        [-Infinity, 1],
      ],
    ],
  ];
  for (const [values, unique, top] of cases) {
    const found = distinctNumbers(cut(Float64Array.from(values)), 3);
    t.equal(found.unique, unique);
    t.strictSame(
      found.top.map(({ value, count }) => [value, count]),
      top,
    );
  }
  // more than are counted at a time; each twice, and one often
  const n = 1_200_000;
  const many = Float64Array.from({ length: 2 * n }, (_, at) => (at % n === 5 ? -1 : at % n));
  const { unique, top } = distinctNumbers(cut(many), 3);
  t.equal(unique, n);
  t.strictSame(
    top.map(({ value, count }) => [value, count]),
    [
      [0, 2],
      [1, 2],
      [2, 2],
    ],
  );
});
