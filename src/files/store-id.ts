// Whether this process sees the same disk as the others on its Redis: the disk and Redis share an id.
import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { storeIdKey } from "../redis/keys.js";

/**
 * Compares `dataDir/store-id` with the id in Redis, which the first process decided, and writes it where the
 * disk has none. Throws, in one sentence, on the wrong disk.
 */
export async function claimStore(redis: Redis, dataDir: string): Promise<void> {
  const file = join(dataDir, "store-id");
  const onDisk = await readFile(file, "utf8").then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    },
  );
  await redis.set(storeIdKey, onDisk ?? randomUUID(), "NX");
  const shared = await redis.get(storeIdKey);
  if (onDisk === shared) return;
  if (onDisk !== undefined)
    throw new Error(
      `${dataDir} belongs to another Redis (its store-id differs): set DATA_DIR to the folder that all processes on this Redis share`,
    );
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${shared}\n`, { mode: 0o600 });
  await rename(temporary, file);
}
