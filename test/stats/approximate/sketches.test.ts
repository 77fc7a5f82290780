// The bounds that the sketches state hold, whatever the order of the values, and when sketches are merged.
import t from "tap";
import { DISTINCT_ERROR, DistinctSketch } from "../../../workers/stats/approximate/distinct-sketch.js";
import { type CountedTexts, FrequentTexts } from "../../../workers/stats/approximate/frequent-texts.js";
import { QuantileSketch } from "../../../workers/stats/approximate/quantile-sketch.js";
import { randomOf } from "../random-numbers.js";

const random = randomOf(5);
const QS = [0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999, 1];

const SHAPES: Record<string, (at: number, n: number) => number> = {
  random: () => random(),
  sorted: (at) => at,
  reversed: (at) => -at,
  "sorted blocks": (at) => at % 2048,
  "in turns from both ends": (at, n) => (at % 2 ? at : n - at),
  "few values": () => Math.floor(random() * 5),
  "heavy tails": () => (1 - random()) ** -2,
};

/** How far the rank of `value` is from the quantile's, as a share of all; 0 when equal values span it. */
function rankError(sorted: Float64Array, value: number, q: number): number {
  const target = q * (sorted.length - 1);
  const first = sorted.findIndex((other) => other >= value);
  const last = sorted.findLastIndex((other) => other <= value);
  if (target >= first && target <= last) return 0;
  return Math.min(Math.abs(target - first), Math.abs(target - last)) / sorted.length;
}

t.test("quantiles", async (t) => {
  for (const [name, shape] of Object.entries(SHAPES))
    for (const n of [1, 100, 2048, 10_000, 300_000]) {
      const values = Float64Array.from({ length: n }, (_, at) => shape(at, n));
      const whole = new QuantileSketch();
      const parts = [0, 1, 2].map(() => new QuantileSketch());
      for (let at = 0; at < n; at += 777) {
        whole.add(values.subarray(at, at + 777));
        parts[at % 3]!.add(values.subarray(at, at + 777));
      }
      const merged = new QuantileSketch();
      for (const part of parts) merged.merge(QuantileSketch.unpack(part.pack()));
      const sorted = values.slice().sort();
      for (const sketch of [whole, merged]) {
        t.equal(sketch.count, n);
        t.ok(sketch.error <= 0.005, `${name}, ${n}: the bound is ${sketch.error}`);
        const errors = sketch.quantiles(QS).map((value, at) => rankError(sorted, value, QS[at]!));
        // what lies between two order statistics is half a rank off
        t.ok(Math.max(...errors) <= sketch.error + 0.5 / n, `${name}, ${n}: ${Math.max(...errors)}`);
      }
    }
  const exact = new QuantileSketch();
  exact.add(Float64Array.of(3, 1, 2));
  t.same(exact.quantiles([0, 0.5, 1]), [1, 2, 3]);
  t.equal(exact.error, 0);
  t.ok(exact.memory < 100_000);
});

t.test("the bound holds for as many values as a file may have", async (t) => {
  // 4 GiB of one digit and a line end
  const levels = Math.ceil(Math.log2(2 ** 31 / 2048));
  t.ok(levels / (2 * 2048) <= 0.005, "every level adds at most this to the error");
});

t.test("different values", async (t) => {
  for (const n of [0, 1, 2, 1000, 60_000, 300_000, 2_000_000]) {
    const parts = [new DistinctSketch(), new DistinctSketch()];
    for (let value = 0; value < n; value++) {
      const hash = Math.floor(random() * 2 ** 32);
      parts[value % 2]!.add(hash);
      parts[0]!.add(hash);
    }
    const sketch = new DistinctSketch();
    for (const part of parts) sketch.merge(part);
    const estimate = sketch.estimate();
    t.ok(Math.abs(estimate - n) <= DISTINCT_ERROR * n, `${n}: ${estimate}`);
  }
});

/** Texts `0`, `1`, … with these counts; hashes collide now and then. */
function counted(counts: readonly number[], first = 0): CountedTexts {
  return {
    hashes: counts.map((_, at) => (first + at) % 100_003),
    counts,
    textAt: (at) => Buffer.from(`${first + at}`),
  };
}

t.test("frequent values", async (t) => {
  const few = new FrequentTexts();
  few.add(counted([3, 1, 2]));
  few.add(counted([5], 1));
  t.same(
    few.top(2).map(({ text, count }) => [`${text}`, count]),
    [
      ["1", 6],
      ["0", 3],
    ],
  );
  t.equal(few.uncertainty, 0);

  // Zipf's law, in batches in which each value is seen now and then
  const n = 200_000;
  const total = new Float64Array(n);
  const parts = [new FrequentTexts(), new FrequentTexts()];
  for (let batch = 0; batch < 60; batch++) {
    const first = Math.floor(random() * 50_000);
    const counts = Array.from({ length: 10_000 }, (_, at) => Math.ceil((5000 * random()) / (first + at + 1)));
    for (const [at, count] of counts.entries()) total[first + at]! += count;
    parts[batch % 2]!.add(counted(counts, first));
  }
  const frequent = new FrequentTexts();
  for (const part of parts) frequent.merge(part.pack());
  const all = total.reduce((sum, count) => sum + count, 0);
  t.ok(frequent.uncertainty > 0);
  t.ok(frequent.uncertainty <= (2 * all) / 4096, `${frequent.uncertainty} of ${all}`);
  for (const { text, count } of frequent.top(100)) {
    const exact = total[Number(`${text}`)]!;
    t.ok(count <= exact && exact <= count + frequent.uncertainty, `${text}: ${count} of ${exact}`);
  }
  const kept = new Set(frequent.top(Number.POSITIVE_INFINITY).map(({ text }) => Number(`${text}`)));
  const lost = total.findIndex((count, value) => count > frequent.uncertainty && !kept.has(value));
  t.equal(lost, -1, "none that is more frequent than the uncertainty is lost");
});
