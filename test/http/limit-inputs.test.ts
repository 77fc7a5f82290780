// The limits of what a job's input may hold, each at its edge: COLUMNS, FIELD_BYTES, JOB_MEMORY, TRAIN_COST; and
// INTERACTIVE_COST, which decides where it is computed.
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { type Json, startTestService } from "../service.js";

const MIB = 1024 ** 2;
const INLINE_BYTES = 2000;
const service = await startTestService(t, {
  env: {
    INLINE_BYTES: `${INLINE_BYTES}`,
    COLUMNS: "3",
    FIELD_BYTES: "10",
    JOB_MEMORY: `${MIB}`,
    TRAIN_COST: "320",
    INTERACTIVE_COST: "32",
  },
});
const STATS = "/v1/stats";

/** The job that came of a raw file, when it has ended. */
async function describeFile(content: string | Uint8Array<ArrayBuffer>, query = ""): Promise<Json> {
  const response = await service.request(`${STATS}?${query}`, {
    method: "POST",
    body: content,
    headers: { "content-type": "text/csv", prefer: "wait=60" },
  });
  return response.json();
}

/** JSON is refused at once when it is small, and by its job when it is large: in the same words. */
async function refusesJson(t: Test, body: object, path: string, message: string): Promise<void> {
  const error = {
    type: "urn:abacus:problem:impossible-value",
    status: 422,
    detail: `${path} ${message}`,
    errors: [{ path, message }],
  };
  const text = JSON.stringify(body);
  t.match(await service.post(STATS, text), { status: 422, body: error }, path);
  const stored = await service.post(STATS, text.padEnd(INLINE_BYTES + 1), { prefer: "wait=60" });
  t.match(stored.body, { state: "failed", error }, `${path}, stored`);
}

async function takesJson(t: Test, body: object): Promise<void> {
  const text = JSON.stringify(body);
  for (const sent of [text, text.padEnd(INLINE_BYTES + 1)])
    t.match((await service.post(STATS, sent, { prefer: "wait=60" })).body, { state: "completed" }, text);
}

const unreadable = (detail: string | RegExp) => ({
  state: "failed",
  error: { type: "urn:abacus:problem:unreadable-file", status: 422, detail },
});

t.test("COLUMNS", async (t) => {
  for (const query of ["", "header=false"]) {
    t.match(await describeFile("a,b,c\n1,2,3\n", query), { result: { columns: { length: 3 } } });
    t.match(
      await describeFile("a,b,c,d\n1,2,3,4\n", query),
      unreadable("COLUMNS is 3: the first record has 4 fields"),
    );
  }
  t.match(
    await describeFile("a,b,c,d\n1,2,3,4\n", "usecols=a"),
    unreadable(/^COLUMNS is 3/),
    "also those that are not described",
  );
  await takesJson(t, { columns: { a: [1], b: [2], c: [3] } });
  await refusesJson(
    t,
    { columns: { a: [1], b: [2], c: [3], d: [4] } },
    "/columns",
    "has 4 columns or more: COLUMNS is 3",
  );
  await takesJson(t, { records: [{ a: 1, b: 2 }, { c: 3 }, { a: 4, c: 5 }] });
  await refusesJson(
    t,
    { records: [{ a: 1, b: 2 }, { c: 3 }, { d: 4 }] },
    "/records",
    "has 4 columns or more: COLUMNS is 3",
  );
});

