// The Redis server that the settings choose: a shared one, or the private one of DATA_DIR.
import type { Logger } from "pino";
import type { Config } from "../config.js";
import type { RedisAddress } from "./connections.js";
import type { Purpose } from "./control-connection.js";
import { startPrivateServer } from "./private-server.js";

export interface OpenServer {
  readonly address: RedisAddress;
  /** Ends the hold on a private server; a shared one is left alone. Close the connections first. */
  stop(): Promise<void>;
}

export async function openServer(config: Config, purpose: Purpose, logger: Logger): Promise<OpenServer> {
  if (config.REDIS_URL !== undefined) return { address: { url: config.REDIS_URL }, async stop() {} };
  const server = await startPrivateServer({
    dataDir: config.DATA_DIR,
    fsync: config.REDIS_FSYNC,
    memory: config.REDIS_MEMORY,
    purpose,
    logger,
  });
  return { address: { path: server.path }, stop: () => server.stop() };
}
