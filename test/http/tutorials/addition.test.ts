// The RNN tutorial's request, and others of its kind.
import t from "tap";
import { type Json, startTestService } from "../../service.js";

const service = await startTestService(t);

/** The tutorial's answer, to the letter. */
const ANSWER =
  '{"num1":5,"num2":7,"pred_bin":"[0 0 0 0 1 1 0 0]","pred_num":12,"true_bin":"[0 0 0 0 1 1 0 0]","true_num":12}';

const add = (query: string, init: RequestInit = {}) =>
  service.request(`/RNNaddition${query}`, { method: "POST", ...init });
const json = { "content-type": "application/json" };

t.test("numbers in the query, a form and JSON", async (t) => {
  const form = new FormData();
  form.set("number1", "5");
  form.set("number2", "7");
  const answers = [
    await add("?number1=5&number2=7"),
    await add("?number1=%205%20&number2=%2B7"),
    await add("", { body: new URLSearchParams({ number1: "5", number2: "7" }) }),
    await add("", { body: form }),
    await add("", { body: '{"number1": 5, "number2": 7.0}', headers: json }),
    await add("", { body: '{"number1": "5", "number2": "7"}', headers: json }),
    await add("?number1=5", { body: '{"number1": 6, "number2": 7}', headers: json }),
  ];
  for (const answer of answers) {
    t.equal(answer.status, 200);
    t.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
    t.equal(await answer.text(), ANSWER);
  }
});

t.test("other sums", async (t) => {
  for (const [a, b] of [
    [0, 0],
    [127, 127],
    [1, 126],
  ] as const) {
    const answer = await add(`?number1=${a}&number2=${b}`);
    t.match(await answer.json(), { num1: a, num2: b, pred_num: a + b, true_num: a + b });
  }
  // what the network answers there is its own affair
  const answer: Json = await (await add("?number1=200&number2=55")).json();
  const { pred_num, pred_bin, true_bin } = answer;
  t.equal(true_bin, "[1 1 1 1 1 1 1 1]");
  t.equal(Number.parseInt(pred_bin.replace(/\D/g, ""), 2), pred_num);
});

t.test("mistakes are 400 and say what is wrong", async (t) => {
  const refusals: [query: string, RequestInit, RegExp][] = [
    ["", {}, /^number1 is missing/],
    ["?number1=5", {}, /^number2 is missing/],
    ["?number1=5&number2=", {}, /^number2 is missing/],
    ["?number1=5&number2=seven", {}, /^number2 is "seven", which is not a whole number/],
    ["?number1=5.5&number2=7", {}, /^number1 is "5.5", which is not a whole number/],
    ["?number1=1e2&number2=7", {}, /^number1 is "1e2", which is not a whole number/],
    ["?number1=5&number2=-7", {}, /^number2 is -7: it must not be negative/],
    ["?number1=128&number2=128", {}, /add up to 256: the network adds up to 255/],
    ["?number1=99999999999999999999&number2=0", {}, /add up to 100000000000000000000/],
    [`?number1=${"9".repeat(400)}&number2=0`, {}, /add up to Infinity/],
    [`?number1=${"x".repeat(5000)}&number2=0`, {}, /^number1 is "x{99}, which is not a whole number$/],
    ["?number1=1&number1=2&number2=3", {}, /given more than once/],
    ["", { body: new URLSearchParams("number1=1&number1=2&number2=3") }, /given more than once/],
    ["", { body: '{"number1": true, "number2": 1}', headers: json }, /^number1 is true, which is not/],
    ["", { body: '{"number1": null, "number2": 1}', headers: json }, /^number1 is null, which is not/],
    ["", { body: '{"number1": 1.5, "number2": 1}', headers: json }, /^number1 is 1.5, which is not/],
    ["", { body: '{"number1": [1], "number2": 1}', headers: json }, /^number1 is \[1\], which is not/],
    ["", { body: "{", headers: json }, /not JSON/],
    ["", { body: "[1, 2]", headers: json }, /must be (an )?object/],
  ];
  for (const [query, init, detail] of refusals) {
    const answer = await add(query, init);
    t.equal(answer.status, 400, `${query} ${init.body ?? ""}`);
    t.match(await answer.json(), { type: /:(invalid-input|malformed-json)$/, status: 400, detail });
  }
  const text = await add("", { body: "5", headers: { "content-type": "text/plain" } });
  t.equal(text.status, 415);
});

t.test("other methods are 405", async (t) => {
  for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
    const answer = await service.request("/RNNaddition?number1=5&number2=7", { method });
    t.equal(answer.status, 405);
    t.equal(answer.headers.get("allow"), "POST");
  }
});

t.test("without an account nothing is added", async (t) => {
  const answer = await add("?number1=5&number2=7", { headers: { authorization: "" } });
  t.equal(answer.status, 401);
});
