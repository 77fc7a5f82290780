// The result's JSON and the CSV that is made of it, also where they take several pieces.
import t from "tap";
import { csvOfJson } from "../../workers/samples/csv.js";
import type { Samples } from "../../workers/samples/make-classification.js";
import { numbersOf, writeJson } from "../../workers/samples/write-json.js";

/** Numbers of all lengths, in another order than they are written. */
function samplesOf(rows: number, features: number): Samples {
  const awkward = [
    ...[0, -0, 1e-300, -1.2345678901234e-300, 1 / 3, -1e21, 123456789],
    ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308],
  ];
  return {
    values: Float64Array.from({ length: rows * features }, (_, i) => awkward[i % 11]! * (i + 1)),
    labels: Uint32Array.from({ length: rows }, (_, row) => row % 3),
    rows: Uint32Array.from({ length: rows }, (_, row) => rows - 1 - row),
    columns: Uint32Array.from({ length: features }, (_, column) => (column + 1) % features),
  };
}

function expectedColumns({ values, labels, rows, columns }: Samples): Record<string, number[]> {
  const width = columns.length;
  const features = [...columns].map((from, i) => [
    `vec_${i}`,
    [...rows].map((row) => values[row * width + from]!),
  ]);
  return Object.fromEntries([...features, ["target", [...rows].map((row) => labels[row]!)]]);
}

const shapes: [rows: number, features: number][] = [
  [1, 1],
  [3, 2],
  [2047, 2],
  [2048, 1],
  [2049, 3],
  [9000, 2],
  [2, 9000],
];

for (const [rows, features] of shapes)
  t.test(`${rows} × ${features}`, (t) => {
    const samples = samplesOf(rows, features);
    const columns = expectedColumns(samples);
    const written: number[] = [];
    const pieces = [...writeJson(samples, (done) => written.push(done))];
    const json = pieces.join("");
    t.ok(json === JSON.stringify({ columns }), "the JSON that JSON.stringify writes");
    t.strictSame(
      [written.length, written.at(-1)],
      [Math.ceil(rows / 2048) * (features + 1), numbersOf(rows, features)],
    );
    t.ok(
      written.every((done, i) => done > (written[i - 1] ?? 0) && done <= (written[i - 1] ?? 0) + 2048),
      "told of after each few numbers",
    );
    t.equal(pieces.length > 1, json.length > 65_536);

    const lines = [Object.keys(columns), ...[...samples.rows].map((_, i) => rowAt(columns, i))];
    const csv = [...csvOfJson(Buffer.from(json))];
    t.ok(Buffer.concat(csv).toString() === lines.map((line) => `${line.join(",")}\n`).join(""), "the CSV");
    t.ok(
      [...pieces, ...csv].every(({ length }) => length < 200_000),
      "in pieces",
    );
    t.end();
  });

function rowAt(columns: Record<string, number[]>, row: number): string[] {
  return Object.values(columns).map((numbers) => JSON.stringify(numbers[row]).replace("null", ""));
}
