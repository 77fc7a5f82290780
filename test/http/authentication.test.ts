// Who may do what: nobody without an account, and each account only what its scopes and its own jobs allow.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { AUTHORIZATION, PASSWORD, startTestService } from "../service.js";
import { connectTo, type RawResponse } from "./raw-connection.js";

const service = await startTestService(t);
const accounts = createAccounts(service.redis.connect());
await accounts.add("reader", PASSWORD, ["jobs:read"]);
await accounts.add("adder", PASSWORD, ["jobs:read", "jobs:write"]);

const basic = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const json = { "content-type": "application/json" };
const addition = { method: "POST", headers: json, body: '{"a": 5, "b": 7}' };

/** As fetch would not send it: it always says that a script asks. */
async function askPlainly(t: Test, headers: Record<string, string>): Promise<RawResponse> {
  const raw = await connectTo(t, service.url);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  raw.send(`GET /v1/jobs HTTP/1.1\r\nhost: x\r\n${lines.join("")}\r\n`);
  const response = await raw.response();
  raw.socket.destroy();
  return response;
}

t.test("wrong or no credentials: 401 and what to send instead", async (t) => {
  const wrongPasswords = [basic("admin", "wrong"), basic("nobody")];
  const headers: Record<string, string>[] = [
    {},
    ...wrongPasswords.map((authorization) => ({ authorization })),
    { authorization: "Basic" },
    { authorization: "Basic %%%" },
    { authorization: `Basic ${Buffer.from("no colon").toString("base64")}` },
    { authorization: `Bearer ${PASSWORD}` },
    { authorization: "Bearer" },
    { authorization: "Bearer abacus_x_y" },
    { authorization: "Bearer e30.e30.e30" },
    { authorization: "Digest x" },
    { cookie: "abacus_session=x" },
  ];
  for (const header of headers) {
    const error = header.authorization?.startsWith("Bearer") ? ', error="invalid_token"' : "";
    const bearer = `Bearer realm="abacus"${error}`;
    const both = `Basic realm="abacus", charset="UTF-8", ${bearer}`;
    const modes: [Record<string, string>, string][] = [
      [{}, both],
      [{ "sec-fetch-mode": "navigate" }, both],
      // a page's script: nothing that makes the browser ask its user
      [{ "sec-fetch-mode": "cors" }, bearer],
      [{ "sec-fetch-mode": "same-origin" }, bearer],
    ];
    // each wrong password is told later than the one before
    const isPassword = wrongPasswords.includes(header.authorization ?? "");
    for (const [mode, offered] of isPassword ? modes.slice(0, 1) : modes) {
      const { status, headers, body } = await askPlainly(t, { ...header, ...mode });
      t.equal(status, 401, JSON.stringify({ ...header, ...mode }));
      t.equal(headers.get("www-authenticate"), offered);
      t.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
      t.match(JSON.parse(body), { type: "urn:abacus:problem:unauthorized", status: 401, title: String });
    }
  }
  await service.request("/v1/jobs", { headers: { authorization: "Bearer x" } }); // as it is described
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
