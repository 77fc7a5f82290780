// Types of whole columns: each case as pandas 1.5.3's read_csv decides it, unless it says otherwise.
import t from "tap";
import type { Options } from "../../workers/stats/options.js";
import { dtypesOf, statsOf } from "./run-stats.js";

/** A file with the values in its first column; the second keeps empty lines from being blank. */
const fileOf = (values: string[]) => `v,w\n${values.map((value) => `${value},0\n`).join("")}`;
const first = async (values: string[], options: Options = {}) =>
  (await statsOf(fileOf(values), { options })).columns[0]!;

const INT = "9223372036854775808"; // 2^63
const HUGE = "18446744073709551616"; // 2^64
const LOW = "-9223372036854775809"; // -2^63 - 1

const CASES: [values: string[], dtype: string][] = [
  [["1", "-2", "+3", "007", " 4 "], "int64"],
  [["9223372036854775807", "-9223372036854775808"], "int64"],
  [["1", ""], "float64"],
  [["1", "2.0"], "float64"],
  [["1e5"], "float64"],
  [["inf", "1"], "float64"],
  [["1e400"], "object"],
  [["1", "1e400"], "object"],
  [["1.5", "1e400"], "object"],
  [["1.5", "9".repeat(309)], "object"],
  [["9".repeat(309), "1.5"], "object"],
  [[INT], "uint64"],
  [[INT, "0"], "uint64"],
  [["18446744073709551615"], "uint64"],
  [[INT, "-1"], "object"],
  [["-0", INT], "object"],
  [[INT, "1.5"], "float64"],
  [[INT, "-1", "1.5"], "float64"],
  [[HUGE], "object"],
  [[HUGE, "1"], "object"],
  [[HUGE, ""], "object"],
  [[HUGE, "1.5"], "object"],
  [["1.5", HUGE], "float64"],
  [["1", HUGE, "1.5"], "object"],
  [[LOW], "object"],
  [[LOW, ""], "object"],
  [[LOW, "1.5"], "float64"],
  [["1.5", LOW], "float64"],
  [["", ""], "float64"],
  [[], "object"],
  [["True", "FALSE", "true"], "bool"],
  [["True", ""], "object"],
  [["True", "1"], "object"],
  [["1", "True"], "object"],
  [[" True"], "object"],
  [["tRue"], "object"], // pandas' tables have three spellings, its parser ignores the case
  [["1", "x"], "object"],
  [["x", "1"], "object"],
  [["1_000"], "object"],
  [['"1,000"'], "object"],
  [["0x1F"], "object"],
  [["5%"], "object"],
  [[INT, ""], "float64"], // pandas: object, with the empty text as a value; here integers with nulls are float64
];
for (const [values, dtype] of CASES)
  t.test(`${JSON.stringify(values)} is ${dtype}`, async (t) => {
    t.equal((await first(values)).dtype, dtype);
  });

t.test("quoted numbers are numbers", async (t) => {
  t.strictSame(dtypesOf(await statsOf('a,b\n"1","2.5"\n"3",""\n')), ["int64", "float64"]);
});

t.test("texts keep their spelling", async (t) => {
  t.match(await first(["1", "1.0", "01", "1", "x"]), {
    dtype: "object",
    count: 5,
    unique: 4,
    top: "1",
    freq: 2,
  });
  t.match(await first([HUGE, "01", "1"]), { dtype: "object", unique: 3, top: HUGE });
});

t.test("truth values", async (t) => {
  t.match(await first(["true", "False", "TRUE"]), { dtype: "bool", count: 3, unique: 2, top: true, freq: 2 });
  t.match(await first(["", "False", "FALSE"]), {
    dtype: "object",
    count: 2,
    nulls: 1,
    unique: 1,
    top: false,
    freq: 2,
  });
  t.match(await first(["false", "true"]), { top: false, freq: 1 }, "the first seen among equals");
});

t.test("columns without values", async (t) => {
  const nothing = { mean: null, std: null, min: null, "25%": null, "50%": null, "75%": null, max: null };
  t.strictSame(await first(["", "NA"]), { name: "v", dtype: "float64", count: 0, nulls: 2, ...nothing });
  t.strictSame(await first([]), {
    ...{ name: "v", dtype: "object", count: 0, nulls: 0 },
    ...{ unique: 0, top: null, freq: null },
  });
});

t.test("figures that are not finite are null", async (t) => {
  t.match(await first(["5"]), { mean: 5, std: null, min: 5, max: 5 });
  // pandas: mean inf, std nan, min 1, max inf
  t.match(await first(["1", "2", "inf"]), { count: 3, mean: null, std: null, min: 1, "25%": 1.5, max: null });
});
