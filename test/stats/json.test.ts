// The job type's JSON: types as pandas gives them to `pandas.DataFrame(…)`, and what is refused.
import t from "tap";
import type { TaskContext } from "../../workers/job-type.js";
import { stats } from "../../workers/jobs/stats.js";
import { DEFAULT_LIMITS, type Limits } from "../../workers/limits.js";
import { validate } from "../../workers/validation.js";

type Input = Parameters<typeof stats.summarize>[0];

/** The result of a JSON body's input, checked as it is on its way in. */
async function statsOf(body: string | object, limits: Partial<Limits> = {}) {
  const input: Input = typeof body === "string" ? JSON.parse(body) : body;
  validate(stats.input, input);
  stats.check?.(input, undefined, { ...DEFAULT_LIMITS, ...limits });
  const context = { input, file: undefined } as unknown as TaskContext<Input>;
  if (!("plan" in stats)) throw new Error("stats has steps");
  const round = await stats.plan(input, context);
  if ("parts" in round) throw new Error("JSON is not divided");
  validate(stats.output, round.result);
  return round.result;
}

const column = async (values: unknown[], options = {}) =>
  (await statsOf({ columns: { v: values }, options })).columns[0]!;

t.test("the example is the real answer", async (t) => {
  t.strictSame(await statsOf(stats.example.input), stats.example.output);
});

t.test("types and figures", async (t) => {
  // pandas.Series(values).dtype and .describe()
  const cases: [values: unknown[], expected: object][] = [
    [[1, 2, 4], { dtype: "int64", count: 3, nulls: 0, min: 1, max: 4 }],
    [[1.0, 2], { dtype: "int64" }],
    [[1, 2.5], { dtype: "float64", mean: 1.75 }],
    [[1, null], { dtype: "float64", count: 1, nulls: 1, mean: 1, std: null }],
    [[2 ** 63], { dtype: "uint64" }],
    [[2 ** 64], { dtype: "float64" }],
    [[2 ** 53 + 2], { dtype: "int64", max: 9007199254740994 }],
    [["b", "a", "a"], { dtype: "object", count: 3, unique: 2, top: "a", freq: 2 }],
    [["1", "2"], { dtype: "object", unique: 2, top: "1" }],
    [["NA", "", "null"], { dtype: "object", nulls: 0, unique: 3 }],
    [[true, false, true], { dtype: "bool", unique: 2, top: true, freq: 2 }],
    [[false, null], { dtype: "object", nulls: 1, unique: 1, top: false, freq: 1 }],
    [[1, "1"], { dtype: "object", unique: 2, top: 1, freq: 1 }],
    // Python's True equals 1
    [[1, true, "a"], { dtype: "object", unique: 2, top: 1, freq: 2 }],
    [[true, 1, 1.0, "a"], { dtype: "object", unique: 2, top: true, freq: 3 }],
    [[null, null], { dtype: "object", count: 0, nulls: 2, unique: 0, top: null, freq: null }],
    [[], { dtype: "float64", count: 0, nulls: 0, mean: null, std: null, min: null, "50%": null, max: null }],
  ];
  for (const [values, expected] of cases) t.match(await column(values), expected, JSON.stringify(values));
  t.match(await column([0, 10], { percentiles: [0.05] }), { "5%": 0.5, "50%": 5 });
});

t.test("a number beyond a double's range", async (t) => {
  const { columns } = await statsOf('{"columns":{"v":[1,1e400]}}');
  t.match(columns[0], { dtype: "float64", count: 2, mean: null, min: 1, max: null });
  // 2^53 + 1 is no double
  t.match((await statsOf('{"columns":{"v":[9007199254740993]}}')).columns[0], {
    dtype: "int64",
    max: 2 ** 53,
  });
});

t.test("columns keep their order and names", async (t) => {
  const body = '{"columns":{"b":[1],"__proto__":[2],"constructor":[3],"a\\nb":[4],"":[5]}}';
  const { rows, columns, source } = await statsOf(body);
  t.equal(rows, 1);
  t.strictSame(
    columns.map(({ name, max }) => [name, max]),
    [
      ["b", 1],
      ["__proto__", 2],
      ["constructor", 3],
      ["a\nb", 4],
      ["", 5],
    ],
  );
  t.equal(source, undefined);
  const some = await statsOf({ columns: { a: [1], b: [2], c: [3] }, options: { usecols: ["c", "a"] } });
  t.strictSame(
    some.columns.map(({ name }) => name),
    ["a", "c"],
  );
});

