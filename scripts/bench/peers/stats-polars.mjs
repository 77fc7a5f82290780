// A peer of column statistics: Polars, which reads a file and computes exact quartiles; of texts the number of
// different ones and the most frequent. usage: stats-polars.mjs PACKAGES plain|tuned; POLARS_MAX_THREADS sets the threads.
// plain: as one writes it. tuned: nulls dropped and each column in one piece, for which Polars selects instead of sorting.
// Says its version; then, for each line with a path: "done" when all is computed, and the figures by column.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [packages, mode] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const isTuned = mode === "tuned";
const pl = require("nodejs-polars");
const say = (line) => process.stdout.write(`${line}\n`);

/** Records from which the types are found. */
const INFERRED = 1000;

/** By figure; of all columns of a kind at once, since a plan of thousands of expressions takes Polars seconds. */
const quantile = (columns, fraction) =>
  (isTuned ? columns.dropNulls() : columns).quantile(fraction, "linear");
const NUMBERS = {
  count: (columns) => columns.count(),
  mean: (columns) => columns.mean(),
  std: (columns) => columns.std(),
  min: (columns) => columns.min(),
  max: (columns) => columns.max(),
  "25%": (columns) => quantile(columns, 0.25),
  "50%": (columns) => quantile(columns, 0.5),
  "75%": (columns) => quantile(columns, 0.75),
};
const TEXTS = {
  count: (columns) => columns.count(),
  unique: (columns) => columns.dropNulls().nUnique(),
  top: (columns) => columns.dropNulls().mode().first(),
};

function describe(path) {
  const frame = pl.readCSV(path, { inferSchemaLength: INFERRED, rechunk: isTuned });
  const isNumber = (_, i) => /Int|Float/.test(frame.dtypes[i].variant);
  const kinds = [
    [NUMBERS, frame.columns.filter(isNumber)],
    [TEXTS, frame.columns.filter((name, i) => !isNumber(name, i))],
  ].filter(([, names]) => names.length > 0);
  const expressions = kinds.flatMap(([figures, names]) =>
    Object.entries(figures).map(([figure, of]) => of(pl.cols(names)).suffix(` ${figure}`)),
  );
  const row = frame
    .lazy()
    .select(...expressions)
    .collectSync();
  return () => {
    const [values] = row.toRecords();
    return Object.fromEntries(
      kinds.flatMap(([figures, names]) => {
        const compared = Object.keys(figures).filter((name) => name !== "top");
        return names.map((column) => [
          column,
          Object.fromEntries(compared.map((name) => [name, values[`${column} ${name}`]])),
        ]);
      }),
    );
  };
}

say(`Polars ${require("nodejs-polars/package.json").version} (nodejs-polars)`);
for await (const path of createInterface({ input: process.stdin })) {
  const figures = describe(path);
  say("done");
  say(JSON.stringify(figures()));
}
