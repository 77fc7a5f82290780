// Paths and methods: HEAD where there is GET, 405 with `Allow` for other methods, 404 for unknown paths.
import { METHODS } from "node:http";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { AUTHORIZATION, startTestService } from "../service.js";
import { connectTo } from "./raw-connection.js";

const service = await startTestService(t, { registry: await fixtureRegistry() });
const { body: job } = await service.post("/v1/test/echo", { value: 1 }, { prefer: "wait=30" });

interface Description {
  paths: Record<string, Record<string, object>>;
}
const description = (await (await fetch(`${service.url}/openapi.json`)).json()) as Description;
const paths = Object.entries(description.paths).map(([path, operations]) => ({
  path: path
    .replace("{id}", path.startsWith("/v1/") ? job.id : "1")
    .replace("{model}", "default")
    .replace("{type}", "samples"),
  methods: Object.keys(operations).map((method) => method.toUpperCase()),
}));
paths.push({ path: "/docs", methods: ["GET"] }, { path: "/docs/", methods: ["GET"] });

t.test("HEAD answers as GET does, without the body", async (t) => {
  for (const { path } of paths.filter(({ methods }) => methods.includes("GET"))) {
    const [head, get] = await Promise.all([
      service.request(path, { method: "HEAD" }),
      service.request(path, { method: "GET" }),
    ]);
    t.equal(head.status, get.status, path);
    // no two answers of /metrics are the same
    const length = path === "/metrics" ? [] : ["content-length"];
    for (const name of ["content-type", "etag", ...length])
      t.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`);
    for (const { headers } of [head, get]) t.match(headers.get("x-request-id"), /^[\da-f-]{36}$/);
    t.equal(await head.text(), "");
    await get.body?.cancel();
  }
});

/** Whether an error says that the method is not possible, in the words of the path. */
function tellsOf(path: string, method: string, { type, error, detail }: Record<string, string>): boolean {
  if (path.startsWith("/todo/")) return error === "Method not allowed";
  if (path.startsWith("/entry/")) return detail === `Method "${method}" not allowed.`;
  return type === "urn:abacus:problem:method-not-allowed";
}

t.test("every other method is 405 and says which there are", async (t) => {
  // fetch refuses to send TRACE, and CONNECT is no request for a path
  const raw = await connectTo(t, service.url);
  for (const { path, methods } of paths.filter(({ path }) => path !== "/sample_producer")) {
    const possible = methods.includes("GET") ? [...methods, "HEAD"] : methods;
    const others = METHODS.filter((method) => method !== "CONNECT" && !possible.includes(method));
    const expected = { status: 405, allow: possible.sort().join(", ") };
    const wrong: unknown[] = [];
    for (const method of others) {
      raw.send(`${method} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
      const { status, headers, body } = await raw.response({ toHead: method === "HEAD" });
      const answered = { status, allow: headers.get("allow") };
      const isTold = method === "HEAD" || tellsOf(path, method, JSON.parse(body));
      if (JSON.stringify(answered) !== JSON.stringify(expected) || !isTold)
        wrong.push({ method, ...answered });
    }
    t.strictSame(wrong, [], `${path}: all but ${possible}`);
  }
});

t.test("a method that is not possible is refused before its body is read", async (t) => {
  const raw = await connectTo(t, service.url);
  raw.send("PUT /v1/stats HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n");
  t.equal((await raw.response()).status, 405);
});

t.test("unknown paths are 404, with an account or without", async (t) => {
  const unknown = [
    "/v1",
    "/v1/jobs/",
    "/v1/nothing",
    `/v1/jobs/${job.id}/nothing`,
    `/v1/jobs/${job.id.toUpperCase()}`,
    "/v1/jobs/01",
    "/v1/jobs/__proto__",
    "/v1/jobs/%2e%2e",
    "/V1/jobs",
    "//v1/jobs",
    "/docs/static/../../package.json",
    "/docs/static/%2e%2e/%2e%2e/package.json",
  ];
  for (const path of unknown) {
    const response = await service.request(path);
    t.equal(response.status, 404, path);
    t.match(await response.json(), { type: "urn:abacus:problem:not-found", status: 404, detail: String });
  }
  t.equal((await fetch(`${service.url}/v1/nothing`, { method: "POST", body: "x" })).status, 404);
});

t.test("addresses that are none", async (t) => {
  const raw = await connectTo(t, service.url);
  for (const [path, status] of [
    ["/v1/jobs/%zz", 400],
    [`/v1/jobs/${"x".repeat(101)}`, 414], // find-my-way's limit of a parameter
  ] as const) {
    raw.send(
      `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\nx-request-id: mine\r\n\r\n`,
    );
    const { status: answered, headers, body } = await raw.response();
    t.equal(answered, status, path);
    t.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
    t.equal(headers.get("x-request-id"), "mine");
    t.match(JSON.parse(body), { status });
  }
});
