// The tutorial's summary: numbers and names as pandas 1.5.3 writes them (scripts/reference/to-json.py).
import { readFileSync } from "node:fs";
import t from "tap";
import { summaryJson, writeNumber } from "../../workers/stats/summary-json.js";

const { numbers, names } = JSON.parse(readFileSync("test/fixtures/pandas/to-json.json", "utf8")) as {
  numbers: [number, string][];
  names: [string, string][];
};

function summaryOf(columns: object[]): string {
  return JSON.parse([...summaryJson({ rows: 3, columns: columns as never })].join(""));
}

const figures = { dtype: "float64", count: 3, nulls: 0, mean: 2, std: 1, min: 1, max: 3 };

t.test("numbers", async (t) => {
  t.ok(numbers.length > 200);
  for (const [number, written] of numbers) t.equal(writeNumber(number), written, String(number));
  t.equal(writeNumber(null), "null", "of no value, or not finite");
});

t.test("names", async (t) => {
  for (const [name, written] of names)
    t.equal(
      summaryOf([{ name, ...figures }]),
      `{${written}:{"mean":2.0,"min":1.0,"max":3.0}}`,
      encodeURIComponent(name),
    );
});

t.test("number columns alone are told of", async (t) => {
  const text = { name: "text", dtype: "object", count: 3, nulls: 0, unique: 2, top: "a", freq: 2 };
  t.equal(
    summaryOf([text, { name: "x", ...figures }, text, { name: "y", ...figures, mean: null }]),
    '{"x":{"mean":2.0,"min":1.0,"max":3.0},"y":{"mean":null,"min":1.0,"max":3.0}}',
  );
  for (const columns of [[], [text]]) t.equal(summaryOf(columns), "{}");
});
