// Holds column statistics against what pandas answered for the same file: fixtures that scripts/reference/stats.py made.
import { readFileSync } from "node:fs";
import type { Test } from "tap";
import type { ColumnFigures, Figure } from "../../workers/stats/describe.js";
import type { Options } from "../../workers/stats/options.js";
import { mistakeOf, statsOf } from "./run-stats.js";

interface ExpectedColumn {
  name: string;
  dtype: string;
  count: number;
  nulls: number;
  kind: "numeric" | "object";
  /** `count`, and the figures; "nan" and "inf" for what JSON cannot say. */
  describe: Record<string, Figure>;
  /** The greatest absolute value: what an error of the mean is measured by. */
  scale?: number;
  /** In exact arithmetic: pandas' std of equal values may be rounding noise. */
  exact_std?: number | null;
  ties?: { first_seen: Figure; values: Figure[] };
}

export interface PandasAnswer {
  status: "ok" | "error";
  /** pandas' own arguments. */
  read_csv: { sep?: string; encoding?: string };
  /** What Abacus is told; nothing when absent. */
  options?: Options;
  rows: number;
  columns: ExpectedColumn[];
  /** Records that `badRows=skip` leaves out. */
  skippedRows?: number;
  /** pandas' own sentence. */
  error?: string;
  /** What Abacus says instead, if not the same. */
  sentence?: string;
}

/** Relative tolerances; the other figures are exact. */
const TOLERANCE: Record<string, number> = { mean: 1e-9, std: 1e-9 };
const EXACT = ["count", "unique", "freq"];

/** Reads `file` of the fixtures in `folder` and compares all figures, or the sentence that refuses it. */
export async function checkFile(t: Test, folder: string, file: string): Promise<void> {
  const content = readFileSync(`${folder}/files/${file}`);
  const expected: PandasAnswer = JSON.parse(readFileSync(`${folder}/expected/${file}.json`, "utf8"));
  const settings = { options: expected.options ?? {} };
  if (expected.status === "error") {
    const sentence = expected.sentence ?? /xpected .*, saw \d+/.exec(expected.error!)![0];
    t.match(await mistakeOf(content, settings), sentence);
    return;
  }
  const found = await statsOf(content, settings);
  t.equal(found.source!.delimiter, expected.read_csv.sep ?? ",", "the delimiter that pandas was told");
  t.equal(found.source!.skippedRows, expected.skippedRows);
  t.equal(found.rows, expected.rows);
  t.equal(found.columns.length, expected.columns.length);
  expected.columns.forEach((column, at) => {
    checkColumn(t, found.columns[at]!, column);
  });
}

function checkColumn(t: Test, column: ColumnFigures, expected: ExpectedColumn): void {
  const { name, dtype, count, nulls, kind, scale, ties } = expected;
  const describe = expected.exact_std === 0 ? { ...expected.describe, std: 0 } : expected.describe;
  t.strictSame(
    { name: column.name, dtype: column.dtype, count: column.count, nulls: column.nulls },
    { name, dtype, count, nulls },
  );
  t.strictSame(
    Object.keys(column).filter((key) => !["name", "dtype", "nulls"].includes(key)),
    Object.keys(describe),
    `${name}: the figures that pandas tells, in its order`,
  );
  for (const [figure, value] of Object.entries(describe)) {
    const found = column[figure];
    if (kind === "object" && figure === "top" && ties)
      t.equal(found, ties.first_seen, `${name}: top is the first seen of ${ties.values.length}`);
    else if (EXACT.includes(figure) || typeof value !== "number")
      t.equal(found, typeof value === "string" ? null : value, `${name}: ${figure}`);
    else {
      const allowed =
        (TOLERANCE[figure] ?? 1e-12) * Math.max(Math.abs(value), figure === "mean" ? scale! : 0);
      t.ok(Math.abs((found as number) - value) <= allowed, `${name}: ${figure} is ${found}, not ${value}`);
    }
  }
}
