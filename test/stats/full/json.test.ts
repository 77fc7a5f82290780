// The full level of JSON columns and records: as that of a file with the same values.
import t from "tap";
import { stats } from "../../../workers/jobs/stats.js";
import { describeJson, type JsonColumns, type JsonRecords } from "../../../workers/stats/json-columns.js";
import { validate } from "../../../workers/validation.js";
import { randomOf } from "../random-numbers.js";
import { statsOf } from "../run-stats.js";

function fullOf(input: { columns: JsonColumns } | { records: JsonRecords }, options = {}, memory?: number) {
  const result = describeJson({ ...input, options: { ...options, level: "full" } }, memory);
  validate(stats.output, result);
  return result;
}

const columnOf = (values: unknown[], options = {}) => fullOf({ columns: { v: values } }, options).columns[0]!;

t.test("figures of a column", (t) => {
  const { std, skew, kurtosis, ...rest } = columnOf([1, 2, 4, null, -4, 0], { bins: 2 });
  // pandas.Series([1, 2, 4, None, -4, 0]).std(), skew() and kurt()
  const expected = [2.966479394838265, -0.884887319483005, 1.448863636363635];
  for (const [at, found] of [std, skew, kurtosis].entries())
    t.ok(Math.abs((found as number) - expected[at]!) < 1e-14, `${found}`);
  t.strictSame(rest, {
    ...{ name: "v", dtype: "float64", count: 5, nulls: 1, mean: 0.6, sum: 3 },
    ...{ min: -4, "25%": 0, "50%": 1, "75%": 2, max: 4 },
    ...{ unique: 5, zeros: 1, negatives: 1, histogram: { counts: [1, 4], edges: [-4, 0, 4] } },
    topValues: [1, 2, 4, -4, 0].map((value) => ({ value, count: 1 })),
    nullFraction: 1 / 6,
  });
  t.strictSame(columnOf(["é", "😀😀", null, "é"]), {
    ...{ name: "v", dtype: "object", count: 3, nulls: 1, unique: 2, top: "é", freq: 2 },
    ...{ minLength: 1, maxLength: 2, meanLength: 4 / 3 },
    topValues: [
      { value: "é", count: 2 },
      { value: "😀😀", count: 1 },
    ],
    nullFraction: 1 / 4,
  });
  t.match(columnOf(["2024-01-02", null, "2024-01-01T23:00-02:00"]), {
    ...{ format: "date-time", earliest: "2024-01-02", latest: "2024-01-01T23:00-02:00", maxLength: 22 },
  });
  t.notOk("format" in columnOf(["2024-01-02", "2024-01-32"]));
  t.match(columnOf([true, false, true]), {
    ...{ dtype: "bool", topValues: [{ value: true, count: 2 }, { value: false }], nullFraction: 0 },
  });
  // no lengths of what is not all text
  for (const values of [
    ["a", 1],
    [true, null],
    ["a", true],
  ])
    t.notOk("minLength" in columnOf(values));
  t.match(columnOf([null]), { dtype: "object", minLength: null, topValues: [], nullFraction: 1 });
  t.match(columnOf([]), { dtype: "float64", sum: 0, histogram: null, unique: 0, nullFraction: null });
  t.match(columnOf([1, Number.POSITIVE_INFINITY]), { histogram: null, sum: null, max: null, unique: 2 });
  t.end();
});

t.test("duplicate rows", (t) => {
  // pandas.DataFrame(records).duplicated().sum()
  const cases: [records: JsonRecords, duplicates: number][] = [
    [[], 0],
    [[{}, {}, {}], 2],
    [[{ a: 1 }, { a: 1 }, { a: 2 }], 1],
    // a key that is missing is null
    [[{ a: 1, b: null }, { a: 1 }, { a: null, b: 1 }, { b: 1 }], 2],
    // whatever the order of keys
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
        { a: 2, b: 1 },
      ],
      1,
    ],
    [[{ a: "1" }, { a: 1 }], 0],
    [[{ a: "null" }, { a: null }], 0],
    [[{ a: "x", b: "y" }, { a: 'x","y' }, { b: 'x","y' }], 0],
    [[{ a: 0 }, { a: -0 }, { a: 0.5 }], 1],
    // true is 1 to Python
    [[{ a: true }, { a: 1 }, { a: "x" }], 1],
    [[{ a: false }, { a: 0 }, { a: "x" }], 1],
    // an infinity is no null
    [[{ a: Number.POSITIVE_INFINITY }, { a: null }, { a: Number.NEGATIVE_INFINITY }, { a: null }], 1],
    [JSON.parse('[{"__proto__":1,"constructor":2},{"constructor":2,"__proto__":1},{"constructor":2}]'), 1],
  ];
  for (const [records, duplicates] of cases)
    t.equal(fullOf({ records }).duplicateRows, duplicates, JSON.stringify(records));
  t.equal(fullOf({ columns: { a: [1, 1, 1], b: ["x", "y", "x"] } }).duplicateRows, 1);
  t.equal(fullOf({ columns: { a: [1, 1, 1], b: ["x", "y", "x"] } }, { usecols: ["a"] }).duplicateRows, 2);
  t.end();
});

