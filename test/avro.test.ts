// Results as Avro, read by another library than the one that writes them, where a Python that has it is at hand.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { rnnAdd } from "../workers/jobs/rnn-add.js";
import { samples } from "../workers/jobs/samples.js";

/** Writes as JSON what a datum is, and fails if bytes are left over. */
const PROGRAM = `
import fastavro, json, sys
schema = fastavro.parse_schema(json.load(open(sys.argv[1])))
datum = open(sys.argv[2], "rb")
json.dump(fastavro.schemaless_reader(datum, schema), sys.stdout)
sys.exit(len(datum.read()))
`;
const python = (...args: string[]) => spawnSync("python3", ["-c", ...args], { encoding: "utf8" });

const skip = python("import fastavro").status !== 0 && "there is no Python with fastavro";

const { model, ...addition } = rnnAdd.example.output as { model: string; [name: string]: unknown };
const long = Array.from({ length: 20_000 }, (_, row) => (row % 3 === 0 ? null : row / 7));
const cases = [
  { type: rnnAdd, result: rnnAdd.example.output },
  { type: rnnAdd, result: { additions: Array(2500).fill(addition), accuracy: 0.25, model } },
  { type: samples, result: samples.example.output },
  { type: samples, result: { columns: { vec_0: long, target: long.map((_, row) => row % 2) } } },
];

for (const { type, result } of cases)
  t.test(`fastavro reads ${type.name}`, { skip }, (t) => {
    const folder = t.testdir();
    const [schema, datum] = [join(folder, "schema.avsc"), join(folder, "datum.avro")];
    writeFileSync(schema, JSON.stringify(type.avro));
    const format = type.formats!["application/avro"] as (result: unknown) => Iterable<Uint8Array>;
    writeFileSync(datum, Buffer.concat([...format(result)]));
    const { status, stdout, stderr } = python(PROGRAM, schema, datum);
    t.equal(status, 0, stderr);
    t.same(JSON.parse(stdout), result);
    t.end();
  });
