import { createHash } from "node:crypto";
import t from "tap";
import { createAccounts } from "../../src/accounts/accounts.js";
import { createTokens, type Token } from "../../src/accounts/tokens.js";
import { startRedis } from "../redis-server.js";
import { until } from "../until.js";

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);
const LONG_AGO = String(Date.now() - DAY);

t.test("tokens", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect();
  const accounts = createAccounts(connection);
  /** Two processes on one Redis. */
  const here = createTokens(connection);
  const there = createTokens(redis.connect());
  t.beforeEach(async () => {
    await connection.flushall();
    await accounts.add("ada", "correct horse");
  });

  const make = (scopes: ("jobs:read" | "jobs:write" | "admin")[] = ["jobs:read"], expiresAt = inDays(90)) =>
    here.make("ada", { name: "test", scopes, expiresAt });
  const everything = new Set(["jobs:read", "jobs:write", "models:write"]);

  t.test("a token stands for its account in every process, with its own scopes", async (t) => {
    const expiresAt = inDays(90);
    const { text, token } = await make(["jobs:read"], expiresAt);
    t.match(text, /^abacus_[0-9a-f]{24}_[\w-]{43}$/);
    for (const tokens of [here, there])
      t.same(await tokens.principal("token", text), {
        account: "ada",
        scopes: new Set(["jobs:read"]),
        token: { id: token.id, expiresAt: expiresAt.toISOString() },
      });
    t.not((await make()).text, text);
  });

  t.test("nothing else does", async (t) => {
    const { text, token } = await make();
    const other = await make();
    const [prefix, , secret] = text.split("_");
    const wrong = [
      ...[
        "",
        "abacus",
        text.slice(0, -1),
        `${text}x`,
        `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`,
      ],
      ...[
        text.toUpperCase(),
        `${prefix}_${other.token.id}_${secret}`,
        `${prefix}_${"0".repeat(24)}_${secret}`,
      ],
      ...[`${prefix}_${token.id}_${"A".repeat(43)}`, `abacus_*_${secret}`],
    ];
    for (const one of wrong) t.equal(await here.principal("token", one), undefined, one);
    t.ok(await here.principal("token", text));
  });

  t.test("what is stored: a digest, until the token ends", async (t) => {
    const expiresAt = inDays(1);
    const { text, token } = await make(["jobs:read"], expiresAt);
    const key = `{abacus}:token:${token.id}`;
    const record = await connection.hgetall(key);
    const secret = text.slice(-43);
    t.equal(record.digest, createHash("sha256").update(secret).digest("hex"));
    t.notMatch(JSON.stringify(record), secret);
    t.ok((await connection.pttl(key)) > DAY - 60_000);
    t.ok((await connection.pttl("{abacus}:tokens:ada")) > DAY - 60_000);
  });

  t.test("its end is Redis's own, and nothing is left of it", async (t) => {
    const { text } = await make(["jobs:read"], new Date(Date.now() + 2000));
    t.ok(await here.principal("token", text));
    await until("it has ended", async () => (await here.principal("token", text)) === undefined);
    t.strictSame(await here.list("ada"), []);
    await until("the index has ended", async () => (await connection.keys("*token*")).length === 0);
  });

  t.test("the index lives as long as the last, and forgets those that have ended", async (t) => {
    const long = await make(["jobs:read"], inDays(2));
    await make(["jobs:read"], new Date(Date.now() + 300));
    t.ok((await connection.pttl("{abacus}:tokens:ada")) > DAY, "a short one does not shorten it");
    await until("it has ended", async () => (await here.list("ada")).length === 1);
    t.equal(await connection.zcard("{abacus}:tokens:ada"), 2);
    await make(["jobs:read"], inDays(3));
    t.equal(await connection.zcard("{abacus}:tokens:ada"), 2, "the next one tidies");
    t.ok((await here.list("ada")).some(({ id }) => id === long.token.id));
  });

  t.test("get and list tell everything but the secret, newest first", async (t) => {
    const made: Token[] = [];
    for (let i = 0; i < 3; i += 1) {
      made.unshift((await make()).token);
      await until("a millisecond has passed", () => Date.now() > Date.parse(made[0]!.createdAt));
    }
    t.same(await there.list("ada"), made);
    t.same(await there.get("ada", made[1]!.id), made[1]);
    t.same(Object.keys(made[0]!).sort(), ["createdAt", "expiresAt", "id", "lastUsedAt", "name", "scopes"]);
    t.strictSame(await there.list("eve"), []);
    for (const id of ["*", "", "0".repeat(24)]) t.equal(await here.get("ada", id), undefined);
    t.equal(await here.get("eve", made[0]!.id), undefined, "of another account");
  });

  t.test("it ends at once everywhere; only its own account can end it", async (t) => {
    const { text, token } = await make();
    t.equal(await there.remove("eve", token.id), false);
    t.ok(await here.principal("token", text));
    t.equal(await there.remove("ada", token.id), true);
    t.equal(await here.principal("token", text), undefined);
    t.equal(await there.remove("ada", token.id), false);
    t.strictSame((await connection.keys("*")).sort(), ["{abacus}:account:ada", "{abacus}:accounts"]);
  });

  t.test("it may do no more than its account may now", async (t) => {
    const { text } = await make(["jobs:read", "jobs:write"]);
    const strong = await make(["admin"]);
    const scopes = async (text: string) => (await here.principal("token", text))?.scopes;
    t.same(await scopes(strong.text), everything, "admin implies what the account has");
    await accounts.set("ada", { scopes: ["jobs:write", "models:write"] });
    t.same(await scopes(text), new Set(["jobs:write"]));
    await accounts.set("ada", { scopes: [] });
    t.same(await scopes(text), new Set());
    await accounts.set("ada", { scopes: ["admin"] });
    t.same(await scopes(text), new Set(["jobs:read", "jobs:write"]), "what admin implies");
    t.same(await scopes(strong.text), new Set([...everything, "admin"]));
  });

  t.test("it ends with its account, and another of the name does not inherit it", async (t) => {
    const { text } = await make();
    const session = await here.startSession("ada", (await accounts.get("ada"))!.version);
    await connection.set("{abacus}:webhook-secret:ada", "whsec_x");
    await accounts.remove("ada");
    t.strictSame(await connection.keys("*"), []);
    await accounts.add("ada", "correct horse");
    t.equal(await there.principal("token", text), undefined);
    t.equal(await there.principal("session", session.text), undefined);
    t.strictSame(await here.list("ada"), []);
  });

  t.test("another password ends sessions, and leaves tokens", async (t) => {
    const { text } = await make();
    const version = (await accounts.get("ada"))!.version;
    const session = await here.startSession("ada", version);
    t.same(await there.principal("session", session.text), { account: "ada", scopes: everything });
    await accounts.set("ada", { scopes: ["jobs:read"] });
    t.same((await there.principal("session", session.text))?.scopes, new Set(["jobs:read"]));
    await accounts.setPassword("ada", "another horse");
    t.equal(await there.principal("session", session.text), undefined);
    t.ok(await there.principal("token", text));
    const late = await here.startSession("ada", version);
    t.equal(await there.principal("session", late.text), undefined, "one of the old password");
  });

  t.test("a session is no token, nor the reverse", async (t) => {
    const { text } = await make();
    const session = await here.startSession("ada", (await accounts.get("ada"))!.version);
    t.equal(await here.principal("token", session.text), undefined);
    t.equal(await here.principal("session", text), undefined);
    t.equal((await here.list("ada")).length, 1);
    const id = session.text.split("_")[1]!;
    t.equal(await here.get("ada", id), undefined);
    t.equal(await here.remove("ada", id), false);
    await here.endSession(text);
    t.ok(await here.principal("token", text));
    await here.endSession(`${session.text.slice(0, -43)}${"A".repeat(43)}`);
    t.ok(await here.principal("session", session.text), "its id alone does not end it");
    await here.endSession(session.text);
    t.equal(await here.principal("session", session.text), undefined);
    t.strictSame(await connection.keys("*session*"), []);
  });

  t.test("the last use is noted, about once a minute", async (t) => {
    const { text, token } = await make();
    const key = `{abacus}:token:${token.id}`;
    const used = async () => (await there.get("ada", token.id))?.lastUsedAt;
    t.equal(await used(), null);
    await here.principal("token", `${text.slice(0, -43)}${"A".repeat(43)}`);
    t.equal(await used(), null, "a wrong secret is no use");
    const before = new Date().toISOString();
    await here.principal("token", text);
    const first = await used();
    t.ok(first && first >= before && first <= new Date().toISOString());
    await connection.hset(key, "lastUsedAt", Date.now() - 50_000);
    const recently = await used();
    await here.principal("token", text);
    t.equal(await used(), recently);
    await connection.hset(key, "lastUsedAt", LONG_AGO);
    await here.principal("token", text);
    t.ok((await used())! >= before);
    t.ok((await connection.pttl(key)) > DAY, "and it still ends");
  });

  t.test("a Redis that takes no writes still knows tokens", async (t) => {
    const { text, token } = await make();
    await connection.hset(`{abacus}:token:${token.id}`, "lastUsedAt", LONG_AGO);
    await connection.config("SET", "maxmemory", "1");
    t.teardown(() => connection.config("SET", "maxmemory", "0"));
    await t.rejects(make(), { message: /OOM/ });
    t.ok(await here.principal("token", text));
    t.match((await here.get("ada", token.id))?.lastUsedAt, new Date(Number(LONG_AGO)).toISOString());
  });

  t.test("an account has 100 at most, and of sessions the oldest gives way", async (t) => {
    const texts = [];
    for (let i = 0; i < 100; i += 1) texts.push((await make()).text);
    await t.rejects(make(), {
      name: "TooManyTokensError",
      message: "the account has 100 tokens, which is the most there may be: delete one first",
    });
    await here.remove("ada", texts[0]!.split("_")[1]!);
    await make();
    const { version } = (await accounts.get("ada"))!;
    const sessions = [];
    for (let i = 0; i < 102; i += 1) {
      sessions.push((await here.startSession("ada", version)).text);
      if (i === 1)
        await connection.zadd("{abacus}:sessions:ada", Date.now() + 1000, sessions[0]!.split("_")[1]!);
    }
    const known = await Promise.all(sessions.map((text) => here.principal("session", text)));
    t.equal(known.filter(Boolean).length, 100);
    t.equal(known[0], undefined, "the one that would have ended first");
    t.ok(known.at(-1));
    t.equal((await connection.keys("{abacus}:token:*")).length, 200);
  });

  t.test("who has no account here has no tokens here", async (t) => {
    const what = { name: "test", scopes: ["jobs:read"] as const, expiresAt: inDays(1) };
    await t.rejects(here.make("oidc:ada", what), { name: "AccountError", reason: "unknown" });
    await t.rejects(here.startSession("eve", "v"), { name: "AccountError", reason: "unknown" });
    t.equal((await connection.keys("*")).length, 2);
  });

  t.test("one command of Redis for each request", async (t) => {
    const { text } = await make();
    await here.principal("token", text); // the script is known from then on
    const count = async () =>
      Number(/total_commands_processed:(\d+)/.exec(await connection.info("stats"))![1]);
    await connection.config("RESETSTAT");
    const before = await count();
    for (let i = 0; i < 10; i += 1) await here.principal("token", text);
    // in a script: two reads each
    t.ok((await count()) - before <= 10 * 3 + 1);
  });
});
