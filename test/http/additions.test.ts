// A job of as many additions as it may have, from the body to the result.
import t from "tap";
import { type Json, startTestService } from "../service.js";

const service = await startTestService(t);
const MOST = 100_000;
const waiting = { prefer: "wait=60" };

t.test("100,000 pairs: all that can be asked of the default model, and more than once", async (t) => {
  const pairs = Array.from({ length: MOST }, (_, k) => [(k >> 7) % 128, k % 128]);
  const { status, body } = await service.post("/v1/rnn/additions", JSON.stringify({ pairs }), waiting);
  t.equal(status, 200);
  t.match(body, { state: "completed", result: null, input: { bytes: Number } });
  const response = await service.request(body.links.result);
  const { additions, accuracy, model } = (await response.json()) as Json;
  t.equal(accuracy, 1);
  t.equal(model, "default");
  t.strictSame(
    additions,
    pairs.map(([a = 0, b = 0]) => {
      const sum = a + b;
      const bits = sum.toString(2).padStart(8, "0");
      return { a, b, predicted: sum, predictedBits: bits, sum, sumBits: bits, correct: true };
    }),
  );
  const rows = await service.request(body.links.result, { headers: { accept: "text/csv" } });
  t.equal((await rows.text()).split("\n").length, 1 + MOST + 1);
});

t.test("one more is a mistake", async (t) => {
  const pairs = Array.from({ length: MOST + 1 }, () => [5, 7]);
  const { body } = await service.post("/v1/rnn/additions", JSON.stringify({ pairs }), waiting);
  t.match(body, { state: "failed", error: { status: 422, errors: [{ path: "/pairs" }] } });
});
