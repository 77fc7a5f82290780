// docker/nginx.conf in a real nginx before real processes, over TLS: each api has an address of its own, as
// containers do.
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { startProcess } from "../processes.js";
import { startRedis } from "../redis-server.js";
import { AUTHORIZATION, type Json } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { startNameServer } from "./name-server.js";
import { findPort, reasonToSkip, startNginx } from "./nginx.js";

const FIRST = "127.0.0.2";
const SECOND = "127.0.0.3";
const MIB = 1024 * 1024;
const JSON_TYPE = { "content-type": "application/json" };
const ORDERLY = { code: 0, signal: null };

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Json;
}

async function replyOf(response: IncomingMessage): Promise<Reply> {
  const body = await text(response);
  return { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(body) };
}

/** Two apis, a worker and nginx before them. */
async function startAll(t: Test) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const port = await findPort([FIRST, SECOND]);
  const startApi = (HOST: string) => {
    // nginx's address is 127.0.0.1 to them
    const addresses = { HOST, PORT: String(port), TRUST_PROXY: "127.0.0.1", ALLOW_IPS: "127.0.0.1" };
    const env = { ...addresses, REDIS_URL: redis.path };
    return startProcess(t, workplace, "api", { env, fixtures: true });
  };
  const startWorker = () =>
    startProcess(t, workplace, "worker", { env: { REDIS_URL: redis.path }, fixtures: true });
  const apis = await Promise.all([startApi(FIRST), startApi(SECOND), startWorker()]);
  const names = await startNameServer(t, "api");
  names.addresses = [FIRST, SECOND];
  const nginx = await startNginx(t, workplace, { nameServer: names.port, apiPort: port });

  /** Begins a request as admin; whoever calls it ends it. */
  function begin(path: string, { headers, ...options }: RequestOptions = {}) {
    const all = { authorization: AUTHORIZATION, ...(headers as IncomingHttpHeaders) };
    return request(nginx.url + path, { ca: nginx.ca, ...options, headers: all });
  }
  async function send(path: string, options: RequestOptions = {}, body?: string | Buffer): Promise<Reply> {
    const sent = begin(path, { method: body === undefined ? "GET" : "POST", ...options });
    const answered = once(sent, "response");
    sent.end(body);
    const [response] = await answered;
    return replyOf(response);
  }
  const add = (options: RequestOptions = {}) =>
    send("/v1/rnn/additions", { ...options, headers: { ...JSON_TYPE, ...options.headers } }, '{"a":5,"b":7}');
  return { workplace, startApi, apis, names, nginx, begin, send, add };
}

