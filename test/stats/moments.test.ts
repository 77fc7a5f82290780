// Mean and standard deviation against exact arithmetic, where sums of squares would fail.
import t from "tap";
import { momentsOf } from "../../workers/stats/moments.js";

const of = (...values: number[]) => momentsOf(Float64Array.of(...values));

function near(found: number, expected: number, what: string): void {
  t.ok(Math.abs(found - expected) <= 1e-12 * Math.abs(expected), `${what}: ${found}, not ${expected}`);
}

t.strictSame(of(1, 2, 3), { mean: 2, std: 1, min: 1, max: 3 });
t.strictSame(of(7), { mean: 7, std: Number.NaN, min: 7, max: 7 }, "ddof = 1: no deviation of one value");
t.strictSame(of(0.1, 0.1, 0.1), { mean: 0.1, std: 0, min: 0.1, max: 0.1 });
t.strictSame(of(), { mean: Number.NaN, std: Number.NaN, min: Number.NaN, max: Number.NaN });

// NIST's StRD "NumAcc4": 1001 values 10000000.2, ± 0.1 in turn; certified mean 10000000.2, std 0.1 (as doubles
// the data have an error of 1e-9 each, so the deviation is right to 8 digits)
const accuracy = momentsOf(
  Float64Array.from({ length: 1001 }, (_, at) => (at === 0 ? 10000000.2 : at % 2 ? 10000000.1 : 10000000.3)),
);
near(accuracy.mean, 10000000.2, "mean of NumAcc4");
t.ok(Math.abs(accuracy.std - 0.1) < 1e-8, "std of NumAcc4");

// 4, 7, 13, 16 have mean 10 and variance 30, wherever they are shifted to
for (const shift of [0, 1e9, 1e12, -1e14]) {
  const { mean, std } = of(4 + shift, 7 + shift, 13 + shift, 16 + shift);
  t.equal(mean, 10 + shift);
  near(std, Math.sqrt(30), `std, shifted by ${shift}`);
}

// a first value far from the others: mean (1e16 + 0 + … + 999) / 1001
const far = momentsOf(Float64Array.from({ length: 1001 }, (_, at) => (at === 0 ? 1e16 : at - 1)));
near(far.mean, (1e16 + 499_500) / 1001, "mean beside an outlier");

// 0 … n - 1: mean (n - 1) / 2, variance n (n + 1) / 12
const n = 1_000_000;
const range = momentsOf(Float64Array.from({ length: n }, (_, at) => at));
t.equal(range.mean, (n - 1) / 2);
near(range.std, Math.sqrt((n * (n + 1)) / 12), "std of a range");

t.ok(Number.isNaN(of(1, Infinity).std), "no deviation beside an infinity");
t.equal(of(1e308, 1e308, 1e308).mean, 1e308, "a sum beyond a double's range");
