// The function behind API Gateway: events of both payload versions, with a worker that is another process. The
// fixtures are events as AWS documents them, of a REST API in
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html and of an HTTP
// API in https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import avsc from "avsc";
import t, { type Test } from "tap";
import { sweepLockKey } from "../src/redis/keys.js";
import { spawnProcess, startProcess, type TestProcess } from "./processes.js";
import { startRedis } from "./redis-server.js";
import { type Json, PASSWORD } from "./service.js";
import { until } from "./until.js";
import { makeWorkplace, type Workplace } from "./workplace.js";

const RUNTIME = fileURLToPath(new URL("./lambda-runtime.js", import.meta.url));
/** The client of the recorded events. */
const CLIENT = "203.0.113.7";

/** A REST API's events are of payload version 1.0, an HTTP API's of 2.0. */
const KINDS = ["rest", "http"] as const;
type Kind = (typeof KINDS)[number];

/** What is to be different from a recorded event. */
interface Change {
  method?: string;
  path?: string;
  query?: string;
  /** `undefined` takes one away. */
  headers?: Record<string, string | undefined>;
  body?: string;
  sourceIp?: string;
}

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  cookies?: string[];
  isBase64Encoded: boolean;
  /** As the client gets it. */
  bytes: Buffer;
  /** Parsed, when it is JSON. */
  body: Json;
}

interface Lambda extends TestProcess {
  /** What the handler makes of any event. */
  invoke(event: unknown): Promise<Json>;
  /** What it answers to a recorded event with these changes. */
  ask(kind: Kind, name: string, change?: Change): Promise<Answer>;
}

const recorded = async (kind: Kind, name: string): Promise<Json> =>
  JSON.parse(await readFile(`test/fixtures/lambda/${kind}-${name}.json`, "utf8"));

/** The event that API Gateway makes of the request when it differs so. */
function differing(kind: Kind, event: Json, change: Change): Json {
  const { requestContext: context } = event;
  const { path, query, body, method, sourceIp } = change;
  const without = new Set(Object.keys(change.headers ?? {}).map((name) => name.toLowerCase()));
  const kept = Object.entries(event.headers).filter(([name]) => !without.has(name.toLowerCase()));
  const given = Object.entries(change.headers ?? {}).filter(([, value]) => value !== undefined);
  event.headers = Object.fromEntries([...kept, ...given]);
  if (body !== undefined) Object.assign(event, { body, isBase64Encoded: false });
  if (kind === "http") {
    if (body !== undefined) event.headers["content-length"] = String(Buffer.byteLength(body));
    Object.assign(context.http, {
      ...(path && { path }),
      ...(method && { method }),
      ...(sourceIp && { sourceIp }),
    });
    if (path !== undefined) event.rawPath = path;
    if (query !== undefined)
      Object.assign(event, { rawQueryString: query, queryStringParameters: joined(query) });
    // they come in a list of their own
    event.cookies = event.headers.cookie?.split("; ");
    delete event.headers.cookie;
    return event;
  }
  event.multiValueHeaders = Object.fromEntries(
    Object.entries(event.headers).map(([name, value]) => [name, [value]]),
  );
  if (path !== undefined) Object.assign(event, { path, pathParameters: { proxy: path.slice(1) } });
  if (path !== undefined) context.path = `/${context.stage}${path}`;
  if (method !== undefined) event.httpMethod = context.httpMethod = method;
  if (sourceIp !== undefined) context.identity.sourceIp = sourceIp;
  if (query !== undefined) {
    event.queryStringParameters = Object.fromEntries(new URLSearchParams(query));
    event.multiValueQueryStringParameters = lists(query);
  }
  return event;
}

function lists(query: string): Record<string, string[]> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name)]));
}

const joined = (query: string) =>
  Object.fromEntries(Object.entries(lists(query)).map(([name, values]) => [name, values.join(",")]));

