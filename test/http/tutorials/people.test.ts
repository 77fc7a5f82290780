// The people tutorial's requests, and others of their kind.
import t from "tap";
import { type Json, startTestService } from "../../service.js";

const service = await startTestService(t, { roles: { http: true, work: false }, env: { RECORDS: "3" } });
const PEOPLE = "/resources/data/";
const PETER = { name: "peter", locale: "NYC", age: 42 };

async function send(method: string, path: string, init: RequestInit = {}) {
  const response = await service.request(PEOPLE + path, { method, ...init });
  return { status: response.status, body: (await response.json()) as Json };
}

/** As `curl -X PUT -d` sends it: not encoded. */
const put = (text: string, type = "application/x-www-form-urlencoded") =>
  send("PUT", "", { headers: { "content-type": type }, body: text });
const putData = (data: string) => send("PUT", "", { body: new URLSearchParams({ data }) });

t.test("the tutorial's own requests", async (t) => {
  const peter = { status: 200, body: { id: 1, ...PETER } };
  t.strictSame(await put('data={"name": "peter", "locale": "NYC", "age": 42}'), peter);
  t.strictSame(await send("GET", "1"), peter);
  t.strictSame(await send("DELETE", "1"), peter);
  const gone = {
    status: 404,
    body: { type: "urn:abacus:problem:not-found", detail: 'there is no person "1"' },
  };
  t.match(await send("GET", "1"), gone);
  t.match(await send("DELETE", "1"), gone);
  for (const path of ["0", "-1", "x", "1.0", "9".repeat(40)])
    t.match(await send("GET", path), { status: 404 });
  t.equal((await fetch(service.url + PEOPLE, { method: "PUT" })).status, 401);
});

t.test("forms of both kinds, and what they can hold", async (t) => {
  const ann = { name: 'Ännchen "&+%41" 😀', locale: "", age: Number.MAX_SAFE_INTEGER };
  t.strictSame(await putData(JSON.stringify(ann)), { status: 200, body: { id: 2, ...ann } });
  const form = new FormData();
  form.set("data", JSON.stringify({ age: 0, locale: "Köln", name: "" }));
  t.strictSame((await send("PUT", "", { body: form })).body, { id: 3, age: 0, locale: "Köln", name: "" });
  t.strictSame((await send("GET", "2")).body, { id: 2, ...ann });
});

t.test("anything else is 400 and says what is wrong", async (t) => {
  const refused: [data: string, detail: RegExp][] = [
    ["", /^\/data is not JSON/],
    ["peter", /^\/data is not JSON: /],
    ['{"name": "peter"', /^\/data is not JSON: /],
    ["[]", /^\/data must be object$/],
    ["null", /^\/data must be object$/],
    ["42", /^\/data must be object$/],
    ["{}", /^\/data\/name is required; \/data\/locale is required; \/data\/age is required$/],
    [JSON.stringify({ ...PETER, age: undefined }), /^\/data\/age is required$/],
    [JSON.stringify({ ...PETER, name: 5 }), /^\/data\/name must be string$/],
    [JSON.stringify({ ...PETER, locale: null }), /^\/data\/locale must be string$/],
    [JSON.stringify({ ...PETER, age: "42" }), /^\/data\/age must be integer$/],
    [JSON.stringify({ ...PETER, age: true }), /^\/data\/age must be integer$/],
    [JSON.stringify({ ...PETER, age: 4.5 }), /^\/data\/age must be integer$/],
    [JSON.stringify({ ...PETER, age: -1 }), /^\/data\/age must be >= 0$/],
    [JSON.stringify({ ...PETER, age: 2 ** 53 }), /^\/data\/age must be <= 9007199254740991$/],
    [JSON.stringify({ ...PETER, id: 7 }), /^\/data\/id is not a known field$/],
    [JSON.stringify({ name: "x".repeat(1001), locale: "", age: 1 }), /^\/data\/name must not have more/],
    ["[".repeat(2000), /^\/data is nested deeper than 1000 levels$/],
  ];
  for (const [data, detail] of refused) t.match(await putData(data), { status: 400, body: { detail } }, data);
  t.match(await send("PUT", ""), { status: 400, body: { detail: "/data is required" } });
  t.match(await put(""), { status: 400, body: { detail: "/data is required" } });
  t.match(await put("person={}"), {
    status: 400,
    body: { detail: /^\/data is required; \/person is not a known/ },
  });
  t.match(await put("data={}&data={}"), { status: 400, body: { detail: "/data is given more than once" } });
  t.match(await put("{}", "application/json"), { status: 415 });
  t.match(await put(`data=${"x".repeat(70_000)}`), { status: 413 });
});

t.test("forms that are not well-formed", async (t) => {
  const type = "multipart/form-data; boundary=b";
  const part = (head: string, text: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const whole = part('name="data"', JSON.stringify(PETER));
  const refused: [text: string, type: string, detail: RegExp][] = [
    ["", type, /^the form is not well-formed$/],
    [whole, type, /^the form is not well-formed$/],
    [`${whole}--b`, type, /^the form is not well-formed$/],
    [`${whole}--b--\r\n`, "multipart/form-data", /^the form is not well-formed$/],
    [`${whole}--b--\r\n`, "multipart/form-data; boundary=c", /^the form is not well-formed$/],
    ["--b\r\n\r\n1\r\n--b--\r\n", type, /^the form is not well-formed$/],
    [`--b\r\n${"x: y\r\n".repeat(9000)}\r\n\r\n--b--\r\n`, type, /^the form is not well-formed$/],
    ["--b--\r\n", type, /^\/data is required$/],
    [`${whole}${whole}--b--\r\n`, type, /^\/data is given more than once$/],
    [
      `${part('name="data"; filename="data.json"', "{}")}--b--\r\n`,
      type,
      /^data is a file, and a text belongs there$/,
    ],
  ];
  for (const [text, mediaType, detail] of refused)
    t.match(await put(text, mediaType), { status: 400, body: { detail } }, text.slice(0, 80));
});

t.test("as many as RECORDS", async (t) => {
  t.match(await putData(JSON.stringify(PETER)), { status: 200, body: { id: 4 } }, "refusals took no id");
  const { status, body } = await putData(JSON.stringify(PETER));
  t.match({ status, body }, { status: 409, body: { type: "urn:abacus:problem:too-many-records" } });
  t.equal(body.detail, "there are 3 people, which is as many as RECORDS allows: delete one first");
});
