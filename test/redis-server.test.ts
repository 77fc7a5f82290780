import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { startRedis } from "./redis-server.js";

t.test("an append-only server keeps its data over a stop, a crash and a restart", async (t) => {
  const redis = await startRedis(t, { appendonly: true });
  const connection = redis.connect({ maxRetriesPerRequest: null });
  await connection.set("kept", "yes");
  await redis.restart();
  t.equal(await connection.get("kept"), "yes");
  await redis.stop("SIGKILL");
  await redis.restart();
  t.equal(await connection.get("kept"), "yes");
});

t.test("a paused server answers nothing until it is resumed, and can be stopped while paused", async (t) => {
  const redis = await startRedis(t);
  const connection = redis.connect({ commandTimeout: 1000 });
  await connection.ping();
  redis.pause();
  await t.rejects(connection.ping(), { message: /timed out/ });
  redis.resume();
  t.equal(await connection.ping(), "PONG");
  redis.pause();
  await redis.stop();
  await redis.restart();
  t.equal(await redis.connect().ping(), "PONG");
});

t.test("without append-only a restart begins empty", async (t) => {
  const redis = await startRedis(t);
  await redis.connect().set("lost", "yes");
  await redis.restart();
  t.equal(await redis.connect().get("lost"), null);
});

t.test("a test that is killed leaves no server and no folder", async (t) => {
  const script = `
    const { startRedis } = await import(${JSON.stringify(import.meta.resolve("./redis-server.js"))});
    const redis = await startRedis({ teardown() {} });
    process.stdout.write(redis.dir);
    setInterval(() => {}, 1000);`;
  const killed = spawn(process.execPath, ["--input-type=module", "-e", script]);
  const [dir] = (await once(killed.stdout, "data")).map(String) as [string];
  const connection = connect(join(dir, "redis.sock"));
  await once(connection, "connect");
  connection.on("error", () => {}); // a reset is an end, too
  const serverEnded = new Promise((end) => connection.on("close", end));
  killed.kill("SIGKILL");
  await serverEnded;
  while (existsSync(dir)) await setTimeout(20);
  t.notOk(existsSync(dir)); // otherwise this test runs into its time-out
});