t.test("records", async (t) => {
  const { rows, columns } = await statsOf('{"records":[{"a":1},{"b":"x","a":2},{"__proto__":null,"b":"x"}]}');
  t.equal(rows, 3);
  t.match(columns, [
    { name: "a", dtype: "float64", count: 2, nulls: 1, mean: 1.5 },
    { name: "b", dtype: "object", count: 2, nulls: 1, top: "x", freq: 2 },
    { name: "__proto__", dtype: "object", count: 0, nulls: 3 },
  ]);
  t.strictSame(await statsOf({ records: [] }), { rows: 0, columns: [] });
  t.strictSame(await statsOf({ columns: {} }), { rows: 0, columns: [] });
});

t.test("what is refused", async (t) => {
  const cases: [body: string, status: number, path: string, limits?: Partial<Limits>][] = [
    ["{}", 400, "/columns"],
    ['{"options":{}}', 400, "/columns"],
    ['{"columns":{},"records":[]}', 400, "/records"],
    ['{"columns":[]}', 400, "/columns"],
    ['{"columns":{"a":1}}', 400, "/columns/a"],
    ['{"columns":{"a\\nb":1}}', 400, "/columns/a\nb"],
    ['{"records":{}}', 400, "/records"],
    ['{"records":[1]}', 400, "/records/0"],
    ['{"records":[{},[]]}', 400, "/records/1"],
    ['{"column":{}}', 400, "/column"],
    ['{"columns":{},"options":{"sep":","}}', 400, "/options/sep"],
    ['{"columns":{},"options":{"header":"no"}}', 400, "/options/header"],
    ['{"columns":{"a":[1],"b":[1,2]}}', 422, "/columns/b"],
    ['{"columns":{"a":[1,[2]]}}', 422, "/columns/a/1"],
    ['{"columns":{"a/b~c":[{}]}}', 422, "/columns/a~1b~0c/0"],
    ['{"records":[{"a":1},{"a":{}}]}', 422, "/records/1/a"],
    ['{"columns":{"a":[]},"options":{"percentiles":[0.5,1]}}', 422, "/options/percentiles/1"],
    ['{"columns":{"a":[]},"options":{"percentiles":[0]}}', 422, "/options/percentiles/0"],
    ['{"columns":{"a":[]},"options":{"percentiles":[0.1,0.1]}}', 422, "/options/percentiles/1"],
    ['{"columns":{"a":[]},"options":{"level":"all"}}', 422, "/options/level"],
    ['{"columns":{"a":[]},"options":{"badRows":"fix"}}', 422, "/options/badRows"],
    ['{"columns":{"a":[]},"options":{"memory":0}}', 422, "/options/memory"],
    ['{"columns":{"a":[]},"options":{"delimiter":"ab"}}', 422, "/options/delimiter"],
    ['{"columns":{"a":[]},"options":{"encoding":"klingon"}}', 422, "/options/encoding"],
    ['{"columns":{"a":[]},"options":{"usecols":["b"]}}', 422, "/options/usecols/0"],
    ['{"columns":{"a":[],"b":[]}}', 422, "/columns", { columns: 1 }],
    ['{"records":[{"a":1},{"b":1}]}', 422, "/records", { columns: 1 }],
    ['{"columns":{"a":["éé"]}}', 422, "/columns/a/0", { fieldBytes: 3 }],
    ['{"records":[{"a":1},{"a":"éé"}]}', 422, "/records/1/a", { fieldBytes: 3 }],
    ['{"columns":{"a":[1],"éé":[1]}}', 422, "/columns", { fieldBytes: 3 }],
    ['{"records":[{"a":1},{"éé":1}]}', 422, "/records/1", { fieldBytes: 3 }],
  ];
  for (const [body, status, path, limits] of cases)
    await t.rejects(
      statsOf(body, limits),
      { name: "InputError", problem: { status, errors: [{ path }] } },
      body,
    );
});

t.test("what is exactly at the limits is taken", async (t) => {
  const limits = { columns: 2, fieldBytes: 4 };
  t.equal((await statsOf('{"columns":{"a":["éé"],"éé":[1]}}', limits)).columns.length, 2);
  t.equal((await statsOf('{"records":[{"a":"éé"},{"éé":1},{"a":2}]}', limits)).columns.length, 2);
});

t.test("cost and summary", (t) => {
  const columns = { a: [1, 2, 3], b: ["x", "y", "z"] };
  t.equal(
    stats.cost({ columns }, undefined),
    2 * 8 * (3 + 1),
    "eight bytes a value, and a name's worth a column",
  );
  t.equal(stats.cost({ records: [{ a: 1, b: 2 }, {}] }, undefined), 2 * 2 * 8);
  t.equal(stats.cost({}, { bytes: 1234, gzip: false }), 1234);
  t.equal(
    stats.cost({}, { bytes: 10, gzip: true }),
    Number.POSITIVE_INFINITY,
    "nobody knows what it unpacks to",
  );
  t.strictSame(stats.summarize({ columns }), { columns: 2 });
  const options = { header: false };
  t.strictSame(stats.summarize({ records: [{}], options }), { records: 1, options });
  t.end();
});
