// A peer of column statistics: DuckDB, by SUMMARIZE (whose quartiles and distinct counts are approximate) or by a
// query for exact ones. usage: stats-duckdb.mjs PACKAGES summarize|exact THREADS
// Says its version; then, for each line with a path: "done" when all is computed, and the figures by column.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [packages, mode, threads] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(`${packages}/`)("@duckdb/node-api");
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const say = (line) => process.stdout.write(`${line}\n`);

const rowsOf = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
const identifier = (name) => `"${name.replaceAll('"', '""')}"`;
const table = (path) => `read_csv('${path.replaceAll("'", "''")}')`;
const isNumber = (type) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type);
const numbers = (figures) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value)]));

async function summarize(path) {
  const rows = await rowsOf(`SUMMARIZE SELECT * FROM ${table(path)}`);
  const exact = rows.filter(({ column_type }) => isNumber(column_type));
  return () =>
    Object.fromEntries(
      exact.map(({ column_name, avg, std, min, max }) => [
        column_name,
        numbers({ mean: avg, std, min, max }),
      ]),
    );
}

/** Of a file that has been described before: the types are known, and read_csv finds them anew all the same. */
const known = new Map();

async function exact(path) {
  if (!known.has(path)) known.set(path, await rowsOf(`DESCRIBE SELECT * FROM ${table(path)}`));
  const columns = known.get(path);
  const figures = columns.flatMap(({ column_name, column_type }, i) => {
    const column = identifier(column_name);
    return isNumber(column_type)
      ? [
          `count(${column}) AS count${i}, avg(${column}) AS avg${i}, stddev(${column}) AS std${i}`,
          `min(${column}) AS min${i}, max(${column}) AS max${i}`,
          `quantile_cont(${column}, [0.25, 0.5, 0.75]) AS quartiles${i}`,
        ]
      : [
          `count(${column}) AS count${i}, count(DISTINCT ${column}) AS unique${i}, mode(${column}) AS top${i}`,
        ];
  });
  const [row] = await rowsOf(`SELECT ${figures.join(", ")} FROM ${table(path)}`);
  return () =>
    Object.fromEntries(
      columns.map(({ column_name, column_type }, i) => {
        if (!isNumber(column_type))
          return [column_name, numbers({ count: row[`count${i}`], unique: row[`unique${i}`] })];
        const [low, middle, high] = row[`quartiles${i}`];
        const [count, mean, std] = [row[`count${i}`], row[`avg${i}`], row[`std${i}`]];
        const [min, max] = [row[`min${i}`], row[`max${i}`]];
        return [column_name, numbers({ count, mean, std, min, max, "25%": low, "50%": middle, "75%": high })];
      }),
    );
}

const describe = { summarize, exact }[mode];
const [{ version }] = await rowsOf("SELECT version() AS version");
say(`DuckDB ${version}`);
for await (const path of createInterface({ input: process.stdin })) {
  const figures = await describe(path);
  say("done");
  say(JSON.stringify(figures()));
}
