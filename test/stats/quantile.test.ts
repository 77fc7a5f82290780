// Quantiles against sorting, and order statistics of data that quickselect is known to suffer from.
import t from "tap";
import { quantiles } from "../../workers/stats/quantile.js";
import { selectRanks } from "../../workers/stats/select.js";
import { randomOf } from "./random-numbers.js";

const random = randomOf(1);
const SHAPES: Record<string, (at: number, n: number) => number> = {
  random: () => random(),
  sorted: (at) => at,
  "sorted backwards": (at) => -at,
  equal: () => 7,
  "two values": (at) => at % 2,
  "few values": () => Math.floor(random() * 5),
  "an organ pipe": (at, n) => Math.min(at, n - at),
  "a saw": (at) => at % 100,
  "heavy tails": () => Math.tan(Math.PI * (random() - 0.5)),
  "with infinities": (at) => [Infinity, -Infinity, at][at % 3]!,
  "one outlier": (at) => (at === 5 ? 1e300 : 1),
};

t.test("order statistics are those of sorting", (t) => {
  for (const [name, shape] of Object.entries(SHAPES))
    for (const n of [1, 2, 3, 10, 127, 128, 130, 1000, 20_000]) {
      const values = Float64Array.from({ length: n }, (_, at) => shape(at, n));
      const sorted = values.slice().sort();
      const ranks = [...new Set([0, 1, n >> 2, n >> 1, n - 2, n - 1])]
        .filter((rank) => rank >= 0 && rank < n)
        .sort((a, b) => a - b);
      selectRanks(values, ranks);
      t.strictSame(
        ranks.map((rank) => values[rank]),
        ranks.map((rank) => sorted[rank]),
        `${name}, ${n}`,
      );
      t.strictSame(values.sort(), sorted, `${name}, ${n}: nothing is lost`);
    }
  t.end();
});

t.test("R's type 7", (t) => {
  // numpy.quantile([15, 20, 35, 40, 50], …): 5 values, positions 4 q
  t.strictSame(
    quantiles(Float64Array.of(50, 15, 40, 20, 35), [0.05, 0.25, 0.3, 0.4, 0.5, 0.95]),
    [16, 20, 23, 29, 35, 48],
  );
  t.strictSame(quantiles(Float64Array.of(3), [0.1, 0.5, 0.999]), [3, 3, 3]);
  t.strictSame(quantiles(Float64Array.of(1, 2), [0.25, 0.5, 0.75]), [1.25, 1.5, 1.75]);
  t.end();
});

t.test("beside infinities, as numpy 1.24 has it", (t) => {
  t.strictSame(quantiles(Float64Array.of(-Infinity, 1, 2, 3, 4), [0.25, 0.5, 0.75]), [1, 2, 3]);
  t.strictSame(quantiles(Float64Array.of(1, 2, Infinity), [0.25, 0.5]), [1.5, Number.NaN]);
  t.end();
});
