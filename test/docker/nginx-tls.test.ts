// What docker/nginx.conf does at the door: TLS, HTTP/2, the plain port, proxies in front, time-outs, certificates
// that are renewed.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import t, { type Test } from "tap";
import { startProcess } from "../processes.js";
import { AUTHORIZATION, PASSWORD } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { connectHttp2, http2Reply } from "./http2-client.js";
import { startNameServer } from "./name-server.js";
import { findPort, reasonToSkip, startNginx } from "./nginx.js";

const HOST = "127.0.0.2";
/** A load balancer, as nginx sees it. */
const BALANCER = "127.0.0.9";
const MIB = 1024 * 1024;
const JSON_TYPE = { "content-type": "application/json" };
const ADDITION = '{"a":5,"b":7}';

async function startAll(t: Test) {
  const workplace = await makeWorkplace(t);
  const apiPort = await findPort([HOST]);
  const addresses = { HOST, PORT: String(apiPort), TRUST_PROXY: "127.0.0.1" };
  const env = { ...addresses, ALLOW_IPS: "127.0.0.1,10.0.0.0/24" };
  await startProcess(t, workplace, "serve", { env, fixtures: true });
  const names = await startNameServer(t, "api");
  names.addresses = [HOST];
  const start = (site: string, changes: [string, string][] = []) =>
    startNginx(t, workplace, { nameServer: names.port, apiPort, site, changes });
  const nginx = await start(`set_real_ip_from ${BALANCER};`);

  interface Plain {
    headers?: Record<string, string>;
    localAddress?: string;
    body?: string;
  }
  /** Over the plain port. */
  async function sendPlain(path: string, { headers, localAddress, body }: Plain = {}) {
    const sent = plainRequest(nginx.plainUrl + path, {
      method: body === undefined ? "GET" : "POST",
      localAddress,
      headers: { authorization: AUTHORIZATION, ...headers },
    });
    const answered = once(sent, "response");
    sent.end(body);
    const [response] = (await answered) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }

  /** A TLS connection that is made, or refused. */
  async function handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ port: Number(new URL(nginx.url).port), ca: nginx.ca, ...options });
    t.teardown(() => socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  }
  return { workplace, nginx, start, sendPlain, handshake };
}

/** Whether something arrived that is at least as long. */
const hasUpload = (dataDir: string, bytes: number) =>
  readdirSync(join(dataDir, "uploads")).some(
    (name) => statSync(join(dataDir, "uploads", name)).size >= bytes,
  );

