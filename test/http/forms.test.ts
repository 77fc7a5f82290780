// Uploads as multipart forms: a file and options in any order, and every way in which a form can be wrong.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { AUTHORIZATION, startTestService } from "../service.js";
import { connectTo } from "./raw-connection.js";

const PARTS = 6;
const service = await startTestService(t, { env: { FORM_PARTS: String(PARTS) } });
const CSV = "x;y\n1;2\n3;4\n";

type Field = [name: string, value: string];

/** A form with the file between the fields before and after it. */
function form(before: Field[], file: string | null, after: Field[] = [], name = "data.csv"): FormData {
  const data = new FormData();
  for (const field of before) data.append(...field);
  if (file !== null) data.append("file", new Blob([file], { type: "text/csv" }), name);
  for (const field of after) data.append(...field);
  return data;
}

const send = (body: FormData, headers: Record<string, string> = {}) =>
  service.request("/v1/stats", { method: "POST", body, headers });

async function refused(t: Test, response: Response, expected: object): Promise<void> {
  const document = await response.json();
  t.match(document, expected);
  t.equal(response.status, (document as { status: number }).status);
  t.strictSame(await readdir(join(service.dataDir, "uploads")), [], "nothing is kept");
}

t.afterEach(async () => {
  const { jobs } = (await (await service.request("/v1/jobs")).json()) as { jobs: { id: string }[] };
  for (const { id } of jobs) await service.request(`/v1/jobs/${id}`, { method: "DELETE" });
});

t.test("options before the file, after it, and both", async (t) => {
  const delimiter: Field = ["delimiter", ";"];
  const header: Field = ["header", "false"];
  for (const data of [
    form([delimiter, header], CSV),
    form([], CSV, [delimiter, header]),
    form([header], CSV, [delimiter]),
  ]) {
    const response = await send(data, { prefer: "wait=30" });
    t.equal(response.status, 200);
    t.match(await response.json(), {
      state: "completed",
      input: { file: { name: "data.csv", bytes: CSV.length }, options: { delimiter: ";", header: false } },
      result: { rows: 3, columns: [{ name: "0" }, { name: "1" }] },
    });
  }
});

t.test("repeated fields are lists, and a list may have one element", async (t) => {
  const fields: Field[] = [
    ["percentiles", "0.1"],
    ["percentiles", "0.9"],
    ["usecols", "x"],
  ];
  const response = await send(form([["delimiter", ";"]], CSV, fields), { prefer: "wait=30" });
  // quantiles of 1 and 3 by linear interpolation, and the median, which pandas always gives
  t.match(await response.json(), {
    result: { columns: [{ name: "x", "10%": 1.2, "50%": 2, "90%": 2.8 }] },
  });
});

t.test("a wrong option after the file: 400 with its name, and the file is gone", async (t) => {
  const cases: [Field[], number, string][] = [
    [[["header", "perhaps"]], 400, "/options/header"],
    [[["bins", "many"]], 400, "/options/bins"],
    [[["nothing", "1"]], 400, "/options/nothing"],
    [
      [
        ["delimiter", ";"],
        ["delimiter", ","],
      ],
      400,
      "/options/delimiter",
    ],
    [[["bins", "0"]], 422, "/options/bins"],
    [[["bins", "1.5"]], 422, "/options/bins"],
    [[["percentiles", "2"]], 422, "/options/percentiles/0"],
    [[["delimiter", ""]], 422, "/options/delimiter"],
    [[["delimiter", "ab"]], 422, "/options/delimiter"],
  ];
  for (const [fields, status, path] of cases)
    await refused(t, await send(form([], CSV, fields)), { status, errors: [{ path }] });
});

t.test("no file, two files", async (t) => {
  await refused(t, await send(form([["header", "true"]], null)), {
    status: 400,
    detail: "the form has no file",
  });
  await refused(t, await send(form([], null)), { status: 400, detail: "the form has no file" });
  const two = form([], CSV);
  two.append("another", new Blob([CSV]), "second.csv");
  await refused(t, await send(two), { status: 400, detail: "the form has more than one file" });
});

