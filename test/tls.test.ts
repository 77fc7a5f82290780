// HTTPS: by settings and by --ssl, with certificates that are renewed while it runs, or that are of no use.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { type Agent, Agent as HttpsAgent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { pino } from "pino";
import t, { type Test } from "tap";
import { openCertificate } from "../src/http/tls.js";
import { makeCertificate, NO_OPENSSL } from "./certificate.js";
import { runToEnd, spawnMain } from "./processes.js";
import { startRedis } from "./redis-server.js";
import { AUTHORIZATION } from "./service.js";
import { until } from "./until.js";
import { makeWorkplace, type Workplace } from "./workplace.js";

const options = { skip: NO_OPENSSL };

async function start(
  t: Test,
  args: string[],
  env: Record<string, string>,
  files = ["cert.pem", "privkey.pem"],
) {
  const redis = await startRedis(t, { appendonly: true });
  const workplace = await makeWorkplace(t);
  const [cert, key] = files.map((name) => join(workplace.folder, name)) as [string, string];
  makeCertificate(cert, key);
  const service = spawnMain(t, workplace, args, { REDIS_URL: redis.path, ...env });
  const url = await until("it listens", () => /listens on (\S+).*^API:/ms.exec(service.stdout())?.[1]);
  return { workplace, service, url, cert, key };
}

interface Reply {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function ask(
  url: string,
  { ca, agent, body }: { ca?: Buffer; agent?: Agent; body?: string },
): Promise<Reply> {
  const headers = { authorization: AUTHORIZATION, "content-type": "application/json", prefer: "wait=30" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body ? "POST" : "GET", ca, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject).end(body);
  });
}

/** The certificate that a new connection is shown. */
function shown(url: string): Promise<PeerCertificate> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

const lastLine = (service: { stderr(): string }, text: string) =>
  until(text, () => service.stderr().includes(text));

t.test("--ssl takes cert.pem and privkey.pem of the working folder", options, async (t) => {
  const { url, cert, service } = await start(t, ["--ssl"], {});
  t.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  t.match(service.stdout(), new RegExp(`curl --cacert cert\\.pem -u admin .*'{"a": 5, "b": 7}' ${url}/v1/`));
  const reply = await ask(`${url}/v1/rnn/additions`, { ca: readFileSync(cert), body: '{"a": 5, "b": 7}' });
  t.equal(reply.status, 200);
  t.match(JSON.parse(reply.body), { state: "completed", result: { sum: 12 } });
  t.equal(reply.headers["strict-transport-security"], "max-age=31536000");
  await t.rejects(ask(`${url}/healthz`, {}), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  await t.rejects(fetch(`${url.replace("https:", "http:")}/healthz`), "nothing is answered without TLS");
});

t.test("TLS_CERT and TLS_KEY, read anew on SIGHUP", options, async (t) => {
  const names = ["one.crt", "one.key"];
  const env = { TLS_CERT: names[0]!, TLS_KEY: names[1]!, LOG_LEVEL: "info" };
  const { service, url, cert, key, workplace } = await start(t, ["api"], env, names);
  const before = await shown(url);
  const agent = new HttpsAgent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ca = readFileSync(cert);
  t.equal((await ask(`${url}/healthz`, { agent, ca })).status, 200);

  makeCertificate(cert, key);
  service.signal("SIGHUP");
  await lastLine(service, "the certificate was read anew");
  const renewed = await shown(url);
  t.not(renewed.fingerprint256, before.fingerprint256);
  t.equal((await ask(`${url}/healthz`, { ca: readFileSync(cert) })).status, 200);
  t.equal((await ask(`${url}/healthz`, { agent, ca })).status, 200, "an open connection goes on");

  makeCertificate(join(workplace.folder, "two.crt"), join(workplace.folder, "two.key"));
  copyFileSync(join(workplace.folder, "two.key"), key);
  service.signal("SIGHUP");
  await lastLine(service, "the certificate was not read anew");
  t.match(service.stderr(), /TLS_CERT and TLS_KEY must be a certificate and its private key/);
  t.equal((await shown(url)).fingerprint256, renewed.fingerprint256, "what is of no use changes nothing");
  t.notMatch(service.stderr(), /PRIVATE KEY-----/);
});

t.test(
  "a name with several addresses has a server for each, and all show the renewed one",
  options,
  async (t) => {
    const { folder } = await makeWorkplace(t);
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    makeCertificate(cert, key);
    const certificate = openCertificate({ TLS_CERT: cert, TLS_KEY: key });
    const servers = [1, 2].map(() => certificate!.createServer({}, (_request, response) => response.end()));
    for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
    t.teardown(() => servers.forEach((server) => void server.close()));
    const all = () =>
      Promise.all(
        servers.map(async (server) => {
          const { port } = server.address() as AddressInfo;
          return (await shown(`https://127.0.0.1:${port}`)).fingerprint256;
        }),
      );
    const before = new X509Certificate(readFileSync(cert)).fingerprint256;
    t.strictSame(await all(), [before, before]);
    makeCertificate(cert, key);
    certificate!.renew(pino({ level: "silent" }));
    const after = new X509Certificate(readFileSync(cert)).fingerprint256;
    t.not(after, before);
    t.strictSame(await all(), [after, after]);
  },
);

t.test("without a certificate SIGHUP ends nothing", async (t) => {
  const redis = await startRedis(t);
  const service = spawnMain(t, await makeWorkplace(t), ["worker"], {
    REDIS_URL: redis.path,
    LOG_LEVEL: "info",
  });
  await until("it takes jobs", () => service.stdout().includes("takes jobs"));
  service.signal("SIGHUP");
  t.same(await service.end("SIGTERM"), { code: 0, signal: null });
});

async function refusal(
  t: Test,
  workplace: Workplace,
  args: string[],
  env: Record<string, string>,
): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(t, workplace, args, {
    env: { LOG_LEVEL: "error", ...env },
  });
  t.same({ code, stdout }, { code: 1, stdout: "" });
  t.equal(stderr.trim().split("\n").length, 1, stderr);
  return stderr;
}

t.test("a certificate that is of no use stops the start", options, async (t) => {
  const redis = await startRedis(t);
  const workplace = await makeWorkplace(t);
  const env = { REDIS_URL: redis.path };
  const inFolder = (name: string) => join(workplace.folder, name);
  t.match(await refusal(t, workplace, ["--ssl"], env), /^abacus: TLS_CERT cannot be read: ENOENT.*cert\.pem/);
  makeCertificate(inFolder("cert.pem"), inFolder("privkey.pem"));
  makeCertificate(inFolder("other.pem"), inFolder("other.key"));
  t.match(
    await refusal(t, workplace, ["api"], { ...env, TLS_CERT: "cert.pem", TLS_KEY: "other.key" }),
    /^abacus: TLS_CERT and TLS_KEY must be a certificate and its private key in PEM: .*mismatch/,
  );
  writeFileSync(inFolder("privkey.pem"), "no key\n");
  t.match(await refusal(t, workplace, ["--ssl"], env), /^abacus: TLS_CERT and TLS_KEY must be a certificate/);
  t.match(
    await refusal(t, workplace, ["serve"], { ...env, TLS_CERT: "cert.pem" }),
    /^abacus: TLS_KEY must be set too, because TLS_CERT is\n$/,
  );
});
