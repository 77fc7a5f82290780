// The store's id: processes on one Redis see one disk, or do not start.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { claimStore } from "../../src/files/store-id.js";
import { startRedis } from "../redis-server.js";

const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), "abacus-store-"));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
};

t.test("the first process decides, the others on its disk agree", async (t) => {
  const redis = (await startRedis(t)).connect();
  const shared = await folder();
  await Promise.all([claimStore(redis, shared), claimStore(redis, shared), claimStore(redis, shared)]);
  const id = (await readFile(join(shared, "store-id"), "utf8")).trim();
  t.match(id, /^[0-9a-f-]{36}$/);
  t.equal(await redis.get("{abacus}:store-id"), id);
  await t.resolves(claimStore(redis, shared), "also later");
});

t.test("a disk that is empty, or another Redis's, is the wrong one", async (t) => {
  const [one, other] = [(await startRedis(t)).connect(), (await startRedis(t)).connect()];
  const [right, empty, foreign] = [await folder(), await folder(), await folder()];
  await claimStore(one, right);
  await claimStore(other, foreign);
  for (const wrong of [empty, foreign])
    await t.rejects(claimStore(one, wrong), {
      message: new RegExp(`^${wrong} is not the folder of the other processes`),
    });
});

t.test("a Redis that lost everything takes the disk's id", async (t) => {
  const redis = (await startRedis(t)).connect();
  const shared = await folder();
  await claimStore(redis, shared);
  await redis.flushall();
  await claimStore(redis, shared);
  t.equal(`${await redis.get("{abacus}:store-id")}\n`, await readFile(join(shared, "store-id"), "utf8"));
});

t.test("files of jobs are not given to a Redis that knows nothing of them", async (t) => {
  const redis = (await startRedis(t)).connect();
  const shared = await folder();
  await claimStore(redis, shared);
  await mkdir(join(shared, "uploads"));
  await writeFile(join(shared, "uploads", "job.part"), "");
  await redis.flushall();
  await t.resolves(claimStore(redis, shared), "what was never received is nobody's");
  await writeFile(join(shared, "uploads", "job"), "x\n1\n");
  await t.resolves(claimStore(redis, shared), "this Redis knows them");
  await redis.flushall();
  await t.rejects(claimStore(redis, shared), {
    message: new RegExp(
      `^${shared} has files of jobs, and this Redis knows no job: .* uploads, results, made$`,
    ),
  });
  t.equal(await redis.exists("{abacus}:store-id"), 0, "nothing is decided by it");
});
