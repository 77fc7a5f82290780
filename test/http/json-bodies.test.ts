// JSON bodies: what is wrong with one is said, and where.
import t, { type Test } from "tap";
import { startTestService } from "../service.js";

/** Less than INLINE_BYTES. */
const JSON_BYTES = 50_000;
const service = await startTestService(t, { env: { JSON_BYTES: String(JSON_BYTES) } });

const send = (
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = {},
  path = "/v1/rnn/additions",
) =>
  service.request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });

async function refused(t: Test, response: Response, expected: object): Promise<void> {
  const document = await response.json();
  t.match(document, expected);
  t.equal(response.status, (document as { status: number }).status);
  t.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
  t.equal(response.headers.get("location"), null, "there is no job");
}

t.test("what is no JSON", async (t) => {
  const malformed = { type: "urn:abacus:problem:malformed-json", status: 400, detail: /is not JSON/ };
  for (const text of ["{", '{"a": 5, "b": 7,}', "{'a': 5}", "a=5", "NaN", '{"a": 5} {"b": 7}', "\u0000"])
    await refused(t, await send(text), malformed);
});

t.test("statistics of nothing at all", async (t) => {
  for (const body of ["", "{}", '{"options": {}}']) {
    const response = await service.request("/v1/stats", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    await refused(t, response, { status: 400, errors: [{ path: "/columns", message: /or a file$/ }] });
  }
});

t.test("what is no UTF-8", async (t) => {
  const latin1 = Buffer.from('{"a": 5, "b": 7, "model": "é"}', "latin1");
  await refused(t, await send(latin1), { type: "urn:abacus:problem:malformed-json", status: 400 });
});

t.test("a byte order mark is no part of the text", async (t) => {
  const response = await send(`\uFEFF{"a": 5, "b": 7}`, { prefer: "wait=30" });
  t.match(await response.json(), { result: { sum: 12 } });
});

t.test("wrong types, missing and unknown fields: 400, and each is named", async (t) => {
  const cases: [string, { path: string; message: string }[]][] = [
    ['{"a": "5", "b": 7}', [{ path: "/a", message: "must be integer" }]],
    ['{"a": 5}', [{ path: "/b", message: "is required" }]],
    ["{}", ["/a", "/b"].map((path) => ({ path, message: "is required, or pairs" }))],
    ['{"a": 5, "b": 7, "c": 1}', [{ path: "/c", message: "is not a known field" }]],
    ['{"a": 5, "b": 7, "__proto__": {"a": 1}}', [{ path: "/__proto__", message: "is not a known field" }]],
    ['{"a": 5, "b": 7, "constructor": 1}', [{ path: "/constructor", message: "is not a known field" }]],
    ['{"a": 5, "b": 7, "a/b~c": 1}', [{ path: "/a~1b~0c", message: "is not a known field" }]],
    ['{"pairs": [[1, 2], [3, "4"]]}', [{ path: "/pairs/1/1", message: "must be integer" }]],
    ["[]", [{ path: "", message: "must be object" }]],
    ["null", [{ path: "", message: "must be object" }]],
    ["7", [{ path: "", message: "must be object" }]],
  ];
  for (const [text, errors] of cases)
    await refused(t, await send(text), { type: "urn:abacus:problem:invalid-input", status: 400, errors });
});

t.test("the right types and impossible values: 422", async (t) => {
  const cases: [string, string, string][] = [
    ["/v1/rnn/additions", '{"a": -1, "b": 7}', "/a"],
    ["/v1/rnn/additions", '{"a": 1.5, "b": 7}', "/a"],
    ["/v1/rnn/additions", '{"a": 200, "b": 100}', ""], // sums of the default model are below 256
    ["/v1/rnn/additions", '{"pairs": []}', "/pairs"],
    ["/v1/rnn/models", '{"hiddenDim": 513}', "/hiddenDim"],
    ["/v1/rnn/models", '{"name": "default"}', "/name"],
  ];
  for (const [path, text, pointer] of cases)
    await refused(t, await send(text, {}, path), {
      type: "urn:abacus:problem:impossible-value",
      status: 422,
      errors: [{ path: pointer }],
    });
});

t.test("a model that is not there: 404", async (t) => {
  const expected = { type: "urn:abacus:problem:unknown-model", status: 404, detail: /"nobody's"/ };
  await refused(t, await send(`{"a": 5, "b": 7, "model": "nobody's"}`), expected);
});

t.test("an empty body is an input without fields", async (t) => {
  const errors = [{ path: "/a" }, { path: "/b" }];
  await refused(t, await send(""), { status: 400, errors });
  await refused(t, await service.request("/v1/rnn/additions", { method: "POST" }), { status: 400, errors });
});

t.test("a body that does not say what it is, is JSON", async (t) => {
  const bytes = new TextEncoder().encode('{"a": 5, "b": 7}');
  const response = await service.request("/v1/rnn/additions", { method: "POST", body: bytes });
  t.equal(response.status, 202);
});

t.test("other media types: 415, with those that are taken", async (t) => {
  const unsupported = { type: "urn:abacus:problem:unsupported-media-type", status: 415 };
  const types = [
    "text/plain",
    "text/csv",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "none",
    "a/",
  ];
  for (const type of types) await refused(t, await send("{}", { "content-type": type }), unsupported);
  await refused(t, await send("{}", { "content-type": "multipart/form-data; boundary=x" }), unsupported);
  await refused(t, await send("{}", { "content-encoding": "gzip" }), unsupported);
  await refused(t, await send("{}", { "content-type": "text/plain" }, "/v1/stats"), {
    ...unsupported,
    detail: "/v1/stats does not take text/plain; it takes application/json, multipart/form-data, text/csv",
  });
  for (const type of [
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/json;charset=latin1",
  ])
    t.equal((await send('{"a": 5, "b": 7}', { "content-type": type })).status, 202, type);
});

t.test("a query that would have no effect", async (t) => {
  await refused(t, await send('{"a": 5, "b": 7}', {}, "/v1/rnn/additions?model=mine"), {
    status: 400,
    errors: [{ path: "/model", message: "is not a known field" }],
  });
  await refused(t, await send('{"columns": {"x": [1]}}', {}, "/v1/stats?header=true"), {
    status: 400,
    detail: /header/,
  });
});

t.test("JSON_BYTES counts also where it is less than INLINE_BYTES", async (t) => {
  const chunks = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode(" ".repeat(JSON_BYTES + 1)));
      stream.close();
    },
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: chunks,
    duplex: "half",
  };
  const response = await service.request("/v1/rnn/additions", init as RequestInit);
  await refused(t, response, {
    type: "urn:abacus:problem:too-large",
    status: 413,
    detail: /JSON_BYTES is 50000/,
  });
});
