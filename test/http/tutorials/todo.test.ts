// The to-do tutorial's requests, and others of their kind.
import t from "tap";
import { createAccounts } from "../../../src/accounts/accounts.js";
import { FIRST_TASKS } from "../../../src/records/kinds.js";
import { recordsKey } from "../../../src/redis/keys.js";
import { AUTHORIZATION, type Json, PASSWORD, startTestService } from "../../service.js";

const front = { roles: { http: true, work: false }, env: { RECORDS: "300" } };
const service = await startTestService(t, front);
const other = await startTestService(t, { ...front, beside: service });

const TASKS = "/todo/api/v1.0/tasks";
const JSON_TYPE = { "content-type": "application/json" };
const FIRST = FIRST_TASKS.map((task, i) => ({ id: i + 1, ...task }));

async function send(method: string, path = "", body?: unknown, on = service) {
  const init = body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) };
  const response = await on.request(TASKS + path, { method, ...init });
  return { status: response.status, body: (await response.json()) as Json };
}

t.test("the tutorial's own requests", async (t) => {
  t.strictSame(await send("GET"), { status: 200, body: { tasks: FIRST } }, "two tasks at first");
  t.strictSame(await send("GET", "/2"), { status: 200, body: { task: FIRST[1] } });
  t.strictSame(await send("GET", "/3"), { status: 404, body: { error: "Not found" } });
  const book = { id: 3, title: "Read a book", description: "", done: false };
  t.strictSame(await send("POST", "", { title: "Read a book" }), { status: 201, body: { task: book } });
  const done = { ...FIRST[1], done: true };
  t.strictSame(await send("PUT", "/2", { done: true }), { status: 200, body: { task: done } });
  t.strictSame(await send("GET", "", undefined, other), {
    status: 200,
    body: { tasks: [FIRST[0], done, book] },
  });
  t.strictSame(await send("DELETE", "/3", undefined, other), { status: 200, body: { result: true } });
  t.strictSame(await send("DELETE", "/3"), { status: 404, body: { error: "Not found" } });
  const anonymous = await fetch(service.url + TASKS);
  t.equal(anonymous.status, 401);
  t.equal(anonymous.headers.get("content-type"), "application/json; charset=utf-8");
  t.equal(await anonymous.text(), '{"error":"Unauthorized access"}');
});

t.test("fields: what is taken, and what is ignored", async (t) => {
  const sent = { title: "é\u2028😀", description: "more", done: true, id: 99, uri: "x" };
  const { body } = await send("POST", "", sent);
  t.strictSame(body.task, { id: body.task.id, title: sent.title, description: "more", done: false });
  const path = `/${body.task.id}`;
  const changed = await send("PUT", path, { title: "", description: "", done: true, id: 98, more: [1] });
  t.strictSame(changed.body.task, { id: body.task.id, title: "", description: "", done: true });
  t.strictSame((await send("PUT", path, { more: 1 })).body, changed.body);
  t.strictSame((await send("GET", `/0${body.task.id}`)).body, changed.body, "as Flask reads an int");
  await send("DELETE", path);
});

t.test("a body that is none is 400 and says why", async (t) => {
  const before = await send("GET");
  const refused: [body: string | undefined, type: string | undefined, message: RegExp][] = [
    [undefined, undefined, /^the Content-Type is missing/],
    [
      "title=x",
      "application/x-www-form-urlencoded",
      /does not take application\/x-www-form-urlencoded; it takes a/,
    ],
    ['{"title": "x"}', "text/plain", /does not take text\/plain/],
    ["", "application/json", /^the body is empty/],
    ["{}", "application/json", /^the body is empty, or an object without fields$/],
    ['{"title":', "application/json", /^the body is not JSON/],
    ['{"title": "\xff"}', "application/json", /^the body is not JSON/],
    ['["title"]', "application/json", /^the body must be object$/],
    ["null", "application/json", /^the body must be object$/],
    ['"title"', "application/json; charset=utf-8", /^the body must be object$/],
    ['{"title": 5}', "application/json", /^\/title must be string$/],
    ['{"title": null}', "application/json", /^\/title must be string$/],
    ['{"title": "x", "description": []}', "application/json", /^\/description must be string$/],
    ['{"title": "x", "done": "true"}', "application/json", /^\/done must be boolean$/],
    [
      '{"title": "x", "done": 1, "description": 2}',
      "application/json",
      /^\/description .*; \/done must be boolean$/,
    ],
  ];
  for (const [text, type, message] of refused)
    for (const [method, path] of [
      ["POST", ""],
      ["PUT", "/1"],
    ] as const) {
      const response = await service.request(TASKS + path, {
        ...{ method, headers: type === undefined ? {} : { "content-type": type } },
        ...(text !== undefined && { body: Buffer.from(text, "latin1") }),
      });
      t.equal(response.status, 400, `${method} ${text}`);
      t.match(await response.json(), { error: /^Bad request$/, message }, `${method} ${text}`);
    }
  const untitled = await send("POST", "", { description: "x" });
  t.strictSame(untitled, { status: 400, body: { error: "Bad request", message: "/title is required" } });
  const large = await send("POST", "", { title: "x".repeat(70_000) });
  t.match(large, { status: 413, body: { error: "Payload too large", message: /65536/ } });
  for (const task of [{ title: "x".repeat(1001) }, { title: "x", description: "x".repeat(10_001) }])
    t.match(await send("POST", "", task), { status: 400, body: { message: /must not have more than 10*/ } });
  t.strictSame(await send("GET"), before);
});

