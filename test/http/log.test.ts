// The log: a line for each request with its ids, and never what is secret.
import t from "tap";
import { AUTHORIZATION, PASSWORD } from "../service.js";
import { until } from "../until.js";
import { startFront } from "./front.js";
import { connectTo } from "./raw-connection.js";

const front = await startFront(t);
const json = { "content-type": "application/json" };

/** The lines of one request, when its answer has been logged. */
async function linesOf(id: string): Promise<Record<string, unknown>[]> {
  const mine = () => front.lines.filter(({ reqId }) => reqId === id);
  await until("the request is logged", () =>
    mine().some(({ msg }) => msg === "request" || msg === "the client went away"),
  );
  return mine();
}

t.test("a line for each request: method, path, status, milliseconds, job", async (t) => {
  const submitted = await front.request("/v1/rnn/additions", {
    method: "POST",
    headers: { ...json, "x-request-id": "submission-1" },
    body: '{"a": 5, "b": 7}',
  });
  const { id } = (await submitted.json()) as { id: string };
  const line = { msg: "request", method: "POST", path: "/v1/rnn/additions", status: 202, job: id };
  t.match(await linesOf("submission-1"), [line]);
  t.match(
    front.lines.filter(({ msg }) => msg === "job accepted"),
    [{ job: id, type: "rnn.add", account: "admin" }],
  );

  await front.request(`/v1/jobs/${id}?secret=1`, { headers: { "x-request-id": "poll-1" } });
  t.match(await linesOf("poll-1"), [
    {
      ...{ method: "GET", path: `/v1/jobs/${id}`, status: 200, job: id, ms: Number },
      ...{ address: "127.0.0.1", account: "admin" },
    },
  ]);

  await front.request("/v1/nothing?secret=1", { headers: { "x-request-id": "unknown-1" } });
  t.match(await linesOf("unknown-1"), [{ path: "/v1/nothing", status: 404 }]);

  await front.request("/v1/%zz?secret=1", { headers: { "x-request-id": "bad-1" } });
  t.match(await linesOf("bad-1"), [{ path: "/v1/%zz", status: 400 }]);

  await fetch(`${front.url}/v1/jobs`, { headers: { "x-request-id": "stranger-1" } });
  const [refusal] = await linesOf("stranger-1");
  t.match(refusal, { status: 401, address: "127.0.0.1" });
  t.notOk("account" in (refusal as object), "nobody who is known");
});

t.test("the ids are in the answers too", async (t) => {
  const answered = async (given: string) =>
    (await front.request("/v1/jobs", { headers: { "x-request-id": given } })).headers.get("x-request-id");
  for (const sane of ["a", "0199-ab:cd/ef@gh+ij=kl.mn_op", "x".repeat(128)])
    t.equal(await answered(sane), sane);
  const uuid = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;
  for (const odd of ["x".repeat(129), "with space", '{"a":1}', "ä", "a,b"])
    t.match(await answered(odd), uuid, odd);
  const one = await fetch(`${front.url}/healthz`);
  const another = await fetch(`${front.url}/healthz`);
  t.match(one.headers.get("x-request-id"), uuid);
  t.not(one.headers.get("x-request-id"), another.headers.get("x-request-id"));
});

t.test("requests that are not even HTTP", async (t) => {
  const raw = await connectTo(t, front.url);
  raw.send("nonsense\r\n\r\n");
  const id = (await raw.response()).headers.get("x-request-id");
  t.match(
    front.lines.filter(({ reqId }) => reqId === id),
    [{ msg: "malformed request", status: 400, code: "HPE_INVALID_METHOD" }],
  );
});

t.test("what goes wrong here is logged with its cause", async (t) => {
  const response = await front.request("/v1/test/fail", {
    method: "POST",
    headers: { ...json, prefer: "wait=30" },
    body: "{}",
  });
  const { id } = (await response.json()) as { id: string };
  t.match(
    front.lines.filter(({ level, job }) => level === 50 && job === id),
    [{ msg: "the job failed", err: { message: "a defect of the task", stack: String } }],
  );
});

t.test("health is asked often, and its lines say nothing", async (t) => {
  await fetch(`${front.url}/healthz`, { headers: { "x-request-id": "health-1" } });
  await fetch(`${front.url}/v1/nothing`, { headers: { "x-request-id": "after-health-1" } });
  await linesOf("after-health-1");
  t.strictSame(
    front.lines.filter(({ reqId }) => reqId === "health-1"),
    [],
  );
});

t.test("no password, no header of authorization, no query, no body", async (t) => {
  const wrong = "a wrong password that looks like one";
  const authorization = `Basic ${Buffer.from(`admin:${wrong}`).toString("base64")}`;
  for (const path of [
    "/v1/jobs?cursor=in-the-query",
    "/v1/nothing?in-the-query",
    "/v1/jobs/%zz?in-the-query",
  ]) {
    await front.request(path);
    await fetch(front.url + path, { headers: { authorization } });
  }
  await front.request("/v1/rnn/additions", { method: "POST", headers: json, body: '{"in-the-body": 1' });
  await front.request("/v1/rnn/additions", { method: "POST", headers: json, body: '{"in-the-body": 1}' });
  await fetch(`${front.url}/v1/nothing`, { headers: { "x-request-id": "last" } });
  await linesOf("last");
  for (const secret of [
    PASSWORD,
    wrong,
    AUTHORIZATION,
    authorization,
    "in-the-query",
    "in-the-body",
    "secret=",
  ])
    t.notOk(front.text().includes(secret), secret);
});
