// Counting JSON values outside of the heap: as a map of them would, and as Python compares them.
import t from "tap";
import { type Value, ValueCounts } from "../../workers/stats/value-counts.js";

function countAll(values: Value[], memory = Number.POSITIVE_INFINITY) {
  const counts = new ValueCounts(memory);
  for (const value of values) counts.add(value);
  const [{ value: top, count: freq } = { value: null, count: null }] = counts.top(1);
  return { count: counts.count, unique: counts.unique, top, freq };
}

t.test("kinds of values", async (t) => {
  const cases: [Value[], ReturnType<typeof countAll>][] = [
    [[], { count: 0, unique: 0, top: null, freq: null }],
    [["b", "a", "a"], { count: 3, unique: 2, top: "a", freq: 2 }],
    [["b", "a"], { count: 2, unique: 2, top: "b", freq: 1 }],
    [["", "", "x"], { count: 3, unique: 2, top: "", freq: 2 }],
    [[1, "1", 1], { count: 3, unique: 2, top: 1, freq: 2 }],
    [[0, -0], { count: 2, unique: 1, top: 0, freq: 2 }],
    [[0.1, 0.1, 1e300, Number.POSITIVE_INFINITY], { count: 4, unique: 3, top: 0.1, freq: 2 }],
    // Python's True equals 1
    [[true, 1, "a"], { count: 3, unique: 2, top: true, freq: 2 }],
    [[1, true, "a"], { count: 3, unique: 2, top: 1, freq: 2 }],
    [[false, 0, 0], { count: 3, unique: 1, top: false, freq: 3 }],
    [["é", "é", "e\u0301"], { count: 3, unique: 2, top: "é", freq: 2 }],
    [["😀", "\ud83d", "\ude00", "\ud83d"], { count: 4, unique: 3, top: "\ud83d", freq: 2 }],
    [["\u0000", "\u0000\u0000"], { count: 2, unique: 2, top: "\u0000", freq: 1 }],
    [
      ["x".repeat(10_000), "x".repeat(10_000), "y"],
      { count: 3, unique: 2, top: "x".repeat(10_000), freq: 2 },
    ],
  ];
  for (const [values, expected] of cases)
    t.strictSame(countAll(values), expected, JSON.stringify(values).slice(0, 50));
});

t.test("a text is never a number that has the same bytes", async (t) => {
  // the bytes of the double 0.5, spelled as UTF-16
  const text = Buffer.from(new Float64Array([0.5]).buffer).toString("utf16le");
  t.strictSame(countAll([0.5, text, text]), { count: 3, unique: 2, top: text, freq: 2 });
});

t.test("many different values: as a map counts them", async (t) => {
  const values = Array.from({ length: 100_000 }, (_, at): Value => (at % 3 ? `${at % 7919}` : at % 7907));
  const map = new Map<Value, number>();
  for (const value of values) map.set(value, (map.get(value) ?? 0) + 1);
  const freq = Math.max(...map.values());
  const top = [...map].find(([, times]) => times === freq)?.[0];
  t.strictSame(countAll(values), { count: values.length, unique: map.size, top, freq });
});

t.test("more than the memory holds: 413", async (t) => {
  const values = Array.from({ length: 100_000 }, (_, at) => `text ${at}`);
  t.throws(() => countAll(values, 1_000_000), {
    message: /more than 1000000 bytes.*JOB_MEMORY/,
    problem: { status: 413, name: "too-large" },
  });
  t.match(
    countAll(
      values.map(() => "text"),
      1_000_000,
    ),
    { unique: 1, freq: 100_000 },
  );
});
