// Bodies made to harm: without end, of ten thousand parts, nested, heavy, with names that mean something in JavaScript.
// Each is refused in words, nothing of it is kept, and others do not notice.
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { whileHealthy } from "../health-probe.js";
import { residentMemory } from "../process-usage.js";
import { type ServiceProcess, startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION, type Json } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";

const MIB = 1024 * 1024;
const FORM = "multipart/form-data; boundary=b";
const FILE = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n';
const FIELD = '--b\r\ncontent-disposition: form-data; name="usecols"\r\n\r\n';

async function startServe(t: Test, settings: Record<string, string> = {}) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path, LOG_LEVEL: "error", ...settings };
  const serve = await startProcess(t, workplace, "serve", { env });
  return {
    workplace,
    serve,
    nothingKept: () =>
      until("nothing is kept", async () => (await readdir(join(workplace.dataDir, "uploads"))).length === 0),
  };
}

type Serve = Awaited<ReturnType<typeof startServe>>["serve"];

/** The answer to a request that is sent in pieces until it comes; then the service has to end the connection. */
async function stream(
  t: Test,
  { url }: ServiceProcess,
  request: string,
  type: string,
  pieces: Iterable<string>,
): Promise<{ status: number; document: Json }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  socket.on("error", () => {}); // it is cut off in the middle of sending
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`${request}\r\nhost: x\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
  for (const piece of pieces) {
    const sent = socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    if (!sent) await Promise.race([once(socket, "drain").catch(() => {}), closed]);
    if (socket.destroyed || answer !== "") break;
  }
  await closed; // the service ends what does not end
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), document: body === "" ? undefined : JSON.parse(body) };
}

function* endless(start: string, piece: string): Iterable<string> {
  if (start !== "") yield start; // an empty chunk is the last
  const more = piece.repeat(Math.ceil(65_536 / piece.length));
  for (;;) yield more;
}

const post = (serve: Serve, body: string, type = "application/json") =>
  serve.request("/v1/stats", {
    method: "POST",
    headers: { "content-type": type, prefer: "wait=30" },
    body,
  });

t.test("bodies without end", async (t) => {
  const { workplace, serve, nothingKept } = await startServe(t, {
    JSON_BYTES: String(2 * MIB),
    UPLOAD_BYTES: String(4 * MIB),
  });
  const head = (line: string) => `${line} HTTP/1.1\r\nauthorization: ${AUTHORIZATION}`;
  const stats = head("POST /v1/stats");
  const requests: [name: string, head: string, type: string, start: string, piece: string, status: number][] =
    [
      ["JSON", stats, "application/json", '{"columns": {"a": [1', ",1", 413],
      ["blanks", head("POST /v1/rnn/additions"), "application/json", "", " ", 413],
      ["CSV", stats, "text/csv", "a\n", "1\n", 413],
      ["a form's file", stats, FORM, `${FILE}a\n`, "1\n", 413],
      ["before a form", stats, FORM, "", "x", 413],
      ["a form's field", stats, FORM, FIELD, "x", 413],
      ["a part's header", stats, FORM, FILE.slice(0, -2), "x: y\r\n", 413],
      ["after a form", stats, FORM, `${FILE}a\n1\r\n--b--\r\n`, "x", 413],
      ["a field's name", stats, FORM, '--b\r\ncontent-disposition: form-data; name="', "x", 413],
      ["a second file", stats, FORM, `${FILE}a\n1\r\n${FILE}a\n`, "1\n", 400],
      ["where none is read", head("POST /v1/jobs/x/cancel"), "text/csv", "", "1\n", 404],
      ["where nothing is", head("POST /v1/nothing"), "text/csv", "", "1\n", 404],
      ["with a GET", head("GET /v1/jobs"), "text/csv", "", "1\n", 200],
      ["without an account", "POST /v1/stats HTTP/1.1", "text/csv", "a\n", "1\n", 401],
    ];
  const memory = residentMemory(serve.pid);
  const answers = await whileHealthy(t, workplace, serve, () =>
    Promise.all(
      requests.map(([, request, type, start, piece]) =>
        stream(t, serve, request, type, endless(start, piece)),
      ),
    ),
  );
  for (const [at, { status, document }] of answers.entries()) {
    const [name, , , , , expected] = requests[at]!;
    t.equal(status, expected, `${name}: ${document.detail ?? ""}`);
  }
  const grown = residentMemory(serve.pid) - memory;
  t.ok(grown < 200 * MIB, `memory grew by ${Math.round(grown / MIB)} MiB`);
  await nothingKept();
  t.match((await serve.request("/v1/jobs")).body, { jobs: { length: 0 } });
});

t.test("ten thousand parts, of fields and of files", async (t) => {
  const { workplace, serve, nothingKept } = await startServe(t);
  const end = "--b--\r\n";
  const forms = {
    fields: `${FILE}a\n1\r\n${`${FIELD}a\r\n`.repeat(10_000)}${end}`,
    "fields first": `${`${FIELD}a\r\n`.repeat(10_000)}${FILE}a\n1\r\n${end}`,
    files: `${`${FILE}a\n1\r\n`.repeat(10_000)}${end}`,
    "empty files": `${`${FILE}\r\n`.repeat(10_000)}${end}`,
    "parts without a name": `${FILE}a\n1\r\n${"--b\r\n\r\nx\r\n".repeat(10_000)}${end}`,
  };
  await whileHealthy(t, workplace, serve, async () => {
    for (let round = 0; round < 4; round++)
      for (const [name, form] of Object.entries(forms)) {
        const { status, body } = await post(serve, form, FORM);
        t.match(
          { status, body },
          {
            status: 413,
            body: { type: "urn:abacus:problem:too-many-parts", detail: /FORM_PARTS, which is 100$/ },
          },
          name,
        );
      }
  });
  await nothingKept();
  t.match((await serve.request("/v1/jobs")).body, { jobs: { length: 0 } });
});

t.test("nested JSON, read at once or by a thread", async (t) => {
  const { workplace, serve } = await startServe(t);
  const arrays = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const places: [path: string, before: string, after: string][] = [
    ["/v1/stats", '{"columns":{"a":[', "]}}"],
    ["/v1/stats", '{"columns":', "}"],
    ["/v1/stats", '{"records":[{"a":', "}]}"],
    ["/v1/stats", '{"columns":{"a":[1]},"options":', "}"],
    ["/v1/stats", '{"unknown":', "}"],
    ["/v1/rnn/additions", '{"pairs":', "}"],
    ["/v1/rnn/models", '{"name":', "}"],
    ["/v1/rnn/additions", "", ""],
  ];
  const tooDeep = {
    type: "urn:abacus:problem:invalid-input",
    status: 400,
    detail: "the body is nested deeper than 1000 levels",
  };
  await whileHealthy(t, workplace, serve, async () => {
    for (const [path, before, after] of places)
      for (const deep of [arrays(100_000), objects(40_000), arrays(2_000_000), arrays(1e6).slice(0, 1e6)]) {
        const headers = { "content-type": "application/json", prefer: "wait=30" };
        const init = { method: "POST", headers, body: before + deep + after };
        const { status, body } = await serve.request(path, init);
        if (init.body.length < 262_144) t.match({ status, body }, { status: 400, body: tooDeep });
        else t.match({ status, body }, { status: 200, body: { state: "failed", error: tooDeep } });
      }
  });
  // within the levels the answer is about the place
  const { status, body } = await post(serve, `{"columns":{"a":[${arrays(900)}]}}`);
  t.match({ status, body }, { status: 422, body: { errors: [{ path: "/columns/a/0" }] } });
});

t.test("JSON that is a hundred times as large once it is read", async (t) => {
  // with a heap this small, four megabytes are to it what sixty-four are to one of the usual size
  const { workplace, serve } = await startServe(t, { THREAD_MEMORY: String(32 * MIB) });
  const list = (piece: (at: number) => string, length: number) => {
    const pieces: string[] = [];
    for (let at = 0, size = 0; size < length; at++) size += pieces.push(piece(at)) && pieces[at]!.length + 1;
    return pieces.join(",");
  };
  const size = 4 * MIB;
  const heavy = {
    "empty objects": `{"records":[${"{},".repeat(size / 3)}{}]}`,
    "empty arrays": `{"columns":{"a":[${"[],".repeat(size / 3)}[]]}}`,
    "keys of their own": `{"records":[${list((at) => `{"${at.toString(36)}":1}`, size)}]}`,
    "keys that are numbers": `{"records":[${list((at) => `{"${at % 36}":1}`, size)}]}`,
    columns: `{"columns":{${list((at) => `"${at.toString(36)}":[]`, size)}}}`,
  };
  await whileHealthy(t, workplace, serve, async () => {
    for (const [name, body] of [1, 2, 3].flatMap(() => Object.entries(heavy))) {
      const answer = await post(serve, body);
      t.match(
        answer,
        {
          status: 200,
          body: { state: "failed", attempts: 1, error: { status: 413, detail: /THREAD_MEMORY/ } },
        },
        name,
      );
    }
  });
  // an honest body of the same size
  const { body } = await post(serve, `{"columns":{"a":[${list((at) => String(at % 1000), size)}]}}`);
  t.match(body, { state: "completed", result: { columns: [{ name: "a", min: 0, max: 999 }] } });
  t.equal(serve.stderr(), "");
});

t.test("names that mean something in JavaScript", async (t) => {
  const { serve } = await startServe(t);
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
  const expected = (values: number[]) => ({
    rows: values.length,
    columns: names.map((name) => ({ name, dtype: "int64", count: values.length, max: values.at(-1) })),
  });
  const inputs: [name: string, body: string, type: string][] = [
    ["columns", `{"columns":{${names.map((name) => `"${name}":[1,2]`)}}}`, "application/json"],
    [
      "records",
      `{"records":[{${names.map((name) => `"${name}":1`)}},{${names.map((name) => `"${name}":2`)}}]}`,
      "application/json",
    ],
    ["a CSV header", `${names}\n${names.map(() => 1)}\n${names.map(() => 2)}\n`, "text/csv"],
  ];
  for (const [what, body, type] of inputs) {
    const answer = await post(serve, body, type);
    t.match(answer.body, { state: "completed", result: expected([1, 2]) }, what);
    const csv = await fetch(`${serve.url}${answer.body.links.result}`, {
      headers: { authorization: AUTHORIZATION, accept: "text/csv" },
    });
    t.equal((await csv.text()).split("\n")[0], `,${names}`, `${what}, as CSV`);
  }
  const usecols = names.map((name) => `usecols=${name}`).join("&");
  const chosen = await serve.request(`/v1/stats?${usecols}`, {
    method: "POST",
    headers: { "content-type": "text/csv", prefer: "wait=30" },
    body: `a,${names}\n9,${names.map(() => 1)}\n`,
  });
  t.match(chosen.body, { state: "completed", result: expected([1]) }, "chosen in the query");

  for (const name of names) {
    const refusals = await Promise.all([
      post(serve, `{"columns":{"a":[1]},"${name}":{"polluted":true}}`),
      post(serve, `{"columns":{"a":[1]},"options":{"${name}":{"polluted":true}}}`),
      post(
        serve,
        `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n1\r\n${FILE}a\r\n--b--\r\n`,
        FORM,
      ),
      post(serve, `${FILE.replace('name="file"', `name="${name}"`)}a\r\n--b--\r\n`, FORM),
      serve.request(`/v1/jobs?${name}=1`),
      serve.request(`/v1/jobs?${name}[polluted]=true`),
      serve.post("/v1/rnn/additions", JSON.parse(`{"a":1,"b":2,"${name}":{"polluted":true}}`)),
    ]);
    t.same(
      refusals.map(({ status }) => status),
      refusals.map((_, at) => (at === 3 && name === "prototype" ? 200 : 400)),
      `${name} where no such field is`,
    );
    t.equal((await serve.request(`/v1/jobs/${name}`)).status, 404);
    t.match(await serve.post("/v1/rnn/additions", { a: 1, b: 2, model: name }), { status: 404 });
  }
  const { body } = await serve.post("/v1/rnn/additions", { a: 5, b: 7 }, { prefer: "wait=30" });
  t.same(body.input, { a: 5, b: 7, model: "default" }, "nothing is polluted");
  t.equal(serve.stderr(), "");
});

t.test("a small body in pieces of one byte", async (t) => {
  const { serve } = await startServe(t);
  const { hostname, port } = new URL(serve.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  const pieces = "1\r\nx\r\n".repeat(60_000);
  const began = performance.now();
  socket.write("POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n");
  socket.write(`transfer-encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`);
  const [answer] = await once(socket, "data");
  t.match(String(answer), /^HTTP\/1.1 400 /);
  // adding up what has come anew with each piece took seconds, in which nobody else was answered
  t.ok(performance.now() - began < 1500);
});
