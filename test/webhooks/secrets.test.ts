// The secrets that deliveries are signed with.
import t from "tap";
import { createWebhookSecrets } from "../../src/webhooks/secrets.js";
import { startRedis } from "../redis-server.js";

const server = await startRedis(t);

t.test("one for each account, the same for whoever asks first", async (t) => {
  const connections = Array.from({ length: 8 }, () => server.connect());
  const told = await Promise.all(connections.map((redis) => createWebhookSecrets(redis).of("ann")));
  t.equal(new Set(told).size, 1);
  t.equal(Buffer.from(told[0]!.replace("whsec_", ""), "base64").length, 32);
  const secrets = createWebhookSecrets(connections[0]!);
  t.not(await secrets.of("ben"), told[0]);
  const rotated = await secrets.rotate("ann");
  t.not(rotated, told[0]);
  t.equal(await secrets.of("ann"), rotated);
  t.equal(await secrets.of("oidc:a/b:c"), await secrets.of("oidc:a/b:c"));
  t.same((await connections[0]!.keys("*")).sort(), [
    "{abacus}:webhook-secret:ann",
    "{abacus}:webhook-secret:ben",
    "{abacus}:webhook-secret:oidc%3Aa%2Fb%3Ac",
  ]);
});
