// The check that holds every answer of the tests against /openapi.json finds what it should.
import t from "tap";
import { answerCheck } from "./openapi-answers.js";
import { type Json, startTestService } from "./service.js";

const service = await startTestService(t);
const check = await answerCheck(service.url);

/** An answer as the service could give it. */
function answer(path: string, status: number, body: unknown, headers: Record<string, string>): Response {
  const response = new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  return Object.defineProperty(response, "url", { value: service.url + path });
}

const json = { "content-type": "application/json" };
const init = { method: "POST", headers: { ...json, prefer: "wait=30" } };
const real = await service.request("/v1/rnn/additions", { ...init, body: '{"a": 5, "b": 7}' });
const headers: Record<string, string> = Object.fromEntries(real.headers);
delete headers["content-length"];
const job: Json = await real.json();
const self = `/v1/jobs/${job.id}`;
const missing = await service.request(`${self.slice(0, -5)}zzzzz`);
const problem: Json = await missing.json();
const problemHeaders = { "x-request-id": "1", "content-type": "application/problem+json; charset=utf-8" };

t.test("what the service answers is right", async (t) => {
  t.equal(real.status, 200);
  t.equal(missing.status, 404);
  await check("POST", answer("/v1/rnn/additions", 200, job, headers));
  await check("GET", answer(`${self}?query=1`, 404, problem, problemHeaders));
  const nowhere = await service.request("/nowhere");
  await check("GET", answer("/nowhere", 404, await nowhere.json(), problemHeaders));
  t.equal((await service.request("/v1/stats", { method: "PATCH" })).status, 405);
  t.equal((await service.request("/v1/stats", { method: "HEAD" })).status, 405);
  t.equal((await service.request(self, { method: "HEAD" })).status, 200);
  t.equal((await service.request("/docs")).status, 200);
});

t.test("what is not as described is told", async (t) => {
  const { label: _, ...incomplete } = job;
  const { location: __, ...unplaced } = headers;
  const { "x-request-id": ___, ...anonymous } = problemHeaders;
  const submission = (body: unknown, given = headers, status = 200): [string, Response] => [
    "POST",
    answer("/v1/rnn/additions", status, body, given),
  ];
  const refusal = (body: unknown, given: Record<string, string> = problemHeaders): [string, Response] => [
    "GET",
    answer(self, 404, body, given),
  ];
  const cases: [RegExp, string, Response][] = [
    [/required property 'label'/, ...submission(incomplete)],
    [/additionalProperty":"more"/, ...submission({ ...job, more: 1 })],
    [/additionalProperty":"more"/, ...submission({ ...job, links: { ...job.links, more: "/" } })],
    [/additionalProperty":"more"/, ...submission({ ...job, result: { ...job.result, more: 1 } })],
    [/\/result\/sum must be integer/, ...submission({ ...job, result: { ...job.result, sum: "12" } })],
    [/\/state must be/, ...submission({ ...job, state: "done" })],
    [/\/createdAt must match format/, ...submission({ ...job, createdAt: "today" })],
    [/\/type must be equal/, ...submission({ ...job, type: "stats" })],
    [/header Location is missing/, ...submission(job, unplaced)],
    [/header x-more is not described/, ...submission(job, { ...headers, "x-more": "1" })],
    [/the status is none of 200, 202, 400/, ...submission(job, headers, 201)],
    [
      /body is text\/html, not application\/json/,
      ...submission(job, { ...headers, "content-type": "text/html" }),
    ],
    [/urn:abacus:problem:gone is none of/, ...refusal({ ...problem, type: "urn:abacus:problem:gone" })],
    [/required property 'detail'/, ...refusal({ ...problem, detail: undefined })],
    [/document says 410/, ...refusal({ ...problem, status: 410 })],
    [/header x-request-id is missing/, ...refusal(problem, anonymous)],
    [/path is not described/, "GET", answer("/nowhere", 200, job, headers)],
    [/method is not described/, "PUT", answer(self, 200, job, headers)],
    [/header Allow is missing/, "PUT", answer(self, 405, problem, problemHeaders)],
    [/body is application\/json, not/, "GET", answer("/nowhere", 404, {}, { ...problemHeaders, ...json })],
  ];
  for (const [expected, method, response] of cases) {
    const { pathname } = new URL(response.url);
    const said = await check(method, response).catch((error: Error) => error.message);
    t.match(said, `${method} ${pathname} was answered with ${response.status}, not as /openapi.json says: `);
    t.match(said, expected);
  }
});

t.test("a request of a test fails with it, and its body can still be read", async (t) => {
  const redis = service.redis.connect();
  const { body } = await service.post("/v1/rnn/additions", { a: 1, b: 2 }, { prefer: "wait=30" });
  const response = await service.request(`/v1/jobs/${body.id}`);
  t.strictSame(await response.json(), body);
  await redis.hset(`{abacus}:job:${body.id}`, "result", '{"summ": 3}');
  await t.rejects(service.request(`/v1/jobs/${body.id}`), /answered with 200, not as .*'sum'/);
});
