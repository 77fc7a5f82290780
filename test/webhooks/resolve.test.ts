// Names are resolved by asking name servers, and never for longer than that may take.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import t from "tap";
import { resolver } from "../../src/webhooks/resolve.js";
import { startNameServer } from "../docker/name-server.js";

t.test("all addresses of a name, as they are at the moment", async (t) => {
  const server = await startNameServer(t, "hooks.example");
  const resolve = resolver({ servers: [`127.0.0.1:${server.port}`] });
  server.addresses = ["93.184.216.34", "10.0.0.1"];
  t.same(await resolve("hooks.example"), [
    { address: "93.184.216.34", family: 4 },
    { address: "10.0.0.1", family: 4 },
  ]);
  server.addresses = ["10.0.0.2"];
  t.same(await resolve("hooks.example"), [{ address: "10.0.0.2", family: 4 }], "nothing is remembered");
  await t.rejects(resolve("other.example"), { code: "ENOTFOUND" });
});

t.test("a name server that is silent", async (t) => {
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  t.teardown(() => silent.close());
  const resolve = resolver({ servers: [`127.0.0.1:${silent.address().port}`], timeout: 300 });
  const began = Date.now();
  // more at once than there are threads for what the system resolves itself
  const names = Array.from({ length: 50 }, (_, i) => `${i}.example`);
  const answers = await Promise.allSettled(names.map(resolve));
  t.ok(answers.every(({ status }) => status === "rejected"));
  const took = Date.now() - began;
  t.ok(took < 10_000, `they were given up after ${took} ms`);
});