function answerOf(told: Json): Answer {
  const bytes = Buffer.from(told.body, told.isBase64Encoded ? "base64" : "utf8");
  const isJson = /json/.test(told.headers["content-type"]) && bytes.length > 0;
  return { ...told, bytes, body: isJson ? JSON.parse(bytes.toString()) : undefined };
}

function spawnLambda(t: Test, workplace: Workplace, env: Record<string, string>): TestProcess {
  return spawnProcess(t, workplace, [process.execPath, RUNTIME], env);
}

async function startLambda(t: Test, workplace: Workplace, env: Record<string, string>): Promise<Lambda> {
  const lambda = spawnLambda(t, workplace, env);
  const lines = () => lambda.stdout().split("\n").slice(0, -1);
  await until("the function has started", () => {
    if (lambda.hasExited()) throw new Error(lambda.stderr().slice(-2000));
    return lines().length === 1;
  });
  async function invoke(event: unknown): Promise<Json> {
    const before = lines().length;
    lambda.stdin.write(`${JSON.stringify(event)}\n`);
    const line = await until("an answer", () => {
      if (lambda.hasExited()) throw new Error(lambda.stderr().slice(-2000));
      return lines()[before];
    });
    return JSON.parse(line);
  }
  return {
    ...lambda,
    invoke,
    ask: async (kind, name, change = {}) =>
      answerOf(await invoke(differing(kind, await recorded(kind, name), change))),
  };
}

t.jobs = 2; // the second one sleeps most of the time

t.test("settings that make no sense there are refused in one sentence", async (t) => {
  const workplace = await makeWorkplace(t);
  const redis = { REDIS_URL: "redis://127.0.0.1:1" };
  for (const [env, sentence] of [
    [{}, "REDIS_URL is not set: a Lambda function works on a Redis that processes share"],
    [
      { ...redis, TLS_CERT: "cert.pem", TLS_KEY: "key.pem" },
      "TLS_CERT is set, but before a Lambda function API Gateway has the certificate",
    ],
    [
      { ...redis, LOG_FILE: "abacus.log" },
      "LOG_FILE is set, but the log of a Lambda function goes to CloudWatch",
    ],
    [{ ...redis, PORT: "eighty" }, 'PORT must be integer, but is "eighty"'],
  ] as const) {
    const lambda = spawnLambda(t, workplace, env);
    t.same(await lambda.exited(), { code: 1, signal: null });
    t.match(lambda.stderr(), `ConfigError: ${sentence}\n`);
  }
});

t.test("a Redis that does not answer is told before Lambda gives up", { buffered: true }, async (t) => {
  const lambda = spawnLambda(t, await makeWorkplace(t), { REDIS_URL: "redis://127.0.0.1:1" });
  t.same(await lambda.exited(), { code: 1, signal: null });
  t.match(lambda.stderr(), "Error: REDIS_URL: no answer within 8 s\n");
});

