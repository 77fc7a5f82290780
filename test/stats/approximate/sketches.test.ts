// The bounds that the sketches state hold, whatever the order of the values, and when sketches are merged.
import t from "tap";
import { DISTINCT_ERROR, DistinctSketch } from "../../../workers/stats/approximate/distinct-sketch.js";
import { QuantileSketch } from "../../../workers/stats/approximate/quantile-sketch.js";
import { joinTexts, knownTexts } from "../../../workers/stats/approximate/running-texts.js";
import { Extent } from "../../../workers/stats/full/texts.js";
import { TableReader } from "../../../workers/stats/kernel/table-reader.js";
import { NullValues } from "../../../workers/stats/parse/null-values.js";
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

/** A part of a column of these texts, read with so much memory; `total` counts them. */
function partOf(texts: readonly string[], memory: number, total: Map<string, number>) {
  const layout = {
    ...{
      delimiter: 44,
      fields: 1,
      skipLong: false,
      columns: [0],
      asTexts: new Set([0]),
      fieldBytes: 2 ** 20,
    },
    ...{ missing: new NullValues([]), numericNulls: false, nullNumbers: new Set<number>() },
    ...{ utf8: true, utf8Texts: true, full: true, memory },
  };
  const reader = new TableReader(layout, { start: 0, to: Number.POSITIVE_INFINITY, seed: 3n });
  for (let at = 0; at < texts.length; at += 5000)
    reader.feed(Buffer.from(`${texts.slice(at, at + 5000).join("\n")}\n`), at + 5000 >= texts.length);
  for (const text of texts) total.set(text, (total.get(text) ?? 0) + 1);
  t.equal(reader.failure, undefined);
  return (
    reader.approximateAt(0)?.texts ??
    knownTexts(
      Array.from(reader.entriesAt(0), (entries) => entries.slice()),
      reader.distinctAt(0),
      new Extent(true),
    )
  );
}

const COLUMNS: Record<string, { texts: () => string[]; memory: number; kept: number }> = {
  "Zipf's law": {
    texts: () => many(() => `${Math.floor((1 - random()) ** -1.5)}`),
    memory: 2 ** 22,
    kept: 2048,
  },
  "all different": { texts: () => many((at) => `id ${at} ${random()}`), memory: 2 ** 22, kept: 2048 },
  "long ones": {
    texts: () => many((at) => `${"x".repeat(at % 50 === 0 ? 5000 : 0)}${Math.floor(random() ** 8 * 1e5)}`),
    memory: 2 ** 22,
    kept: 20,
  },
  "little memory": {
    texts: () => many(() => `${Math.floor(random() ** 8 * 1e5)}`),
    memory: 2 ** 18,
    kept: 100,
  },
  "few different": { texts: () => many(() => `${Math.floor(random() * 30)}`), memory: 2 ** 22, kept: 30 },
};

function many(textAt: (at: number) => string): string[] {
  return Array.from({ length: 200_000 }, (_, at) => textAt(at));
}

for (const [name, { texts, memory, kept }] of Object.entries(COLUMNS))
  t.test(`frequent texts: ${name}`, async (t) => {
    const total = new Map<string, number>();
    const all = [texts(), texts(), texts().slice(0, 100)];
    const parts = all.map((part, at) => partOf(part, at === 2 ? 2 ** 24 : memory, total));
    const { count, unique, uniqueError, uncertainty, top, extent } = joinTexts(parts);
    t.equal(count, 400_100);
    t.ok(Math.abs(unique - total.size) <= uniqueError * total.size, `${unique} of ${total.size}`);
    t.ok(uncertainty <= count / kept, `${uncertainty} of ${count}`);
    for (const { value, count } of top) {
      const exact = total.get(`${Buffer.from(value)}`)!;
      t.ok(count <= exact && exact <= count + uncertainty, `${value}: ${count} of ${exact}`);
    }
    const told = new Set(top.map(({ value }) => `${Buffer.from(value)}`));
    const least = (top.at(-1)?.count ?? 0) + uncertainty;
    const left = [...total].filter(([text, count]) => count > least && !told.has(text));
    t.same(left, [], "none that is more frequent for sure is left out");
    if (name === "few different") t.equal(uncertainty + uniqueError, 0, "all is known");
    const lengths = all.flat().map(({ length }) => length);
    t.equal(
      extent.minLength,
      lengths.reduce((a, b) => Math.min(a, b)),
    );
    t.equal(
      extent.maxLength,
      lengths.reduce((a, b) => Math.max(a, b)),
    );
    t.equal(
      extent.characters,
      lengths.reduce((a, b) => a + b),
    );
  });
