// Columns that are hard to estimate: their exact figures stay those of the exact way.
import t from "tap";
import type { ColumnFigures } from "../../../workers/stats/describe.js";
import type { Options } from "../../../workers/stats/options.js";
import { statsOf } from "../run-stats.js";

/** The column `x` of these values beside nothing, exactly, and with little memory as one range and in parts. */
async function waysOf(
  values: readonly string[],
  options: Options = {},
): Promise<[ColumnFigures, ColumnFigures[]]> {
  const content = `x\n${values.map((value) => `${value}\n`).join("")}`;
  const sizes = { smallBytes: 0, partBytes: Math.ceil(content.length / 2) };
  const own = { options: { ...options, level: "full" as const, bins: 4 } };
  const exact = (await statsOf(content, own)).columns[0]!;
  const one = (await statsOf(content, { ...own, memory: 600_000 })).columns[0]!;
  const cut = (await statsOf(content, { ...own, memory: 1e6, sizes })).columns[0]!;
  for (const { approximate } of [one, cut]) t.equal(approximate, true, "it does not fit");
  return [exact, [one, cut]];
}

const many = (valueAt: (at: number) => string | number) =>
  Array.from({ length: 150_000 }, (_, at) => `${valueAt(at)}`);

t.test("moments keep their digits when parts are joined", async (t) => {
  const columns: Record<string, string[]> = {
    "1e9 and a little": many((at) => 1e9 + ((at * 7919) % 1000) * 1e-3),
    "beyond 2^62": many((at) => `${2n ** 62n + 4n * BigInt(at)}`),
    "all equal but one": many((at) => (at === 8 ? 1e9 : 0.1 + (at % 2) * 1e-9)),
  };
  for (const [name, values] of Object.entries(columns)) {
    const [exact, ways] = await waysOf(values);
    for (const found of ways)
      for (const figure of ["mean", "std", "skew", "kurtosis"]) {
        const [a, b] = [found[figure] as number, exact[figure] as number];
        t.ok(
          Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)) + 1e-9 * Math.abs(b),
          `${name}: ${figure} ${a}, ${b}`,
        );
      }
  }
});

t.test("infinities: no histogram, as exactly", async (t) => {
  for (const special of ["-inf", "inf"]) {
    const [exact, ways] = await waysOf(many((at) => (at === 5 ? special : at / 7)));
    for (const { histogram, min, max, mean } of [exact, ...ways])
      t.same([histogram, min === null || max === null, mean], [null, true, null]);
  }
});

t.test("numbers that are nulls in a column with a decimal: few are left, or none", async (t) => {
  const few = many((at) => (at < 4 ? at + 0.5 : "0.00"));
  const none = many(() => "0.00");
  for (const values of [few, none]) {
    const content = `x\n${values.join("\n")}\n`;
    const options: Options = { naValues: ["0"] };
    const [exact] = (await statsOf(content, { options })).columns;
    const [{ approximate, errors, ...found }] = (await statsOf(content, { options, memory: 600_000 }))
      .columns as [ColumnFigures];
    t.equal(approximate, true);
    t.same(found, exact, "all that is left is known");
    t.same(errors, { "25%": 0, "50%": 0, "75%": 0 });
  }
});

t.test("texts that are all different have a top", async (t) => {
  for (const length of [100_000, 150_000, 299_999]) {
    const content = `x\n${Array.from({ length }, (_, at) => `t${at}\n`).join("")}`;
    const [column] = (await statsOf(content, { memory: 4e6 })).columns;
    const { approximate, top, freq, errors } = column as ColumnFigures & { freq: number };
    t.equal(approximate, true);
    t.match(top, /^t\d+$/);
    t.equal(freq, 1, "not 0: it was seen");
    t.ok(errors!.freq! > 0);
  }
});

t.test("equal counts: the first seen first, when nothing was lost", async (t) => {
  const [exact, ways] = await waysOf(many((at) => (at % 1500 === 7 ? 7 : at % 1500 === 8 ? 8 : 5)));
  for (const { topValues, errors } of ways) {
    t.equal(errors!.topValues, 0);
    t.same(topValues, exact.topValues);
  }
});
