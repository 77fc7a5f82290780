// Who may do what: nobody without an account, and each account only what its scopes and its own jobs allow.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { AUTHORIZATION, PASSWORD, startTestService } from "../service.js";
import { connectTo } from "./raw-connection.js";

const service = await startTestService(t);
const accounts = createAccounts(service.redis.connect());
await accounts.add("reader", PASSWORD, ["jobs:read"]);
await accounts.add("adder", PASSWORD, ["jobs:read", "jobs:write"]);

const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const json = { "content-type": "application/json" };
const addition = { method: "POST", headers: json, body: '{"a": 5, "b": 7}' };

t.test("wrong or no credentials: 401 and what to send instead", async (t) => {
  const headers: Record<string, string>[] = [
    {},
    { authorization: basic("admin", "wrong") },
    { authorization: basic("nobody") },
    { authorization: "Basic" },
    { authorization: "Basic %%%" },
    { authorization: `Basic ${Buffer.from("no colon").toString("base64")}` },
    { authorization: `Bearer ${PASSWORD}` },
  ];
  for (const header of headers) {
    const response = await fetch(`${service.url}/v1/jobs`, { headers: header });
    t.equal(response.status, 401, JSON.stringify(header));
    t.equal(response.headers.get("www-authenticate"), 'Basic realm="abacus", charset="UTF-8"');
    t.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
    t.match(await response.json(), { type: "urn:abacus:problem:unauthorized", status: 401, title: String });
  }
});

t.test("the scheme's name in any case, and a password of any characters (RFC 7617, 2.1)", async (t) => {
  await accounts.add("umlaut", "pässwörd: lang genug", ["jobs:read"]);
  const token = Buffer.from("umlaut:pässwörd: lang genug").toString("base64");
  const response = await fetch(`${service.url}/v1/jobs`, { headers: { authorization: `bASIC ${token}` } });
  t.equal(response.status, 200);
});

t.test("each route needs its scope", async (t) => {
  const submitted = await fetch(`${service.url}/v1/rnn/additions`, {
    ...addition,
    headers: { ...json, authorization: basic("adder") },
  });
  t.equal(submitted.status, 202);
  const { id } = (await submitted.json()) as { id: string };

  const refused: [string, string, string, string][] = [
    ["reader", "POST", "/v1/rnn/additions", "jobs:write"],
    ["reader", "POST", `/v1/jobs/${id}/cancel`, "jobs:write"],
    ["reader", "DELETE", `/v1/jobs/${id}`, "jobs:write"],
    ["adder", "POST", "/v1/rnn/models", "models:write"],
  ];
  for (const [name, method, path, scope] of refused) {
    const response = await fetch(service.url + path, { method, headers: { authorization: basic(name) } });
    t.equal(response.status, 403, `${name} ${method} ${path}`);
    t.match(await response.json(), { type: "urn:abacus:problem:forbidden", detail: new RegExp(scope) });
  }
});

t.test("the jobs of others do not exist", async (t) => {
  const { body: job } = await service.post("/v1/rnn/additions", { a: 1, b: 2 }, { prefer: "wait=30" });
  const headers = { authorization: basic("adder") };
  const paths: [string, string][] = [
    ["GET", `/v1/jobs/${job.id}`],
    ["HEAD", `/v1/jobs/${job.id}`],
    ["GET", `/v1/jobs/${job.id}/result`],
    ["POST", `/v1/jobs/${job.id}/cancel`],
    ["DELETE", `/v1/jobs/${job.id}`],
  ];
  for (const [method, path] of paths)
    t.equal((await fetch(service.url + path, { method, headers })).status, 404, `${method} ${path}`);
  const { jobs } = (await (await fetch(`${service.url}/v1/jobs`, { headers })).json()) as {
    jobs: { id: string }[];
  };
  t.notOk(jobs.some(({ id }) => id === job.id));
  t.equal((await service.request(`/v1/jobs/${job.id}`)).status, 200, "and are still there");
});

t.test("a change of the password counts from the next request on", async (t) => {
  await accounts.add("changing", PASSWORD, ["jobs:read"]);
  const get = (password: string) =>
    fetch(`${service.url}/v1/jobs`, { headers: { authorization: basic("changing", password) } });
  t.equal((await get(PASSWORD)).status, 200);
  await accounts.setPassword("changing", "another good password");
  t.equal((await get(PASSWORD)).status, 401);
  t.equal((await get("another good password")).status, 200);
});

t.test("401 and 403 come before the body", async (t) => {
  const cases: [number, string][] = [
    [401, ""],
    [401, `authorization: ${basic("admin", "wrong")}\r\n`],
    [403, `authorization: ${basic("reader")}\r\n`],
  ];
  for (const [status, header] of cases)
    for (const expect of ["", "expect: 100-continue\r\n"]) {
      const raw = await connectTo(t, service.url);
      raw.send(
        `POST /v1/stats HTTP/1.1\r\nhost: x\r\n${header}${expect}` +
          "content-type: text/csv\r\ncontent-length: 1000000\r\n\r\n",
      );
      const response = await raw.response();
      t.equal(response.status, status, `${header}${expect}`);
      t.match(JSON.parse(response.body), { status });
      raw.socket.destroy();
    }
});

t.test("a client that waits to be asked for its body is asked once it is let in", async (t) => {
  const raw = await connectTo(t, service.url);
  const body = '{"a": 5, "b": 7}';
  raw.send(
    `POST /v1/rnn/additions HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\nexpect: 100-continue\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nprefer: wait=30\r\n\r\n`,
  );
  t.equal((await raw.response()).status, 100);
  raw.send(body);
  const response = await raw.response();
  t.equal(response.status, 200);
  t.match(JSON.parse(response.body), { state: "completed", result: { sum: 12 } });
});

t.test("nothing of what was refused is kept", async (t) => {
  for (const kind of ["uploads", "scratch"])
    t.strictSame(await readdir(join(service.dataDir, kind)), [], kind);
});
