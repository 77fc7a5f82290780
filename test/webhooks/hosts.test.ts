// Where deliveries go: to the addresses that were checked at that moment, with TLS to the host that was named.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createWebhookTargets } from "../../src/webhooks/targets.js";
import { makeCertificate, NO_OPENSSL } from "../certificate.js";
import { startRedis } from "../redis-server.js";
import { startDelivering } from "./delivering.js";
import { answer, startReceiver } from "./receiver.js";

const server = await startRedis(t);

/** A name server that answers each question with the next of these, and the last from then on. */
function namedIn(turns: string[][]) {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    const addresses = turns[Math.min(asked.push(host), turns.length) - 1]!;
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }) as const);
  };
  return { asked, resolve };
}

t.test("a name that leads elsewhere at a later attempt", async (t) => {
  const receiver = await startReceiver(t, [answer(500)]);
  // 127.0.0.1 stands for a public address, 127.0.0.2 for one that is not: the receiver would answer on both
  const { asked, resolve } = namedIn([["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "::1"]]);
  const targets = createWebhookTargets({ allow: ["127.0.0.1"], resolve });
  const { end, settled } = await startDelivering(t, server, { targets });
  const webhook = `https://hooks.example:${receiver.port}/`;
  t.equal(await targets.check(webhook), undefined);
  const { state, attempts } = await settled(await end({ webhook }));
  t.equal(state, "failed");
  t.match(attempts[0], { status: null, error: "no TLS connection could be made" }, "it was called");
  for (const { error } of attempts.slice(1)) t.match(error, /hooks\.example, whose address is not public/);
  t.same(asked, Array(5).fill("hooks.example"), "asked for each attempt");
  t.equal(receiver.received.length, 0);
});

t.test("the address that was checked is the one connected to", async (t) => {
  const receiver = await startReceiver(t);
  const { asked, resolve } = namedIn([["127.0.0.1"], ["10.0.0.1"]]);
  const targets = createWebhookTargets({ allow: ["hooks.example"], resolveAllowed: resolve });
  const { end, settled } = await startDelivering(t, server, { targets, delays: [] });
  const id = await end({ webhook: `http://hooks.example.:${receiver.port}/` });
  t.match(await settled(id), { state: "delivered" }, "no other resolution took place");
  t.same(asked, ["hooks.example"]);
  t.equal(receiver.received[0]!.headers.host, `hooks.example.:${receiver.port}`);
});

t.test("TLS", { skip: NO_OPENSSL }, async (t) => {
  const folder = t.testdir();
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  makeCertificate(certFile, keyFile); // for localhost and 127.0.0.1
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  const receiver = await startReceiver(t, [answer(204)], { cert, key });
  const resolve = async () => [{ address: "127.0.0.1", family: 4 } as const];
  const targets = createWebhookTargets({ allow: ["127.0.0.1"], resolve });
  const calls: [ca: Buffer | undefined, host: string, error: string | null][] = [
    [cert, "127.0.0.1", null],
    [cert, "localhost", null],
    [cert, "localhost.", null],
    [cert, "other.example", "the certificate is another host's"],
    [undefined, "127.0.0.1", "the certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)"],
  ];
  for (const [ca, host, error] of calls) {
    const options = { targets, delays: [], ...(ca && { ca }) };
    const { end, settled, deliverer } = await startDelivering(t, server, options);
    const { attempts } = await settled(await end({ webhook: `https://${host}:${receiver.port}/` }));
    t.match(attempts, [{ status: error === null ? 204 : null, error }], host);
    await deliverer?.stop(0);
  }
  t.equal(receiver.received.length, 3);
});