t.test("what follows a mistake is not kept waiting for", async (t) => {
  const raw = await connectTo(t, service.url);
  const part = (name: string, content: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n${content}\r\n`;
  const body = `${part("first", CSV)}${part("second", CSV.repeat(500_000))}--b--\r\n`;
  raw.send(
    `POST /v1/stats HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n` +
      `content-type: multipart/form-data; boundary=b\r\ncontent-length: ${body.length}\r\n\r\n`,
    body,
    "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
  );
  t.equal((await raw.response()).status, 400);
  t.equal((await raw.response()).status, 200, "the connection goes on behind the refused form");
});

t.test("more parts than FORM_PARTS: 413 with the limit's name", async (t) => {
  const columns = (count: number) => Array.from({ length: count }, (): Field => ["usecols", "x"]);
  const expected = { type: "urn:abacus:problem:too-many-parts", status: 413, detail: /FORM_PARTS.* 6/ };
  t.equal(
    (await send(form([["delimiter", ";"]], CSV, columns(PARTS - 2)))).status,
    202,
    "as many as allowed",
  );
  for (const { id } of ((await (await service.request("/v1/jobs")).json()) as { jobs: { id: string }[] })
    .jobs)
    await service.request(`/v1/jobs/${id}`, { method: "DELETE" });
  await refused(t, await send(form([], CSV, columns(PARTS))), expected);
  await refused(t, await send(form(columns(PARTS), CSV)), expected);
  await refused(t, await send(form(columns(1000), CSV.repeat(100_000))), expected);
});

t.test("a field that is too long: 413", async (t) => {
  const expected = { type: "urn:abacus:problem:too-large", status: 413, detail: /delimiter.* 65536 bytes/ };
  await refused(t, await send(form([["delimiter", "x".repeat(65_537)]], CSV)), expected);
  await refused(t, await send(form([], CSV, [["delimiter", "x".repeat(65_537)]])), expected);
});

t.test("names that would be something else in JavaScript", async (t) => {
  for (const name of ["__proto__", "constructor", "toString"])
    await refused(t, await send(form([[name, "1"]], CSV)), { status: 400 });
});

t.test("the file's name reaches the job as it is", async (t) => {
  const names = [
    "ä €😀.csv",
    'quo"te.csv',
    "back\\slash.csv",
    "{json}.csv",
    "<script>.csv",
    "x".repeat(255),
    "%00.csv",
  ];
  for (const name of names) {
    const { input } = (await (await send(form([], CSV, [], name))).json()) as {
      input: { file: { name: string } };
    };
    // FormData itself escapes a quote as %22 (WHATWG HTML, multipart form data); the parser keeps what is after a slash
    t.equal(input.file.name, name.replaceAll('"', "%22").split("\\").at(-1), name);
  }
  const traversal = (await (await send(form([], CSV, [], "../../../etc/passwd"))).json()) as {
    id: string;
    input: { file: { name: string } };
  };
  t.equal(traversal.input.file.name, "passwd", "without folders");
  t.equal(await readFile(join(service.dataDir, "uploads", traversal.id), "utf8"), CSV, "it is no path");
  const long = (await (await send(form([], CSV, [], "x".repeat(5000)))).json()) as typeof traversal;
  t.equal(long.input.file.name.length, 255);
});

t.test("a part that declares itself as JSON is no option", async (t) => {
  const body = form([], CSV);
  body.append("options", new Blob(["{}"], { type: "application/json" }));
  await refused(t, await send(body), { status: 400 });
});

t.test("what is no form", async (t) => {
  const head = (boundary: string, length: number) =>
    `POST /v1/stats HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n` +
    `content-type: multipart/form-data${boundary}\r\ncontent-length: ${length}\r\n\r\n`;
  const file = '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n1,2\r\n';
  const bodies: [string, string][] = [
    ["", `${file}--b--\r\n`], // no boundary is declared
    ["; boundary=b", "no form at all"],
    ["; boundary=b", file], // never closed
    ["; boundary=b", '--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n'],
    [`; boundary=${"b".repeat(300)}`, `${file}--b--\r\n`],
    [
      "; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="header"\r\ncontent-type: application/json\r\n\r\n{\r\n--b--\r\n',
    ],
    ["; boundary=b", "--b--\r\n"],
    ["; boundary=b", ""],
  ];
  for (const [boundary, body] of bodies) {
    const raw = await connectTo(t, service.url);
    raw.send(head(boundary, body.length), body);
    const response = await raw.response();
    t.match(
      JSON.parse(response.body),
      { type: "urn:abacus:problem:invalid-input", status: 400 },
      response.body,
    );
    raw.socket.destroy();
  }
  t.strictSame(await readdir(join(service.dataDir, "uploads")), []);
});