t.test("the same app", { buffered: true }, async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const line = await openLine(t, redis.path);
  const monitor = await redis.connect().monitor();
  t.teardown(() => monitor.disconnect());
  let rounds = 0;
  monitor.on("monitor", (_time: string, [, key]: string[]) => {
    if (key === sweepLockKey) rounds++;
  });
  const [lambda] = await Promise.all([
    startLambda(t, workplace, {
      ...{ REDIS_URL: line.url, SIGNIN_LIMIT: "2", ALLOW_IPS: CLIENT },
      ...{ HOST: "192.0.2.1", SWEEP_INTERVAL: "0.1" }, // where it cannot listen, and would soon tidy
    }),
    startProcess(t, workplace, "worker", { env: { REDIS_URL: redis.path } }),
  ]);

  for (const kind of KINDS) {
    const name = kind === "rest" ? "REST API (1.0)" : "HTTP API (2.0)";
    await t.test(`${name}: JSON, and waiting for what a worker does`, async (t) => {
      const added = await lambda.ask(kind, "post-json");
      t.equal(added.statusCode, 200);
      t.match(added.body, { type: "rnn.add", state: "completed", label: "a,b" });
      t.equal(added.headers["preference-applied"], "wait=20");
      t.equal(added.isBase64Encoded, false);
      for (const hop of ["connection", "keep-alive", "transfer-encoding"])
        t.notOk(hop in added.headers, `${hop} is of a connection, and there is none`);

      // the label has a comma, which payload version 2.0 also puts between repeated parameters
      const list = await lambda.ask(kind, "get");
      t.equal(list.statusCode, 200);
      t.ok(list.body.jobs.some(({ id }: Json) => id === added.body.id));
      t.same((await lambda.ask(kind, "get", { query: "label=a" })).body.jobs, []);

      const head = await lambda.ask(kind, "get", { method: "HEAD" });
      t.equal(head.statusCode, 200);
      t.equal(head.bytes.length, 0);

      const invalid = await lambda.ask(kind, "post-json", { body: '{"a": 5, "b": "7"}' });
      t.equal(invalid.statusCode, 400);
      t.match(invalid.body, { errors: [{ path: "/b" }] });
      const empty = await lambda.ask(kind, "post-json", { body: "" });
      t.equal(empty.statusCode, 400);
    });

    await t.test(`${name}: uploads`, async (t) => {
      const form = await lambda.ask(kind, "post-form");
      t.equal(form.statusCode, 200);
      t.match(form.body, { type: "stats", state: "completed" });
      const path = `/v1/jobs/${form.body.id}/result`;
      const events = await lambda.ask(kind, "get", {
        ...{ path: `/v1/jobs/${form.body.id}/events`, query: "" },
        headers: { accept: "text/event-stream" },
      });
      t.match(
        events.bytes.toString(),
        /^retry: \d+\n\n.*\nevent: completed\n/s,
        "all of it when the job has ended",
      );
      const result = await lambda.ask(kind, "get", { path, query: "" });
      t.match(result.body.columns, [
        { name: "name", top: /^(Åsa|Björn)$/ },
        { name: "height", mean: 2 },
      ]);
      const csv = await lambda.ask(kind, "get", { path, query: "", headers: { accept: "text/csv" } });
      t.equal(csv.isBase64Encoded, false, "a text stands there as it is");
      t.match(csv.bytes.toString(), /height/);

      // options of a raw file in the query: a list of two, one with a comma in it
      const raw = await lambda.ask(kind, "post-form", {
        headers: { "content-type": "text/csv" },
        query: "usecols=num%2C1&usecols=num2",
        body: '"num,1",num2,num3\n1,2,3\n4,5,6\n',
      });
      t.equal(raw.statusCode, 200, JSON.stringify(raw.body));
      const described = await lambda.ask(kind, "get", { path: `/v1/jobs/${raw.body.id}/result`, query: "" });
      t.same(
        described.body.columns.map(({ name }: Json) => name),
        ["num,1", "num2"],
      );

      // what is refused before it is read: nothing of it is waited for, and no line is cut
      const refused = await lambda.ask(kind, "post-form", { headers: { "content-type": "text/html" } });
      t.equal(refused.statusCode, 415);
      const broken = await lambda.ask(kind, "post-form", { body: "--no\r\n" });
      t.equal(broken.statusCode, 400);
    });

    await t.test(`${name}: bytes`, async (t) => {
      const icon = await lambda.ask(kind, "get", { path: "/docs/static/favicon-32x32.png", query: "" });
      t.equal(icon.statusCode, 200);
      t.equal(icon.isBase64Encoded, true);
      t.equal(icon.bytes.toString("latin1", 1, 4), "PNG");
      t.equal(icon.bytes.length, Number(icon.headers["content-length"]));
      const added = await lambda.ask(kind, "post-json");
      const path = `/v1/jobs/${added.body.id}/result`;
      const avro = await lambda.ask(kind, "get", {
        path,
        query: "",
        headers: { accept: "application/avro" },
      });
      t.equal(avro.statusCode, 200);
      t.equal(avro.isBase64Encoded, true);
      const schema = await lambda.ask(kind, "get", { path: "/v1/schemas/rnn.add.avsc", query: "" });
      t.match(JSON.stringify(avsc.Type.forSchema(schema.body).fromBuffer(avro.bytes)), '"predicted":12');
      const page = await lambda.ask(kind, "get", { path: "/docs", query: "" });
      t.equal(page.isBase64Encoded, false);
      t.match(page.bytes.toString(), /<html/);
      t.match(page.headers["content-type"], "text/html");
    });

    await t.test(`${name}: the tutorial's sample producer`, async (t) => {
      for (const method of ["GET", "POST", "PUT"]) {
        const made = await lambda.ask(kind, "get", {
          ...{ method, path: "/sample_producer" },
          query: "N_CLASSES=3",
        });
        t.equal(made.statusCode, 200);
        t.same(Object.keys(made.body), ["vec_0", "vec_1", "target"]);
        t.same(new Set(made.body.target), new Set([0, 1, 2]));
      }
    });

    await t.test(`${name}: who asks`, async (t) => {
      const without = await lambda.ask(kind, "get", { headers: { authorization: undefined } });
      t.equal(without.statusCode, 401);
      t.match(without.headers["www-authenticate"], /^Basic /);
      t.equal((await lambda.ask(kind, "get", { path: "/v1/nothing" })).statusCode, 404);
      const other = await lambda.ask(kind, "get", { method: "DELETE", path: "/v1/rnn/additions", query: "" });
      t.equal(other.statusCode, 405);
      t.match(other.headers.allow, "POST");

      const { requestContext } = await recorded(kind, "get");
      t.equal(without.headers["x-request-id"], requestContext.requestId, "the gateway's id of the request");
      const named = await lambda.ask(kind, "get", { headers: { "X-Request-Id": "mine-1" } });
      t.equal(named.headers["x-request-id"], "mine-1", "the client's own");

      // the client wrote an address before its own
      const headers = { "X-Forwarded-For": `${CLIENT}, 198.51.100.9` };
      const elsewhere = await lambda.ask(kind, "get", { sourceIp: "198.51.100.9", headers });
      t.equal(elsewhere.statusCode, 403);
      t.match(elsewhere.body.detail, "198.51.100.9");
    });

    await t.test(`${name}: sessions`, async (t) => {
      const headers = { authorization: undefined, "content-type": "application/json" };
      const body = JSON.stringify({ account: "admin", password: PASSWORD });
      const signedIn = await lambda.ask(kind, "post-json", { path: "/v1/session", query: "", headers, body });
      t.equal(signedIn.statusCode, 201);
      const [cookie = ""] = kind === "http" ? (signedIn.cookies ?? []) : [signedIn.headers["set-cookie"]];
      t.match(cookie, /^abacus_session=[^;]+; .*Secure/, "API Gateway speaks HTTPS only");
      const brought = { authorization: undefined, cookie: `theme=dark; ${cookie.split(";", 1)}` };
      t.equal((await lambda.ask(kind, "get", { headers: brought })).statusCode, 200);
    });
  }

  await t.test("failed sign-ins are counted by the client's address", async (t) => {
    const authorization = `Basic ${Buffer.from("admin:wrong").toString("base64")}`;
    const statuses = [];
    for (const kind of ["http", "rest", "http"] as const)
      statuses.push((await lambda.ask(kind, "get", { headers: { authorization } })).statusCode);
    t.same(statuses, [401, 401, 429]);
  });

  await t.test("stages", async (t) => {
    const health = async (event: Json) => {
      const { statusCode } = await lambda.invoke(event);
      return statusCode;
    };
    const rest = await recorded("rest", "get");
    const http = await recorded("http", "get");
    const ofHttp = (stage: string, rawPath: string) => ({
      ...http,
      ...{ rawPath, rawQueryString: "", requestContext: { ...http.requestContext, stage } },
    });
    const ofRest = (stage: string, path: string, whole: string) => ({
      ...rest,
      ...{ path, multiValueQueryStringParameters: null, queryStringParameters: null },
      requestContext: { ...rest.requestContext, stage, path: whole },
    });
    t.equal(await health(ofHttp("$default", "/healthz")), 200);
    t.equal(await health(ofHttp("prod", "/prod/healthz")), 200, "2.0 has the stage in the path");
    t.equal(await health(ofHttp("prod", "/production/healthz")), 404);
    t.equal(await health(ofHttp("prod", "/prod")), await health(ofHttp("$default", "/")));
    t.equal(await health(ofHttp("v1", "/v1/v1/session")), 405);
    t.equal(await health(ofRest("prod", "/healthz", "/prod/healthz")), 200, "1.0 of a REST API has not");
    t.equal(await health(ofRest("prod", "/prod/healthz", "/prod/healthz")), 200, "1.0 of an HTTP API has");
    t.equal(await health(ofRest("v1", "/v1/session", "/v1/v1/session")), 405, "it is taken away but once");
    t.equal(await health(ofRest("prod", "/undefined/healthz", "/prod/undefined/healthz")), 404);
    t.equal(await health(ofHttp("$default", "/v1/jobs/100%")), 404, "decoded, too");
    // it has been decoded: this is no query
    t.equal(await health(ofHttp("$default", "/healthz?x")), 404);
  });

  await t.test("the log has each answer, and none of them as lost", async (t) => {
    t.match(lambda.stderr(), /"path":"\/v1\/rnn\/additions".*"status":200/);
    t.notMatch(lambda.stderr(), "went away");
  });

  await t.test("what is no request", async (t) => {
    t.same(await lambda.invoke({ source: "aws.events" }), {
      errorType: "TypeError",
      errorMessage: "this is no event of API Gateway: it has no method",
    });
  });

  await t.test("connections that ended while it was frozen", async (t) => {
    lambda.signal("SIGSTOP");
    line.cut();
    lambda.signal("SIGCONT");
    t.equal((await lambda.ask("http", "post-json")).statusCode, 200);
  });

  await t.test("connections that died without a word", async (t) => {
    line.silence();
    const answer = await lambda.ask("http", "post-json");
    t.equal(answer.statusCode, 200, JSON.stringify(answer.body));
  });

  await t.test("Redis is away", async (t) => {
    line.close();
    const answer = await lambda.ask("rest", "get");
    t.equal(answer.statusCode, 503);
    t.ok(answer.headers["retry-after"]);
  });

  t.notOk(lambda.hasExited(), "nothing that was refused has ended the process afterwards");
  t.equal(rounds, 0, "tidying is for processes whose clock goes on");
});

interface Line {
  readonly url: string;
  /** Ends every connection. */
  cut(): void;
  /** Nothing that is sent over the connections there are arrives any more, and neither side hears of it. */
  silence(): void;
  /** Ends every connection, and there are no more. */
  close(): void;
}

/** A port in front of a Redis. */
async function openLine(t: Test, path: string): Promise<Line> {
  const sockets = new Set<Socket>();
  let silent = new WeakSet<Socket>();
  const server = createServer((from) => {
    const pair: [Socket, Socket] = [from, connect(path)];
    for (const [at, socket] of pair.entries()) {
      const other = pair[1 - at] as Socket;
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (bytes) => silent.has(socket) || other.write(bytes));
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    server.close();
    cut();
  };
  t.teardown(close);
  const silence = () => {
    silent = new WeakSet(sockets);
  };
  return { url: `redis://127.0.0.1:${port}`, cut, silence, close };
}
