// The Redis that the settings choose, shared or private, for as long as a command needs it.
import type { Redis } from "ioredis";
import { pino } from "pino";
import type { Config } from "../config.js";
import { openConnections, untilReady } from "../redis/connections.js";
import type { Purpose } from "../redis/control-connection.js";
import { openServer } from "../redis/open-server.js";

export async function onRedis<T>(
  config: Config,
  purpose: Purpose,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  const logger = pino({ level: "warn" }, pino.destination(2));
  const server = await openServer(config, purpose, logger);
  const connections = openConnections(server.address, logger);
  try {
    return await use(await untilReady(connections.waiting()));
  } finally {
    connections.close();
    await server.stop();
  }
}
