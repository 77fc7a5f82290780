// Which errors mean that Redis is away: those are answered with 503 and tried again, all others are not.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Redis } from "ioredis";
import t from "tap";
import { isUnavailable, isUndecided } from "../../src/redis/connections.js";
import { startRedis } from "../redis-server.js";

async function raised(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => new Error("nothing was raised"),
    (reason: Error) => reason,
  );
  return error;
}
const fast = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 100 };

t.test("a command that is not sent, or not answered", async (t) => {
  const server = await startRedis(t);
  const redis = server.connect(fast);
  await new Promise((resolve) => redis.once("ready", resolve));
  server.pause();
  const hanging = await raised(redis.ping());
  server.resume();
  t.ok(isUnavailable(hanging), hanging.message);
  t.ok(isUndecided(hanging), "it was sent: nobody knows");
  await server.stop();
  const away = await raised(redis.ping());
  t.ok(isUnavailable(away), away.message);
  t.notOk(isUndecided(away), "it was never sent");
});

t.test("nobody listens", async (t) => {
  const errors = ["/nowhere/redis.sock", { host: "127.0.0.1", port: 1 }].map(
    (to) =>
      new Promise<Error>((resolve) => {
        (typeof to === "string" ? connect(to) : connect(to)).on("error", resolve);
      }),
  );
  for (const error of await Promise.all(errors)) t.ok(isUnavailable(error), error.message);
});

t.test("Redis's own refusals", async (t) => {
  const redis: Redis = (await startRedis(t)).connect();
  await redis.config("SET", "maxmemory", "1");
  const full = await raised(redis.set("a", "b"));
  t.ok(isUnavailable(full), full.message);
  const inScript = await raised(redis.eval("return redis.call('SET', KEYS[1], 'b')", 1, "a"));
  t.ok(isUnavailable(inScript), inScript.message);
  await redis.config("SET", "maxmemory", "0");
  const wrong = await raised(redis.call("NOSUCHCOMMAND"));
  t.notOk(isUnavailable(wrong), wrong.message);
});

t.test("what has nothing to do with Redis", async (t) => {
  const missing = await raised(readFile("/nowhere/file"));
  t.match(missing.message, /ENOENT/);
  t.notOk(isUnavailable(missing));
  // as an error arrives from a thread: without its code
  t.notOk(isUnavailable(new Error(missing.message)));
  t.notOk(
    isUnavailable(Object.assign(new Error("aborted"), { code: "ECONNRESET" })),
    "a client that went away",
  );
  t.notOk(isUnavailable("Connection is closed"));
});