t.test("nginx at the door", { skip: reasonToSkip() }, async (t) => {
  const all = await startAll(t);
  const { workplace, nginx, start, sendPlain, handshake } = all;
  t.equal(nginx.log(), "", "nothing in the file is doubtful to it");

  t.test("the handshake", async (t) => {
    const offered = { ALPNProtocols: ["h2", "http/1.1"] };
    t.equal((await handshake(offered)).alpnProtocol, "h2");
    t.equal((await handshake(offered)).getProtocol(), "TLSv1.3");
    t.equal((await handshake({ ALPNProtocols: ["http/1.1"] })).alpnProtocol, "http/1.1");
    const old: ConnectionOptions = { maxVersion: "TLSv1.2" };
    const first = await handshake(old);
    t.match(first.getCipher(), { version: "TLSv1.2", standardName: /^TLS_ECDHE_.*(GCM|POLY1305)/ });
    t.notOk(first.isSessionReused());
    t.ok((await handshake({ ...old, session: first.getSession() })).isSessionReused(), "a session goes on");
    await t.rejects(
      handshake({ ...old, ciphers: "ECDHE-ECDSA-AES128-SHA256" }),
      { code: /HANDSHAKE_FAILURE/ },
      "a cipher suite without authenticated encryption",
    );
  });

  t.test("over HTTP/2: submit, wait, poll, read", async (t) => {
    const { send } = await connectHttp2(t, nginx.url, nginx.ca);
    const submitted = await send("/v1/rnn/additions", { ...JSON_TYPE, prefer: "wait=60" }, ADDITION);
    t.match(submitted, {
      status: 200,
      headers: { "strict-transport-security": "max-age=31536000", "preference-applied": "wait=60" },
      body: { state: "completed", result: { sum: 12 } },
    });
    const path = `/v1/jobs/${submitted.body.id}`;
    t.match(await send(path), { status: 200, body: { state: "completed" } });
    t.match(await send(`${path}/result`), { status: 200, body: { sum: 12 } });
    t.match(await send("/v1/jobs?limit=0"), { status: 422, body: { status: 422 } }, "a problem, too");
    const stranger = await send("/v1/jobs", { authorization: "Basic d3Jvbmc6d3Jvbmc=" });
    t.match(stranger, { status: 401, headers: { "www-authenticate": /^Basic/ } });
  });

  t.test("over HTTP/2: an upload reaches the disk while it is being sent", async (t) => {
    const { begin } = await connectHttp2(t, nginx.url, nginx.ca);
    const upload = begin("/v1/stats", { ":method": "POST", "content-type": "text/csv", prefer: "wait=60" });
    const answered = http2Reply(upload);
    const rows = Buffer.from("1234567,7654321\n".repeat((10 * MIB) / 16));
    upload.write("x,y\n");
    upload.write(rows);
    await until("its first half is there", () => hasUpload(workplace.dataDir, rows.length - MIB));
    upload.end(rows);
    const rowCount = (20 * MIB) / 16;
    t.match(await answered, { status: 200, body: { state: "completed", result: { rows: rowCount } } });

    const refused = begin("/v1/stats", { ":method": "POST", "content-type": "text/csv", authorization: "" });
    const refusal = http2Reply(refused);
    refused.write(rows);
    t.match(await refusal, { status: 401, body: { status: 401 } }, "a refusal arrives before its end");
    refused.destroy();
  });

  t.test("over HTTP/2: events as they come, beside other requests", async (t) => {
    const { begin, send } = await connectHttp2(t, nginx.url, nginx.ca);
    const { body: job } = await send("/v1/test/grind", JSON_TYPE, "{}");
    const stream = begin(`/v1/jobs/${job.id}/events`).setEncoding("utf8");
    stream.end();
    const ended = once(stream, "end");
    let events = "";
    stream.on("data", (part: string) => {
      events += part;
    });
    await until("progress is told", () => events.includes("event: progress\n"));
    t.equal((await send(`/v1/jobs/${job.id}/cancel`, {}, "")).status, 202);
    await ended;
    t.match(events, /event: canceled\ndata: .*\n\n$/);
  });

  t.test("the plain port leads to the other, and answers probes", async (t) => {
    const { hostname } = new URL(nginx.url);
    const moved = { status: 308, headers: { location: `https://${hostname}/v1/jobs?limit=1` } };
    t.match(await sendPlain("/v1/jobs?limit=1"), moved);
    t.match(await sendPlain("/v1/jobs?limit=1", { body: ADDITION, headers: JSON_TYPE }), moved);
    t.match(await sendPlain("/v1/jobs?limit=1", { headers: { "x-forwarded-proto": "https" } }), moved);
    t.equal((await sendPlain("/readyz/")).status, 308, "nothing but the probes");
    for (const path of ["/healthz", "/readyz"]) {
      const { status, headers } = await sendPlain(path);
      t.equal(status, 200, path);
      t.notOk(headers["strict-transport-security"], "which has no meaning there");
    }
  });

  t.test("signing in: the service knows that it is HTTPS, and its own page", async (t) => {
    const { send } = await connectHttp2(t, nginx.url, nginx.ca);
    const signIn = (headers: Record<string, string>) =>
      send(
        "/v1/session",
        { ...JSON_TYPE, authorization: "", ...headers },
        JSON.stringify({ account: "admin", password: PASSWORD }),
      );
    const own = { origin: nginx.url, "sec-fetch-site": "same-origin" };
    const { status, headers } = await signIn(own);
    t.equal(status, 201);
    const [cookie = ""] = headers["set-cookie"] ?? [];
    t.match(cookie, /^abacus_session=.*; HttpOnly; Secure; SameSite=Strict/);
    const session = { ...own, ...JSON_TYPE, authorization: "", cookie: cookie.split(";")[0] as string };
    const submitted = await send("/v1/rnn/additions", session, ADDITION);
    t.equal(submitted.status, 202);
    t.equal(submitted.headers.location, `/v1/jobs/${submitted.body.id}`);
    t.match(await signIn({ origin: "https://foreign.example" }), {
      status: 403,
      body: { type: "urn:abacus:problem:cross-site" },
    });
  });

  t.test("a load balancer that ends TLS is believed, if the site names it", async (t) => {
    const client = { "x-forwarded-for": "1.2.3.4, 10.0.0.7", "x-forwarded-proto": "https" };
    const through = (headers: Record<string, string>, path = "/v1/jobs") =>
      sendPlain(path, { headers, localAddress: BALANCER });
    const seen = await through({ ...client, "x-request-id": "balanced" });
    t.match(seen, { status: 200, headers: { "strict-transport-security": /./ } });
    await until("nginx has logged the client's address", () =>
      nginx.requests().some(({ reqId, address }) => reqId === "balanced" && address === "10.0.0.7"),
    );
    const stranger = await through({ ...client, "x-forwarded-for": "10.0.0.7, 1.2.3.4" });
    t.equal(stranger.status, 403);
    t.match(
      stranger.body,
      /requests from 1\.2\.3\.4 are not allowed/,
      "what the client added is not believed",
    );
    const password = JSON.stringify({ account: "admin", password: PASSWORD });
    const headers = { ...client, ...JSON_TYPE, authorization: "" };
    const signedIn = await sendPlain("/v1/session", { headers, localAddress: BALANCER, body: password });
    t.match(signedIn.headers["set-cookie"], [/; Secure/]);
    t.equal((await through({ ...client, "x-forwarded-proto": "http" })).status, 308, "its own plain port");
    t.equal((await through({ ...client, "x-forwarded-proto": "http" }, "/readyz")).status, 200);
    const other = await sendPlain("/v1/jobs", { headers: client, localAddress: "127.0.0.8" });
    t.equal(other.status, 308, "nobody else is");
  });

  t.test("a silent answer is given up, silent events are not", async (t) => {
    const SECONDS = 1;
    const hasty = await start("", [["proxy_read_timeout 75s;", `proxy_read_timeout ${SECONDS}s;`]]);
    const { send } = await connectHttp2(t, nginx.url, nginx.ca);
    const hurried = await connectHttp2(t, hasty.url, hasty.ca);
    const { body: job } = await send("/v1/test/echo?delay=600", JSON_TYPE, "{}");
    const stream = hurried.begin(`/v1/jobs/${job.id}/events`).setEncoding("utf8");
    stream.end();
    await once(stream, "response");
    const began = Date.now();
    const wait = { ...JSON_TYPE, prefer: "wait=60" };
    t.match(await hurried.send("/v1/test/grind", wait, '{"seconds": 3}'), {
      status: 503,
      body: { detail: /may have been accepted/ },
    });
    t.ok(Date.now() - began >= SECONDS * 1000);
    await sleep(Math.max(0, began + 3 * SECONDS * 1000 - Date.now()));
    t.notOk(stream.closed || stream.readableEnded, "the events go on");
    t.equal((await send(`/v1/jobs/${job.id}/cancel`, {}, "")).status, 202);
    let events = "";
    for await (const part of stream) events += part;
    t.match(events, /event: canceled\n/);
  });

  t.test("without a certificate it does not start, and says why", async (t) => {
    const elsewhere: [string, string] = ["fullchain.pem;", "missing.pem;"];
    await t.rejects(start("", [elsewhere]), { message: /cannot load certificate ".*missing\.pem"/ });
  });

  t.test("HTTP/1.1 over TLS", async (t) => {
    const sent = request(`${nginx.url}/healthz`, { ca: nginx.ca }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    t.match(response, { statusCode: 200, httpVersion: "1.1" });
    t.equal(response.headers["strict-transport-security"], "max-age=31536000");
    response.resume();
  });

  t.test("a renewed certificate: new connections get it, and none is lost", async (t) => {
    const { send } = await connectHttp2(t, nginx.url, nginx.ca);
    const waiting = send(
      "/v1/test/grind",
      { ...JSON_TYPE, prefer: "wait=60" },
      '{"seconds": 1, "value": "done"}',
    );
    t.equal((await send("/v1/jobs")).status, 200, "what came before it on the line has been passed on");
    const renewed = new X509Certificate(nginx.renewCertificate()).fingerprint256;
    await until("it is shown", async () => {
      const socket = await handshake({ rejectUnauthorized: false });
      return socket.getPeerCertificate().fingerprint256 === renewed;
    });
    t.match(await waiting, { status: 200, body: { result: "done" } });
  });
});
