import { createHook } from "node:async_hooks";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { startRedis } from "../redis-server.js";

/** How many scrypt computations `act` starts: Node names each request to libuv. */
async function countScrypt(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "SCRYPTREQUEST") count += 1;
    },
  });
  hook.enable();
  try {
    await act();
  } finally {
    hook.disable();
  }
  return count;
}

t.test("accounts", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect();
  /** Two processes on one Redis: each has its own connection and its own memory. */
  const here = createAccounts(connection);
  const there = createAccounts(redis.connect());
  t.beforeEach(() => connection.flushall());

  t.test("a new account signs in everywhere with all scopes but admin", async (t) => {
    await here.add("ada", "correct horse");
    for (const accounts of [here, there])
      t.same(await accounts.authenticate("ada", "correct horse"), {
        account: "ada",
        scopes: new Set(["jobs:read", "jobs:write", "models:write"]),
      });
    t.equal(await here.authenticate("ada", "wrong horse"), undefined);
    t.equal(await here.authenticate("bob", "correct horse"), undefined);
    t.equal(await here.authenticate("Ada \ud800", "correct horse"), undefined);
    t.equal(await here.authenticate("ada", "x".repeat(100_000)), undefined);
  });

  t.test("what is stored: a hash per account under the service's prefix, no password", async (t) => {
    await here.add("ada@example.org", "correct horse", ["jobs:read"]);
    t.same((await connection.keys("*")).sort(), ["{abacus}:account:ada%40example.org", "{abacus}:accounts"]);
    const record = await connection.hgetall("{abacus}:account:ada%40example.org");
    t.same(Object.keys(record).sort(), ["createdAt", "password", "scopes", "version"]);
    t.equal(record.scopes, "jobs:read");
    t.match(record.password, /^\$scrypt\$/);
    t.notMatch(JSON.stringify(record), /horse/);
  });

  t.test("get and list tell everything but the hash", async (t) => {
    const before = new Date().toISOString();
    await Promise.all(["bob", "ada", "admin"].map((name) => here.add(name, "correct horse")));
    const all = await there.list();
    t.same(
      all.map(({ name }) => name),
      ["ada", "admin", "bob"],
    );
    t.ok(all[1]!.scopes.has("admin"), "the account of this name administers");
    t.same(await there.get("ada"), all[0]);
    t.same(Object.keys(all[0]!).sort(), ["createdAt", "name", "scopes", "version"]);
    t.ok(all[0]!.createdAt >= before && all[0]!.createdAt <= new Date().toISOString());
    t.equal(await there.get("eve"), undefined);
    t.equal(await there.get("*"), undefined);
  });

  t.test("of two who add the same name at once, one does", async (t) => {
    const results = await Promise.allSettled([
      here.add("ada", "password one"),
      there.add("ada", "password two"),
    ]);
    const refused = results.filter(({ status }) => status === "rejected");
    t.match(refused, [{ reason: { reason: "exists", message: "there is already an account ada" } }]);
    const winner = results[0]!.status === "fulfilled" ? "password one" : "password two";
    t.ok(await here.authenticate("ada", winner));
    t.equal((await here.list()).length, 1);
  });

  t.test("a changed password acts at once in every process", async (t) => {
    await here.add("ada", "old password", ["jobs:read", "admin"]);
    t.ok(await there.authenticate("ada", "old password"));
    const before = await here.get("ada");
    await here.setPassword("ada", "new password");
    t.equal(await there.authenticate("ada", "old password"), undefined);
    t.equal(await here.authenticate("ada", "old password"), undefined);
    t.ok(await there.authenticate("ada", "new password"));
    const after = await here.get("ada");
    t.not(after!.version, before!.version);
    t.same({ ...after, version: "" }, { ...before, version: "" }, "scopes and age stay");
  });

  t.test("a removed account is gone at once, also when another of its name and password comes", async (t) => {
    await here.add("ada", "old password");
    t.ok(await there.authenticate("ada", "old password"));
    await here.remove("ada");
    t.equal(await there.authenticate("ada", "old password"), undefined);
    t.same(await connection.keys("*"), []);
    await here.add("ada", "another password");
    t.equal(await there.authenticate("ada", "old password"), undefined);
    t.ok(await there.authenticate("ada", "another password"));
  });

  t.test("an account that is removed while its password is checked does not get in", async (t) => {
    await here.add("ada", "correct horse");
    const [principal] = await Promise.all([here.authenticate("ada", "correct horse"), here.remove("ada")]);
    t.equal(principal, undefined);
  });

  t.test("put makes or replaces", async (t) => {
    await here.put("ada", "first password", ["admin"]);
    const first = await here.get("ada");
    t.same([...first!.scopes], ["admin"]);
    await here.put("ada", "second password", []);
    t.same((await here.authenticate("ada", "second password"))?.scopes, new Set());
    t.equal((await here.get("ada"))!.createdAt, first!.createdAt);
  });

  t.test("set makes, or changes what is given", async (t) => {
    t.equal(await here.set("ada", { password: "first password" }), true);
    const first = await here.get("ada");
    t.same(first!.scopes, new Set(["jobs:read", "jobs:write", "models:write"]));
    t.equal(await there.set("ada", { scopes: ["jobs:read"] }), false);
    t.same(await here.authenticate("ada", "first password"), {
      account: "ada",
      scopes: new Set(["jobs:read"]),
    });
    t.same(await here.get("ada"), { ...first, scopes: new Set(["jobs:read"]) }, "no other version");
    t.equal(await here.set("ada", { password: "second password" }), false);
    t.equal(await there.authenticate("ada", "first password"), undefined);
    t.same((await there.authenticate("ada", "second password"))?.scopes, new Set(["jobs:read"]));
    t.equal(await here.set("ada", {}), false);
    t.equal(await here.set("bob", { password: "first password", scopes: [] }), true);
    t.same((await here.get("bob"))!.scopes, new Set());
    await t.rejects(here.set("eve", { scopes: ["admin"] }), { name: "AccountError", reason: "password" });
    await t.rejects(here.set("admin", { scopes: [] }), { name: "AccountError", reason: "protected" });
    t.equal(await here.get("eve"), undefined);
  });

  t.test("scopes are read with every request", async (t) => {
    await here.add("ada", "correct horse");
    await here.authenticate("ada", "correct horse");
    await connection.hset("{abacus}:account:ada", "scopes", "jobs:read");
    t.same((await here.authenticate("ada", "correct horse"))?.scopes, new Set(["jobs:read"]));
  });

  t.test("what cannot be done is said in a sentence", async (t) => {
    await t.rejects(here.setPassword("eve", "correct horse"), {
      reason: "unknown",
      message: "there is no account eve",
    });
    await t.rejects(here.remove("eve"), { name: "AccountError", reason: "unknown" });
    await t.rejects(here.remove("admin"), { reason: "protected", message: /cannot be removed/ });
    await t.rejects(here.add("Eve", "correct horse"), { name: "AccountError", reason: "name" });
    await t.rejects(here.add("eve", "short"), { name: "AccountError", reason: "password" });
    t.same(await connection.keys("*"), []);
  });

  t.test(
    "scrypt runs once for a success, and as often for an unknown account as for a wrong password",
    async (t) => {
      await here.add("ada", "correct horse");
      const signIn = (name: string, password: string) => () => here.authenticate(name, password);
      const together = () => Promise.all([1, 2, 3, 4].map(signIn("ada", "correct horse")));
      t.equal(await countScrypt(together), 1, "four first requests at once");
      t.equal(await countScrypt(signIn("ada", "correct horse")), 0, "later ones");
      t.equal(await countScrypt(signIn("ada", "wrong horse")), 1, "a wrong password");
      t.equal(await countScrypt(signIn("ada", "wrong horse")), 1, "which is not remembered");
      t.equal(await countScrypt(signIn("eve", "correct horse")), 1, "an unknown account");
      t.equal(await countScrypt(signIn("No Name", "correct horse")), 1, "what cannot be an account");
    },
  );
});

t.test("Redis's errors are not wrong passwords", async (t) => {
  const redis = await startRedis(t);
  const accounts = createAccounts(redis.connect({ commandTimeout: 1000 }));
  await accounts.add("ada", "correct horse");
  await accounts.authenticate("ada", "correct horse");
  redis.pause();
  await t.rejects(accounts.authenticate("ada", "correct horse"), { message: /timed out/ });
  redis.resume();
  t.ok(await accounts.authenticate("ada", "correct horse"));
});
