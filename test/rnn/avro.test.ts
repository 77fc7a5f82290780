// Sums of the network as Avro: decoded they are the same as in JSON.
import avsc from "avsc";
import t from "tap";
import { rnnAdd } from "../../workers/jobs/rnn-add.js";
import { additionsSchema } from "../../workers/rnn/avro.js";
import { contextOf, runTask } from "./context.js";

const schema = avsc.Type.forSchema(additionsSchema);
const encode = (result: typeof rnnAdd.example.output) =>
  [...rnnAdd.formats!["application/avro"]!(result)] as Uint8Array[];
const decode = (pieces: Uint8Array[]) => schema.fromBuffer(Buffer.concat(pieces));

async function answer(input: { a?: number; b?: number; pairs?: number[][] }) {
  return (await runTask(rnnAdd, contextOf(input))).result;
}

t.test("one addition", async (t) => {
  const result = await answer({ a: 5, b: 7 });
  t.equal(JSON.stringify(decode(encode(result))), JSON.stringify({ "abacus.AdditionResult": result }));
});

for (const count of [1, 999, 1000, 1001, 2500])
  t.test(`${count} pairs`, async (t) => {
    const result = await answer({ pairs: Array.from({ length: count }, (_, k) => [k % 128, (3 * k) % 128]) });
    const pieces = encode(result);
    t.ok(JSON.stringify(decode(pieces)) === JSON.stringify({ "abacus.AdditionsResult": result }));
    t.equal(pieces.length, Math.ceil(count / 1000) + 2, "a block for each thousand");
  });

t.test("the largest numbers, and an addition that is wrong", (t) => {
  const most = 2 ** 31 - 1;
  const wrong = { a: 2 ** 30, b: 2 ** 30 - 1, predicted: 0, sum: most, correct: false };
  const bits = { predictedBits: "0".repeat(31), sumBits: "1".repeat(31) };
  const one = { ...wrong, ...bits, a: most, b: 0, predicted: most, model: "01kf0e9r4b6m2x8c5v7n1q3w0t" };
  t.same(decode(encode(one)), { "abacus.AdditionResult": one });
  const many = { additions: [{ ...wrong, ...bits }], accuracy: 0, model: "mine" };
  t.same(decode(encode(many)), { "abacus.AdditionsResult": many });
  t.end();
});

t.test("the bytes of one addition, as the specification has them", (t) => {
  const bytes = Buffer.concat(encode(rnnAdd.example.output));
  const text = (characters: string) => [2 * characters.length, ...Buffer.from(characters)];
  const sum = [24, ...text("00001100")];
  // the first branch, a and b, predicted and sum with their bits, true, the model
  t.strictSame([...bytes], [0, 10, 14, ...sum, ...sum, 1, ...text("default")]);
  t.end();
});
