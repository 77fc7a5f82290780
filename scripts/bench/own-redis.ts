// A Redis server for one run of a benchmark, with the settings of the service's private one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pino } from "pino";
import { startPrivateServer } from "../../src/redis/private-server.js";

export interface OwnRedis {
  readonly path: string;
  /** A folder that goes with it. */
  readonly folder: string;
  readonly redis: Redis;
  stop(): Promise<void>;
}

export async function startOwnRedis(memory: number): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), "abacus-bench-"));
  const logger = pino({ level: "warn" }, pino.destination(2));
  const server = await startPrivateServer({
    dataDir: folder,
    fsync: "everysec",
    memory,
    purpose: "serve",
    logger,
  });
  const redis = new Redis({ path: server.path });
  return {
    path: server.path,
    folder,
    redis,
    async stop() {
      redis.disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
