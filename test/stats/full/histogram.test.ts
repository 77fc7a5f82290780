// Histograms as NumPy 1.24 makes them; where it fails, none, or one that holds every value.
import t from "tap";
import { count, edgesOf, type Histogram } from "../../../workers/stats/full/histogram.js";
import { randomOf } from "../random-numbers.js";
import { statsOf } from "../run-stats.js";

function histogramOf(values: readonly number[], bins: number): Histogram {
  const edges = edgesOf(Math.min(...values), Math.max(...values), bins);
  const counts = new Array<number>(bins).fill(0);
  count(Float64Array.from(values), edges, counts);
  return { counts, edges };
}

/** That of a column of a file with these cells. */
async function histogramIn(cells: readonly (string | number)[], bins?: number): Promise<Histogram | null> {
  const options = { level: "full" as const, ...(bins ? { bins } : {}) };
  const { columns } = await statsOf(`v\n${cells.join("\n")}\n`, { options });
  return columns[0]!.histogram as Histogram | null;
}

t.test("counts and edges of numpy.histogram", async (t) => {
  const cases: [values: number[], bins: number, counts: number[], edges: number[]][] = [
    [[1, 2, 3, 4], 3, [1, 1, 2], [1, 2, 3, 4]],
    [[-3, -1, 0, 2, 5], 4, [1, 2, 1, 1], [-3, -1, 1, 3, 5]],
    [[-0.5, 0.5], 2, [1, 1], [-0.5, 0, 0.5]],
    // all equal: half a unit to both sides
    [[5, 5, 5], 4, [0, 0, 3, 0], [4.5, 4.75, 5, 5.25, 5.5]],
    [[0], 1, [1], [-0.5, 0.5]],
    // on the edges, as far as they are doubles
    [
      [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
      10,
      [1, 1, 2, 0, 1, 2, 1, 0, 1, 2],
      [0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9, 1],
    ],
    [[1.1, 2.2, 3.3, 4.4, 5.5], 4, [1, 2, 0, 2], [1.1, 2.2, 3.3000000000000003, 4.4, 5.5]],
    [[100.1, 100.2, 100.3, 100.4], 3, [1, 1, 2], [100.1, 100.2, 100.3, 100.4]],
    // 0.9 + 3 × 0.3 is below 1.8: the last edge is the greatest value
    [[0.9, 1.8, 1.3], 3, [1, 1, 1], [0.9, 1.2, 1.5, 1.8]],
    // large, small, and close together
    [[0, 1.7e308, 8.5e307], 4, [1, 0, 1, 1], [0, 4.25e307, 8.5e307, 1.2749999999999999e308, 1.7e308]],
    [
      [1e-300, 3e-300, 2e-300],
      4,
      [1, 1, 0, 1],
      [1e-300, 1.5e-300, 2.0000000000000004e-300, 2.5000000000000003e-300, 3e-300],
    ],
    [[1e17, 1e17 + 16, 1e17], 5, [0, 2, 0, 0, 1], [1e17, 1e17, 1e17, 1e17 + 16, 1e17 + 16, 1e17 + 16]],
  ];
  for (const [values, bins, counts, edges] of cases) {
    t.strictSame(histogramOf(values, bins), { counts, edges }, `${values}`);
    t.strictSame(await histogramIn(values, bins), { counts, edges }, `${values}, in a file`);
  }
});

t.test("a bin holds what lies between its edges, the last one its upper edge too", async (t) => {
  const random = randomOf(3);
  for (const bins of [1, 2, 7, 20, 1000])
    for (const scale of [1, 1e-200, 1e200]) {
      // many of them on edges
      const values = Array.from({ length: 500 }, (_, at) =>
        at % 2 ? random() * scale : (Math.floor(random() * bins) / bins) * scale,
      );
      values.push(0, scale);
      const { counts, edges } = histogramOf(values, bins);
      const expected = counts.map((_, bin) => {
        const isLast = bin === bins - 1;
        const [from, to] = [edges[bin]!, edges[bin + 1]!];
        return values.filter((value) => value >= from && (value < to || (isLast && value === to))).length;
      });
      t.strictSame(counts, expected, `${bins} bins up to ${scale}`);
    }
});

t.test("no value is lost where numpy.histogram fails", async (t) => {
  const cases: string[][] = [
    // half a unit is nothing there
    ["1e17", "1e17", "1e17"],
    ["9007199254740992", "9007199254740992"],
    ["-1e300"],
    // wider than a double
    ["-1e308", "0", "1e308"],
    // bins narrower than a double
    ["0", "5e-324"],
    ["0", "1e-310", "3e-310"],
    ["5e-324", "1e-323", "2e-323"],
  ];
  for (const cells of cases) {
    const histogram = await histogramIn(cells);
    if (histogram === null) continue;
    const { counts, edges } = histogram;
    t.equal(
      counts.reduce((sum, count) => sum + count, 0),
      cells.length,
      `${cells}: ${counts}`,
    );
    t.ok(edges.every(Number.isFinite), `${cells}: ${edges}`);
    t.ok(
      edges.every((edge, at) => at === 0 || edge >= edges[at - 1]!),
      `${cells}: ${edges}`,
    );
  }
});

t.test("none of infinities, nor of nothing", async (t) => {
  t.equal(await histogramIn([1, "inf", 2]), null);
  t.equal(await histogramIn(["-inf"]), null);
  t.equal(await histogramIn(["NA", "NA"]), null);
  const { columns } = await statsOf("a,b\n1,x\n", { options: { level: "full" } });
  t.notOk("histogram" in columns[1]!, "a text");
  t.notOk("histogram" in (await statsOf("a\n1\n")).columns[0]!, "the describe level");
});

t.test("twenty bins, or as many as asked; nulls are in none", async (t) => {
  const cells = [...Array.from({ length: 101 }, (_, at) => at), "NA"];
  const histogram = await histogramIn(cells);
  t.equal(histogram!.counts.length, 20);
  t.strictSame(histogram!.counts, [...new Array(19).fill(5), 6]);
  t.equal((await histogramIn(cells, 1000))!.edges.length, 1001);
  t.strictSame(await histogramIn(cells, 1), { counts: [101], edges: [0, 100] });
});
