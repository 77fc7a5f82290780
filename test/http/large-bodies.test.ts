// JSON bodies over INLINE_BYTES: accepted unparsed, with the same result and the same mistakes as small ones.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { startTestService } from "../service.js";

const INLINE_BYTES = 2000;
const service = await startTestService(t, { env: { INLINE_BYTES: String(INLINE_BYTES) } });
const ADD = "/v1/rnn/additions";
const TRAIN = "/v1/rnn/models";
const large = (text: string) => text.padEnd(INLINE_BYTES + 1);
const waiting = { prefer: "wait=30" };
const TINY = '"iterations": 10, "hiddenDim": 2';

t.test("up to INLINE_BYTES a body is read at once, above it is stored as it came", async (t) => {
  const text = '{"a": 5, "b": 7}';
  t.match(await service.post(ADD, text.padEnd(INLINE_BYTES)), {
    status: 202,
    body: { input: { a: 5, b: 7 } },
  });
  const stored = await service.post(ADD, large(text));
  t.match(stored, { status: 202, body: { type: "rnn.add", input: { bytes: INLINE_BYTES + 1 } } });
  t.equal(await readFile(join(service.dataDir, "uploads", stored.body.id), "utf8"), large(text));
  t.match(await service.ended(stored.body.id), { state: "completed", result: { sum: 12 } });
});

t.test("a mistake is the job's error, in the words of a small body's answer", async (t) => {
  await service.post(TRAIN, `{"name": "taken", ${TINY}}`, waiting);
  const mistakes: [string, string | Buffer][] = [
    [ADD, "{"],
    [ADD, '{"a": 5, "b": 7,}'],
    [ADD, "[]"],
    [ADD, '{"a": "5", "b": 7, "c": 1}'],
    [ADD, '{"a": 5}'],
    [ADD, '{"a": 5, "b": 7, "__proto__": 1}'],
    [ADD, '{"a": -1, "b": 7}'],
    [ADD, '{"a": 200, "b": 100}'],
    [ADD, '{"a": 5, "b": 7, "model": "nobody\'s"}'],
    [ADD, '{"pairs": [[5, 7]], "model": "nobody\'s"}'],
    [ADD, '{"pairs": [[5, 7], [200, 100]]}'],
    [ADD, '{"pairs": [[5, 7], [2147483648, 9999999999]]}'],
    [ADD, '{"pairs": [[5, 7], [12345678901, 1]]}'],
    [ADD, '{"pairs": [[5, 7], [-1, 1], [1.5, 1]]}'],
    [ADD, '{"pairs": [[5, 7, 9]]}'],
    [ADD, '{"pairs": [], "a": 5}'],
    [ADD, '{"pairs": [[5, 7]], "a": 5}'],
    [TRAIN, '{"hiddenDim": 513}'],
    [TRAIN, '{"name": "default"}'],
    [TRAIN, '{"iterations": 10000000, "hiddenDim": 512}'], // above TRAIN_COST
    [TRAIN, `{"name": "taken", ${TINY}}`],
    ["/v1/stats", '{"columns": {"x": [1, 2], "y": [1]}}'],
    ["/v1/stats", '{"columns": {"x": [[1]]}}'],
    ["/v1/stats", '{"options": {"bins": 0}}'],
    ["/v1/stats", "{}"],
  ];
  for (const [path, text] of mistakes) {
    const small = await service.post(path, text as string, waiting);
    const { status, body } = await service.post(path, large(text as string), waiting);
    t.equal(status, 200, `accepted: ${text}`);
    t.equal(body.state, "failed");
    // small bodies of stats without columns are found out by the job, too
    const expected = small.status === 200 ? small.body.error : small.body;
    t.type(expected.status, "number");
    // V8 quotes the text around a syntax error, which the padding is a part of
    const quoted = expected.type === "urn:abacus:problem:malformed-json";
    t.strictSame(quoted ? { ...body.error, detail: expected.detail } : body.error, expected, text as string);
    const result = await service.request(`/v1/jobs/${body.id}/result`);
    t.equal(result.status, expected.status, "and its result is that error");
    t.equal(result.headers.get("content-type"), "application/problem+json; charset=utf-8");
    t.strictSame(await result.json(), body.error);
  }
});

t.test("a large body that is no UTF-8", async (t) => {
  const response = await service.request(ADD, {
    method: "POST",
    headers: { ...waiting, "content-type": "application/json" },
    body: Buffer.from(large('{"a": 5, "b": 7, "model": "é"}'), "latin1"),
  });
  t.match(await response.json(), {
    state: "failed",
    error: { type: "urn:abacus:problem:malformed-json", status: 400 },
  });
});

t.test("a training in a large body takes its name, and additions in large bodies find it", async (t) => {
  const trained = await service.post(TRAIN, large(`{"name": "mine", ${TINY}}`), waiting);
  t.match(trained.body, { state: "completed", result: { model: { id: trained.body.id, name: "mine" } } });
  for (const reference of ["mine", trained.body.id]) {
    const { body } = await service.post(ADD, large(`{"a": 5, "b": 7, "model": "${reference}"}`), waiting);
    t.match(body, { state: "completed", result: { sum: 12, model: trained.body.id } }, reference);
  }
  const again = await service.post(TRAIN, `{"name": "mine", ${TINY}}`);
  t.match(again, { status: 409, body: { type: "urn:abacus:problem:name-taken" } });
});

t.test("a training in a large body that fails gives its name back", async (t) => {
  const failed = await service.post(TRAIN, large('{"name": "freed", "alpha": 11}'), waiting);
  t.match(failed.body, { state: "failed", error: { status: 422, errors: [{ path: "/alpha" }] } });
  t.match((await service.post(TRAIN, `{"name": "freed", ${TINY}}`)).status, 202);
});
