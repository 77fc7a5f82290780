// Fifteen files whose figures pandas 1.5.3 itself worked out: `read_csv(path, na_values=["None"])` and `describe()`.
import { readdirSync, readFileSync } from "node:fs";
import t, { type Test } from "tap";
import type { ColumnFigures, Figure } from "../../workers/stats/describe.js";
import { mistakeOf, statsOf } from "./run-stats.js";

interface Expected {
  status: "ok" | "error";
  rows: number;
  columns: {
    name: string;
    dtype: string;
    count: number;
    nulls: number;
    kind: "numeric" | "object";
    /** `count`, and the figures; "nan" and "inf" for what JSON cannot say. */
    describe: Record<string, Figure>;
    /** The greatest absolute value: what an error of the mean is measured by. */
    scale?: number;
    ties?: { first_seen: Figure; values: Figure[] };
  }[];
}

const FIXTURES = "test/fixtures/pandas";
/** Relative tolerances; the other figures are exact. */
const TOLERANCE: Record<string, number> = { mean: 1e-9, std: 1e-9 };
const EXACT = ["count", "unique", "freq"];

function checkColumn(t: Test, column: ColumnFigures, expected: Expected["columns"][number]): void {
  const { name, dtype, count, nulls, kind, describe, scale, ties } = expected;
  t.match(column, { name, dtype, count, nulls });
  t.strictSame(
    Object.keys(column).filter((key) => !["name", "dtype", "nulls"].includes(key)),
    Object.keys(describe),
    `${name}: the figures that pandas tells, in its order`,
  );
  for (const [figure, value] of Object.entries(describe)) {
    const found = column[figure];
    if (kind === "object" && figure === "top")
      t.equal(found, ties!.first_seen, `${name}: top is the first seen of ${ties!.values.length}`);
    else if (EXACT.includes(figure) || typeof value !== "number")
      t.equal(found, typeof value === "string" ? null : value, `${name}: ${figure}`);
    else {
      const allowed =
        (TOLERANCE[figure] ?? 1e-12) * Math.max(Math.abs(value), figure === "mean" ? scale! : 0);
      t.ok(Math.abs((found as number) - value) <= allowed, `${name}: ${figure} is ${found}, not ${value}`);
    }
  }
}

const files = readdirSync(`${FIXTURES}/files`);
t.equal(files.length, 15);
for (const file of files) {
  t.test(file, async (t) => {
    const content = readFileSync(`${FIXTURES}/files/${file}`);
    const expected: Expected = JSON.parse(readFileSync(`${FIXTURES}/expected/${file}.json`, "utf8"));
    if (expected.status === "error") {
      // the only one: "Expected 3 fields in line 4, saw 4"
      t.match(await mistakeOf(content), /expected 3 fields in line 4, saw 4/);
      return;
    }
    const found = await statsOf(content);
    t.equal(found.rows, expected.rows);
    t.equal(found.columns.length, expected.columns.length);
    expected.columns.forEach((column, at) => {
      checkColumn(t, found.columns[at]!, column);
    });
  });
}
