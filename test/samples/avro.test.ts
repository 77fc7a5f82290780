// Samples as Avro, made of the bytes of their JSON: decoded they are the same, also where they take several blocks.
import avsc from "avsc";
import t from "tap";
import { formatted } from "../../workers/formats.js";
import { samples } from "../../workers/jobs/samples.js";
import { avroOfJson, samplesSchema } from "../../workers/samples/avro.js";

const schema = avsc.Type.forSchema(samplesSchema);

type Columns = Record<string, (number | null)[]>;

/** Columns of numbers of all lengths, the last one of digits: in a block of text they are the most there can be. */
function columnsOf(rows: number, features: number): Columns {
  const awkward = [0, 1e-300, -1.2345678901234e-300, 1 / 3, -1e21, 123456789, null, 5e-324, -5, 1.5e308];
  const numbers = (column: number) =>
    Array.from({ length: rows }, (_, row) => {
      const number = awkward[(row + column) % awkward.length]!;
      return number === null ? null : number / ((row % 7) + 1);
    });
  const columns = Array.from({ length: features }, (_, column) => [`vec_${column}`, numbers(column)]);
  return Object.fromEntries([...columns, ["target", Array.from({ length: rows }, (_, row) => row % 3)]]);
}

const shapes: [rows: number, features: number][] = [
  [1, 1],
  [1, 3],
  [3, 2],
  // the JSON of n digits has 2n − 1 bytes, and 16,384 become one block
  [8191, 1],
  [8192, 1],
  [8193, 2],
  [16_384, 1],
  [16_385, 1],
  [100_000, 1],
  [1, 9000],
];

for (const [rows, features] of shapes)
  t.test(`${rows} × ${features}`, (t) => {
    const json = JSON.stringify({ columns: columnsOf(rows, features) });
    const pieces = [...avroOfJson(Buffer.from(json))];
    t.ok(JSON.stringify(schema.fromBuffer(Buffer.concat(pieces))) === json, "decoded, it is the JSON");
    t.ok(
      pieces.every(({ length }, i) => length <= 131_072 && (length > 57_000 || i === pieces.length - 1)),
      "in pieces",
    );
    t.end();
  });

t.test("the bytes of one sample, as the specification has them", (t) => {
  const bytes = Buffer.concat([...avroOfJson(Buffer.from('{"columns":{"vec_0":[1.5],"target":[null]}}'))]);
  const expected = [
    // a block of one entry, its key, a block of one number, the second branch, 1.5 as a double, no more numbers
    ...[2, 10, ...Buffer.from("vec_0"), 2, 2, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0],
    // and so on: the first branch is null; no more entries
    ...[2, 12, ...Buffer.from("target"), 2, 0, 0, 0],
  ];
  t.strictSame([...bytes], expected);
  t.end();
});

t.test("of values, and of bytes within a larger buffer", (t) => {
  const json = JSON.stringify(samples.example.output);
  const decoded = (pieces: Iterable<string | Uint8Array>) =>
    JSON.stringify(schema.fromBuffer(Buffer.concat([...pieces] as Uint8Array[])));
  t.equal(decoded(samples.formats!["application/avro"]!(samples.example.output)), json);
  const within = Buffer.from(`[[["${json}`).subarray('[[["'.length);
  t.equal(decoded(formatted(samples, "application/avro", within)), json);
  t.end();
});