t.test("nginx before two apis", { skip: reasonToSkip() }, async (t) => {
  const all = await startAll(t);
  const { workplace, names, nginx, begin, send, add } = all;
  let [first, second] = all.apis;
  t.equal(nginx.log(), "", "nothing in the file is doubtful to it");

  t.test("both are asked, and one that joins is found without a reload", async (t) => {
    names.addresses = [FIRST];
    await until("the second is forgotten", async () => {
      const asked = await Promise.all(Array.from({ length: 8 }, () => send("/v1/jobs")));
      t.ok(asked.every(({ status }) => status === 200));
      return nginx
        .requests()
        .slice(-8)
        .every(({ api }) => api.startsWith(`${FIRST}:`));
    });
    names.addresses = [FIRST, SECOND];
    await until("the second is found", async () => {
      t.equal((await send("/v1/jobs")).status, 200);
      return nginx.requests().at(-1)?.api.startsWith(`${SECOND}:`);
    });
  });

  t.test("a submission and a wait", async (t) => {
    t.match(await add({ headers: { prefer: "wait=30" } }), {
      status: 200,
      body: { state: "completed", result: { sum: 12 } },
    });
    const wait = { headers: { ...JSON_TYPE, prefer: "wait=60" } };
    t.match(await send("/v1/test/grind", wait, '{"seconds": 1, "value": "done"}'), {
      status: 200,
      headers: { "preference-applied": "wait=60" },
      body: { state: "completed", result: "done" },
    });
  });

  t.test("events pass as they come, for as long as the job runs", async (t) => {
    const { body } = await send("/v1/test/grind", { headers: JSON_TYPE, method: "POST" }, "{}");
    const asked = begin(`/v1/jobs/${body.id}/events`).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    let events = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      events += part;
    });
    await until("progress is told", () => events.includes("event: progress\n"));
    t.notOk(response.readableEnded);
    const ended = once(response, "end");
    await send(`/v1/jobs/${body.id}/cancel`, { method: "POST" });
    await ended;
    t.match(events, /event: canceled\ndata: .*\n\n$/);
  });

  t.test("an upload of 20 MB reaches the disk while it is being sent", async (t) => {
    const boundary = "----abacus";
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nx,y\n`;
    const rows = Buffer.from("1234567,7654321\n".repeat((10 * MIB) / 16));
    const tail = `\r\n--${boundary}\r\ncontent-disposition: form-data; name="badRows"\r\n\r\nskip\r\n--${boundary}--\r\n`;
    const upload = begin("/v1/stats", {
      method: "POST",
      headers: { "content-type": `multipart/form-data; boundary=${boundary}`, prefer: "wait=60" },
    });
    const answered = once(upload, "response");
    upload.write(head);
    upload.write(rows);
    const folder = join(workplace.dataDir, "uploads");
    await until("its first half is there", () => {
      const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      return sizes.some((size) => size >= rows.length - MIB);
    });
    upload.write(rows);
    upload.end(tail);
    const [response] = await answered;
    t.match(await replyOf(response), {
      status: 200,
      body: { state: "completed", result: { rows: (20 * MIB) / 16 } },
    });
  });

  t.test("an upload that is refused before it has ended: the refusal arrives", async (t) => {
    for (const [status, headers] of [
      [401, { authorization: "Basic d3Jvbmc6d3Jvbmc=" }],
      [413, { "content-length": String(2 ** 50) }],
    ] as const) {
      const upload = begin("/v1/stats", {
        method: "POST",
        headers: { "content-type": "text/csv", expect: "100-continue", ...headers },
      });
      upload.on("error", () => {}); // the connection ends while there would be more to send
      upload.write(Buffer.alloc(5 * MIB, "1\n"));
      const [response] = await once(upload, "response");
      t.match(await replyOf(response), {
        status,
        headers: { "content-type": /^application\/problem\+json/ },
        body: { status },
      });
      upload.destroy();
    }
  });

  t.test("the service knows who asks, whatever a client says of itself", async (t) => {
    for (const headers of [{}, { "x-forwarded-for": "127.0.0.1" }, { forwarded: "for=127.0.0.1" }])
      t.match(await send("/v1/jobs", { localAddress: "127.0.0.9", headers }), {
        status: 403,
        body: { detail: /requests from 127\.0\.0\.9 are not allowed/ },
      });
    t.match(await add({ headers: { origin: nginx.url } }), { status: 202 }, "its own page, by host and port");
    const foreign = { origin: "http://foreign.example", "x-forwarded-host": "foreign.example" };
    t.match(await add({ headers: foreign }), {
      status: 403,
      body: { type: "urn:abacus:problem:cross-site" },
    });
  });

  t.test("a request's id is the same for the client, in nginx's log and in the service's", async (t) => {
    const { headers } = await send("/v1/jobs");
    const own = await send("/v1/jobs", { headers: { "x-request-id": "my-own-id" } });
    t.equal(own.headers["x-request-id"], "my-own-id");
    for (const id of [headers["x-request-id"], "my-own-id"]) {
      await until("nginx has logged it", () =>
        nginx.requests().some(({ reqId, status }) => reqId === id && status === 200),
      );
      await until("the service has logged it", () =>
        [first, second].some((api) => api.stderr().includes(`"reqId":"${id}"`)),
      );
    }
  });

  t.test("one is stopped: the other answers", async (t) => {
    t.same(await first.end("SIGTERM"), ORDERLY);
    for (let i = 0; i < 10; i++) {
      t.equal((await send("/v1/jobs")).status, 200);
      t.equal((await add()).status, 202, "what has not been sent to the first goes to the second");
    }
    await until("it is known that the first was tried", () =>
      nginx.requests().some(({ api }) => api.includes(FIRST) && api.includes(SECOND)),
    );
  });

  t.test("both are stopped: a problem document says when to come back", async (t) => {
    t.same(await second.end("SIGTERM"), ORDERLY);
    const unavailable = (reply: Reply, detail: RegExp) =>
      t.match(reply, {
        status: 503,
        headers: {
          "content-type": "application/problem+json; charset=utf-8",
          "retry-after": /^\d+$/,
          "cache-control": "no-store",
          "x-request-id": "while-away",
        },
        body: {
          type: "urn:abacus:problem:unavailable",
          title: "Not available now",
          status: 503,
          detail,
        },
      });
    const headers = { "x-request-id": "while-away" };
    unavailable(await send("/v1/jobs", { headers }), /cannot be reached now; nothing was accepted/);
    unavailable(await add({ headers }), /cannot be reached now; nothing was accepted/);
    names.addresses = [];
    await until("their names are gone", async () => {
      unavailable(await add({ headers }), /cannot be reached now; nothing was accepted/);
      return nginx.requests().at(-1)?.api === "";
    });
    names.addresses = [FIRST, SECOND];
    [first, second] = await Promise.all([all.startApi(FIRST), all.startApi(SECOND)]);
    await until("they are back", async () => (await send("/v1/jobs")).status === 200);
  });

  t.test(
    "one is killed with a submission in hand: it is not sent again, and the answer says so",
    async (t) => {
      const sent = send(
        "/v1/test/spin",
        { headers: { ...JSON_TYPE, prefer: "wait=60" } },
        '{"seconds": 600}',
      );
      const [job] = await until("it is accepted", async () => {
        const { jobs } = (await send("/v1/jobs?state=active&type=test.spin")).body;
        return jobs.length > 0 && jobs;
      });
      await Promise.all([first, second].map((api) => api.end("SIGKILL")));
      t.match(await sent, { status: 503, body: { detail: /may have been accepted: look before/ } });
      [first, second] = await Promise.all([all.startApi(FIRST), all.startApi(SECOND)]);
      const { jobs } = (await send("/v1/jobs?type=test.spin")).body;
      t.match(jobs, [{ id: job.id }]);
      t.equal(jobs.length, 1, "there is one of it");
      t.equal((await send(`/v1/jobs/${job.id}/cancel`, { method: "POST" })).status, 202);
    },
  );

  t.test("a rolling restart: every request is answered, every accepted job ends", async (t) => {
    const agent = new Agent({ keepAlive: true, ca: nginx.ca });
    t.teardown(() => agent.destroy());
    const accepted: string[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    async function work(): Promise<void> {
      while (!isOver) {
        const submitted = await add({ agent }).catch((error: Error) => error);
        if (submitted instanceof Error || submitted.status !== 202) failures.push(submitted);
        else {
          accepted.push(submitted.body.id);
          const looked = await send(`/v1/jobs/${submitted.body.id}`, { agent }).catch(
            (error: Error) => error,
          );
          if (looked instanceof Error || looked.status !== 200) failures.push(looked);
        }
        await sleep(20); // the machine has other tests to run
      }
    }
    const clients = Array.from({ length: 4 }, work);
    try {
      t.same(await first.end("SIGTERM"), ORDERLY);
      first = await all.startApi(FIRST);
      t.same(await second.end("SIGTERM"), ORDERLY);
      second = await all.startApi(SECOND);
      const before = accepted.length;
      await until("both work again", () => accepted.length > before + 10);
    } finally {
      isOver = true;
    }
    await Promise.all(clients);
    t.strictSame(failures, []);
    t.ok(accepted.length > 20, `${accepted.length} were accepted`);
    for (const id of accepted)
      t.match(await send(`/v1/jobs/${id}`, { agent, headers: { prefer: "wait=60" } }), {
        status: 200,
        body: { state: "completed", result: { sum: 12 } },
      });
  });
});