t.test("correlations", (t) => {
  const columns = {
    x: [1, 2, 3, 4, null, 7.5],
    s: ["a", "b", "c", "d", "e", "f"],
    y: [2, 1, null, 8, 5, 6.25],
  };
  const { correlations } = fullOf({ columns });
  t.same(correlations!.columns, ["x", "y"]);
  // pandas.DataFrame({…}).corr()
  const [[own, other], [same]] = correlations!.matrix as [[number, number], [number]];
  t.equal(own, 1);
  t.ok(Math.abs(other - 0.7056003759287083) < 1e-12, `${other}`);
  t.equal(same, other);
  t.same(fullOf({ columns: { a: [1], b: [2] } }).correlations!.matrix, [
    [null, null],
    [null, null],
  ]);
  t.same(fullOf({ columns: { a: [0.1, 0.1, 0.1], b: [1, 2, 4] } }).correlations!.matrix, [
    [null, null],
    [null, 1],
  ]);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`c${at}`, [at, at * at, 1]]));
  t.equal(fullOf({ columns: many }).correlations!.columns.length, 100);
  t.same(fullOf({ records: [] }), {
    ...{ rows: 0, columns: [], correlations: { columns: [], matrix: [] }, duplicateRows: 0 },
  });
  t.end();
});

t.test("infinities are left out of correlations, as pandas does", (t) => {
  // DataFrame.corr() takes the rows in which both are finite: 1, 2, 3 and 1, 2, 4
  const columns = { x: [1, 2, 3, Number.POSITIVE_INFINITY], y: [1, 2, 4, 5] };
  const { matrix } = fullOf({ columns }).correlations!;
  t.equal(matrix[0]![0], 1);
  t.ok(Math.abs((matrix[0]![1] ?? 0) - 0.9819805060619659) < 1e-12, `${matrix[0]![1]}`);
  t.end();
});

t.test("distinct values and rows have the job's memory", (t) => {
  const columns = { a: Array.from({ length: 1000 }, (_, at) => `x${at}`) };
  const mistake = { message: /take more than 1000 bytes/, problem: { status: 413, name: "too-large" } };
  t.throws(() => fullOf({ columns }, {}, 1000), mistake);
  // of numbers nothing is counted but rows
  t.throws(() => fullOf({ columns: { a: columns.a.map((_, at) => at) } }, {}, 1000), mistake);
  t.equal(fullOf({ columns }, {}, 1e6).duplicateRows, 0);
  t.end();
});

t.test("a file, columns and records with the same values have the same figures", async (t) => {
  const random = randomOf(23);
  const records = Array.from({ length: 300 }, () => ({
    n: Math.floor(random() * 9) - 4,
    d: random() < 0.2 ? null : random() * 1e6,
    s: random() < 0.2 ? null : ["x", "é", "日本", "z z"][Math.floor(random() * 4)]!,
    t: random() < 0.5,
    day: `20${10 + Math.floor(random() * 90)}-03-01`,
  }));
  records.push(...records.slice(0, 20));
  const names = Object.keys(records[0]!) as (keyof (typeof records)[0])[];
  const columns = Object.fromEntries(names.map((name) => [name, records.map((record) => record[name])]));
  const csv = `${names}\n${records.map((record) => `${names.map((name) => record[name] ?? "")}\n`).join("")}`;
  const options = { bins: 7, percentiles: [0.1, 0.9] };
  const { source: _, ...file } = await statsOf(csv, { options: { ...options, level: "full" } });
  t.ok(file.duplicateRows! >= 20);
  t.strictSame(fullOf({ records }, options), fullOf({ columns }, options));
  const json = fullOf({ columns }, options);
  t.strictSame(json.columns, file.columns);
  t.equal(json.duplicateRows, file.duplicateRows);
  const off = json
    .correlations!.matrix.flat()
    .map((value, at) => value! - file.correlations!.matrix.flat()[at]!);
  t.ok(Math.max(...off.map(Math.abs)) < 1e-12, "correlations");
});
