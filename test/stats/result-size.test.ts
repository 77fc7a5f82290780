// Answers that would be too large for a thread's heap: refused, of a file and of JSON.
import t from "tap";
import { describeJson } from "../../workers/stats/json-columns.js";
import { mistakeOf, statsOf } from "./run-stats.js";

const percentiles = Array.from({ length: 1000 }, (_, at) => (at + 1) / 1001);
/** With the median, which is always among them, there are 1001 of each column. */
const names = (count: number) => Array.from({ length: count }, (_, at) => `c${at}`);

t.test("columns times percentiles", async (t) => {
  const sentence = /^2200 columns with 1001 percentiles are 2202200 figures, and 2097152 are the most/;
  const csv = `${names(2200)}\n${names(2200).map(() => 1)}\n`;
  t.match(await mistakeOf(csv, { options: { percentiles } }), sentence);
  const columns = Object.fromEntries(names(2200).map((name) => [name, [1]]));
  t.throws(() => describeJson({ columns, options: { percentiles } }), {
    message: sentence,
    problem: { status: 413, name: "too-large" },
  });
  const usecols = ["c0", "c2199"];
  t.equal((await statsOf(csv, { options: { percentiles, usecols } })).columns.length, 2, "fewer columns");
  t.equal(describeJson({ columns }).columns.length, 2200, "fewer percentiles");
});

t.test("long names, and long most frequent values", async (t) => {
  const long = "x".repeat(1_000_000);
  const sentence = /have 17\d{6} characters, and 16777216 are the most/;
  const row = (cell: (at: number) => string) => `${Array.from({ length: 17 }, (_, at) => cell(at))}\n`;
  const header = row((at) => `${at}${long}`);
  t.match(await mistakeOf(header + row(() => "1")), sentence);
  t.match(await mistakeOf(row((at) => `c${at}`) + row(() => long)), sentence);
  t.match(
    await mistakeOf(row((at) => `c${at}`) + row(() => long), { sizes: { smallBytes: 0, manyValues: 1 } }),
    sentence,
    "in parts",
  );
  t.throws(() => describeJson({ columns: Object.fromEntries(names(17).map((name) => [name, [long]])) }), {
    message: sentence,
  });
  t.equal((await statsOf(header + row(() => "1"), { options: { usecols: [`0${long}`] } })).columns.length, 1);
});

t.test("columns times bins, at the full level", async (t) => {
  const sentence =
    /^210 columns with 3 percentiles, 10000 bins and 10 values are 4204830 figures, and 2097152 are the most/;
  const csv = `${names(210)}\n${names(210).map(() => 1)}\n`;
  t.match(await mistakeOf(csv, { options: { level: "full", bins: 10_000 } }), sentence);
  const columns = Object.fromEntries(names(210).map((name) => [name, [1]]));
  t.throws(() => describeJson({ columns, options: { level: "full", bins: 10_000 } }), { message: sentence });
  t.equal((await statsOf(csv, { options: { bins: 10_000 } })).columns.length, 210, "no bins are made");
  t.equal((await statsOf(csv, { options: { level: "full" } })).columns.length, 210);
});

t.test("long frequent values, at the full level", async (t) => {
  const values = Array.from({ length: 10 }, (_, at) => `${at}${"x".repeat(1_000_000)}`);
  const csv = `a,b\n${values.map((value) => `${value},${value}\n`).join("")}`;
  const sentence = /have 22\d{6} characters, and 16777216 are the most/;
  t.match(await mistakeOf(csv, { options: { level: "full" } }), sentence);
  t.match(
    await mistakeOf(csv, { options: { level: "full" }, sizes: { smallBytes: 0, manyValues: 1 } }),
    sentence,
    "in parts",
  );
  t.equal((await statsOf(csv)).columns.length, 2);
});