t.test("FIELD_BYTES", async (t) => {
  const tooLong = (line: number) =>
    unreadable(new RegExp(`^FIELD_BYTES is 10: a field that begins in line ${line} is longer`));
  // é is two bytes of UTF-8; a quoted field is counted as it stands, with its quotes
  for (const [fits, exceeds] of [
    ["x".repeat(10), "x".repeat(11)],
    ["é".repeat(5), "xé".repeat(4)],
    [`"${"x".repeat(8)}"`, `"${"x".repeat(9)}"`],
  ] as const) {
    t.match(await describeFile(`a,b\n1,${fits}\n`), { state: "completed" }, fits);
    t.match(await describeFile(`a,b\n1,${exceeds}\n`), tooLong(2), exceeds);
    t.match(await describeFile(`a,${fits}\n1,2\n`), { state: "completed" }, `the name ${fits}`);
    t.match(await describeFile(`a,${exceeds}\n1,2\n`), tooLong(1), `the name ${exceeds}`);
  }

  const message = "is a text of 11 bytes: FIELD_BYTES is 10";
  for (const [fits, exceeds] of [
    ["x".repeat(10), "x".repeat(11)],
    ["é".repeat(5), `x${"é".repeat(5)}`],
  ] as const) {
    await takesJson(t, { columns: { a: [1, fits] } });
    await refusesJson(t, { columns: { a: [1, exceeds] } }, "/columns/a/1", message);
    await takesJson(t, { records: [{ a: fits }] });
    await refusesJson(t, { records: [{ a: 1 }, { a: exceeds }] }, "/records/1/a", message);
    await takesJson(t, { columns: { [fits]: [1] }, options: { usecols: [fits] } });
    const name = "has a name of 11 bytes: FIELD_BYTES is 10";
    await refusesJson(t, { columns: { [exceeds]: [1] } }, "/columns", name);
    await refusesJson(t, { records: [{ a: 1 }, { [exceeds]: 1 }] }, "/records/1", name);
  }
});

t.test("JOB_MEMORY, and the option memory within it", async (t) => {
  /** For which columns of so many equal numbers, one beside the other, the values are kept. */
  const exact = async (rows: number, columns: number, query = ""): Promise<boolean[]> => {
    const line = (cell: string) => `${Array(columns).fill(cell)}\n`;
    const { state, result } = await describeFile(line("a") + line("1").repeat(rows), query);
    t.match({ state, result }, { state: "completed", result: { rows } });
    return result.columns.map(({ approximate }: Json) => approximate === undefined);
  };
  // a file that is read at once has half of it: 65,536 doubles
  t.same(await exact(20_000, 1), [true]);
  t.same(await exact(10_000, 3), [true, true, true]);
  t.same(await exact(65_536, 3), [false, false, false]);
  t.same(await exact(65_536 / 2, 3, "usecols=a"), [true], "of which one is described");
  t.same(await exact(65_536, 3, `memory=${8 * MIB}`), [false, false, false], "the option does not raise it");
  t.same(await exact(20_000, 1, "memory=100000"), [false], "but lowers it");
  // what estimates take is more
  t.match(await describeFile(`a\n${"1\n".repeat(20_000)}`, "memory=50000"), {
    state: "failed",
    error: {
      type: "urn:abacus:problem:too-large",
      status: 413,
      detail: /take more than 50000 bytes.*JOB_MEMORY/,
    },
  });
});

t.test("TRAIN_COST", async (t) => {
  // 10 × 8 × 2² = 320
  const training = (iterations: number) =>
    service.post("/v1/rnn/models", { iterations, binaryDim: 8, hiddenDim: 2 }, { prefer: "wait=60" });
  t.match(await training(10), { status: 200, body: { state: "completed" } });
  t.match(await training(11), {
    status: 422,
    body: {
      errors: [{ path: "/iterations" }],
      detail: /is 352 \(11 × 8 × 2²\): the limit TRAIN_COST is 320$/,
    },
  });
});

t.test("INTERACTIVE_COST: what costs more goes to the batch lane", async (t) => {
  const redis = service.redis.connect();
  const laneOf = async ({ id }: Json) => redis.hget(`{abacus}:job:${id}`, "lane");
  const laneOfPairs = async (count: number) => {
    const { body } = await service.post("/v1/rnn/additions", { pairs: Array(count).fill([1, 2]) });
    return laneOf(body);
  };
  t.equal(await laneOfPairs(2), "interactive", "16 a pair");
  t.equal(await laneOfPairs(3), "batch");
  const csv = `a\n${"1\n".repeat(15)}`;
  t.equal(csv.length, 32);
  t.equal(await laneOf(await describeFile(csv)), "interactive", "a file by its bytes");
  t.equal(await laneOf(await describeFile(`${csv}\n`)), "batch");
  t.equal(await laneOf(await describeFile(Uint8Array.from(gzipSync("a\n1\n")))), "batch", "gzip always");
  const stored = await service.post(STATS, '{"columns":{"a":[1]}}'.padEnd(INLINE_BYTES + 1));
  t.equal(await laneOf(stored.body), "batch", "what nobody has looked into");
});
