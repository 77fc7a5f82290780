// Whether this process sees the same disk as the others on its Redis: the disk and Redis share an id.
import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { storeIdKey } from "../redis/keys.js";
import { KEPT_KINDS } from "./file-store.js";

/** How long the process that decided the id may take to write it; milliseconds. */
const WRITING = 3000;

/**
 * Compares `dataDir/store-id` with the id in Redis. The first process on a Redis decides it and writes it to its
 * disk; every other finds it there, or is on the wrong disk: it throws, in one sentence. So it does when the disk
 * has files of jobs and Redis has nothing at all: they would be swept away as nobody's.
 */
export async function claimStore(redis: Redis, dataDir: string): Promise<void> {
  const file = join(dataDir, "store-id");
  const onDisk = await read(file);
  if ((await redis.exists(storeIdKey)) === 0 && (await hasFiles(dataDir)))
    throw new Error(
      `${dataDir} has files of jobs, and this Redis knows no job: name the Redis that does, restore its back-up, ` +
        `or remove the folders ${KEPT_KINDS.join(", ")}`,
    );
  const mine = onDisk ?? randomUUID();
  const first = (await redis.set(storeIdKey, mine, "NX")) !== null;
  if (first && onDisk === undefined) return write(file, mine);
  const shared = await redis.get(storeIdKey);
  if ((onDisk ?? (await appearing(file))) === shared) return;
  throw new Error(
    `${dataDir} is not the folder of the other processes on this Redis (${file} does not hold ${shared}): ` +
      "set DATA_DIR to the one that they share",
  );
}

async function hasFiles(dataDir: string): Promise<boolean> {
  const names = await Promise.all(KEPT_KINDS.map((kind) => readdir(join(dataDir, kind)).catch(absent)));
  return names.flat().some((name) => !name.endsWith(".part"));
}

function absent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    },
  );
}

async function write(file: string, id: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${id}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

/** Two processes may start at once: the one that did not decide the id waits for the other to write it. */
async function appearing(file: string): Promise<string | undefined> {
  for (const deadline = Date.now() + WRITING; Date.now() < deadline; await sleep(50)) {
    const id = await read(file);
    if (id !== undefined) return id;
  }
  return undefined;
}
