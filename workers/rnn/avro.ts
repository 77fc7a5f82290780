// Sums of the network as Avro: the schema, and the encoding piece by piece.
import { type AvroSchema, avroType } from "../avro.js";

/** Additions in one block. */
const BLOCK = 1000;

const model = { name: "model", type: "string", doc: "The id of the model that was asked." } as const;

const additionFields = [
  { name: "a", type: "int", doc: "The first number." },
  { name: "b", type: "int", doc: "The second number." },
  { name: "predicted", type: "int", doc: "The network's own answer." },
  {
    name: "predictedBits",
    type: "string",
    doc: "predicted in as many binary digits as the model's sums have, the highest first.",
  },
  { name: "sum", type: "int", doc: "a + b." },
  {
    name: "sumBits",
    type: "string",
    doc: "sum in as many binary digits as the model's sums have, the highest first.",
  },
  { name: "correct", type: "boolean", doc: "Whether predicted is the sum." },
] as const;

const addition: AvroSchema = {
  type: "record",
  name: "Addition",
  namespace: "abacus",
  doc: "One of the additions.",
  fields: [...additionFields],
};

/** An `int` has 32 bits: sums are below 2^31. */
export const additionsSchema: AvroSchema = [
  {
    type: "record",
    name: "AdditionResult",
    namespace: "abacus",
    doc: "What is answered to a and b.",
    fields: [...additionFields, model],
  },
  {
    type: "record",
    name: "AdditionsResult",
    namespace: "abacus",
    doc: "What is answered to pairs.",
    fields: [
      { name: "additions", type: { type: "array", items: addition }, doc: "In the order of the pairs." },
      { name: "accuracy", type: "double", doc: "The share of right sums, 0 to 1." },
      model,
    ],
  },
];

/** A result of many additions; one of a single addition is encoded as it is. */
interface Many {
  additions: readonly object[];
}

/** A result of `rnn.add` as one datum of `additionsSchema`. */
export function* avroOfAdditions(result: Many | object): Generator<Uint8Array> {
  const type = avroType(additionsSchema);
  if (!("additions" in result)) {
    yield type.toBuffer({ "abacus.AdditionResult": result });
    return;
  }
  const { additions } = result;
  const rows = avroType({ type: "array", items: addition });
  // which of the records it is takes one byte; the array without items, its end, comes after the blocks
  const rest = type.toBuffer({ "abacus.AdditionsResult": { ...result, additions: [] } });
  yield rest.subarray(0, 1);
  for (let start = 0; start < additions.length; start += BLOCK)
    yield rows.toBuffer(additions.slice(start, start + BLOCK)).subarray(0, -1); // without the array's end
  yield rest.subarray(1);
}
