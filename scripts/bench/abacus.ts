// The service under test: its own process, on the benchmark's Redis, without the limits that are there for people.
import { join } from "node:path";
import type { OwnRedis } from "./own-redis.js";
import { type Server, startServer } from "./server.js";

const PASSWORD = "correct horse battery staple";

export const JSON_HEADERS = {
  "content-type": "application/json",
  authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString("base64")}`,
};

export async function startAbacus(
  { path, folder }: OwnRedis,
  command: "serve" | "api",
  settings: Record<string, string> = {},
): Promise<Server> {
  const server = await startServer("../../src/main.js", [command], {
    HOST: "127.0.0.1",
    PORT: "0",
    REDIS_URL: path,
    DATA_DIR: join(folder, "data"),
    ADMIN_PASSWORD: PASSWORD,
    LOG_LEVEL: "warn",
    RATE_LIMIT: "1000000000",
    QUEUE_DEPTH: "1000000000",
    ACCOUNT_JOBS: "1000000000",
    DISK_RESERVE: "0",
    ...settings,
  });
  for (;;) if ((await fetch(`${server.url}/readyz`)).ok) return server;
}