t.test("what is not there is 404, whatever is sent", async (t) => {
  for (const path of ["/0", "/99", "/-1", "/1.0", "/abc", "/1e0", "/__proto__", `/${"9".repeat(40)}`])
    for (const [method, body] of [["GET"], ["DELETE"], ["PUT", { done: 5 }]] as const)
      t.strictSame(await send(method, path, body), { status: 404, body: { error: "Not found" } }, path);
  const headers = { authorization: AUTHORIZATION };
  for (const path of ["", "/tasks/", "/tasks/1/", "/Tasks"]) {
    const response = await fetch(`${service.url}/todo/api/v1.0${path}`, { headers });
    t.strictSame([response.status, await response.json()], [404, { error: "Not found" }], path);
  }
});

t.test("other verbs are 405 and say which there are", async (t) => {
  for (const [path, method, allow] of [
    ["", "DELETE", "GET, HEAD, POST"],
    ["/1", "PATCH", "DELETE, GET, HEAD, PUT"],
  ] as const) {
    const response = await service.request(TASKS + path, { method });
    t.strictSame([response.status, response.headers.get("allow")], [405, allow]);
    t.strictSame(await response.json(), { error: "Method not allowed" });
  }
});

t.test("who may do what, with people and entries too; what there is belongs to everybody", async (t) => {
  const accounts = createAccounts(service.redis.connect());
  await accounts.add("reader", PASSWORD, ["jobs:read"]);
  await accounts.add("writer", PASSWORD, ["jobs:write"]);
  const status = async (name: string, method: string, path: string) => {
    const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}`;
    const response = await service.request(path, { method, headers: { authorization } });
    return response.status;
  };
  for (const [method, path] of [
    ["GET", TASKS],
    ["POST", TASKS],
    ["GET", `${TASKS}/1`],
    ["PUT", `${TASKS}/1`],
    ["DELETE", `${TASKS}/99`],
    ["PUT", "/resources/data/"],
    ["GET", "/resources/data/1"],
    ["DELETE", "/resources/data/1"],
    ["GET", "/entry/"],
    ["POST", "/entry/"],
    ["GET", "/entry/1/"],
    ["PUT", "/entry/1/"],
    ["PATCH", "/entry/1/"],
    ["DELETE", "/entry/1/"],
  ] as const) {
    const allowed = method === "GET" ? "reader" : "writer";
    t.not(await status(allowed, method, path), 403, `${allowed} ${method} ${path}`);
    const refused = method === "GET" ? "writer" : "reader";
    t.equal(await status(refused, method, path), 403, `${refused} ${method} ${path}`);
  }
  t.equal(await status("reader", "GET", `${TASKS}/1`), 200);
});

t.test("a hundred requests at once, through two processes", async (t) => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const on = (i: number) => (i % 2 ? service : other);
  const created = await Promise.all(numbers.map((i) => send("POST", "", { title: `task ${i}` }, on(i))));
  const ids = created.map(({ body }) => body.task.id);
  t.equal(new Set(ids).size, 100);
  const { id } = created[0]?.body.task ?? {};
  const fields = ["title", "description"] as const;
  const changed = await Promise.all(
    numbers.map((i) =>
      send("PUT", `/${id}`, i === 50 ? { done: true } : { [fields[i % 2] as string]: `${i}` }, on(i)),
    ),
  );
  t.strictSame(new Set(changed.map(({ status }) => status)), new Set([200]));
  const { task } = (await send("GET", `/${id}`)).body;
  t.match(
    task,
    { title: /^\d*[02468]$/, description: /^\d*[13579]$/, done: true },
    "each writer's field is there",
  );
  await Promise.all(ids.map((id, i) => send("DELETE", `/${id}`, undefined, on(i))));
  t.equal((await send("GET")).body.tasks.length, 2);
});

t.test("as many as RECORDS, which a list of several pages tells", async (t) => {
  const { body } = await send("GET");
  const ids = Array.from({ length: 300 - body.tasks.length }, (_, i) => 1000 + i);
  const more = ids.flatMap((id) => [String(id), JSON.stringify(FIRST_TASKS[0])]);
  await service.redis.connect().hset(recordsKey("tasks"), ...more);
  const { tasks } = (await send("GET")).body;
  t.strictSame(tasks, [...body.tasks, ...ids.map((id) => ({ id, ...FIRST_TASKS[0] }))]);
  t.strictSame(await send("POST", "", { title: "one more" }), {
    status: 409,
    body: {
      error: "Conflict",
      message: "there are 300 tasks, which is as many as RECORDS allows: delete one first",
    },
  });
  await send("DELETE", "/1000");
  t.equal((await send("POST", "", { title: "in its place" })).status, 201);
});

t.test("when Redis refuses or is away, a list is an error, too", async (t) => {
  await service.redis.connect().set(recordsKey("tasks"), "no hash");
  t.match(await send("GET"), { status: 500, body: { error: "Internal server error", message: /log/ } });
  await service.redis.stop();
  for (const response of [await send("GET"), await send("POST", "", { title: "x" })])
    t.match(response, { status: 503, body: { error: "Service unavailable", message: String } });
});

t.test("what is wrong before it is known whose routes are asked is a problem document", async (t) => {
  for (const [path, status] of [
    [`${TASKS}/%zz`, 400],
    [`${TASKS}/${"1".repeat(101)}`, 414],
  ] as const)
    t.match(await (await service.request(path)).json(), { status, type: /^urn:abacus:problem:/ });
});
