// Opens the Redis that `abacus account` works on, shared or private, and closes it again.
import { resolve } from "node:path";
import { pino } from "pino";
import { createAccounts } from "../accounts/accounts.js";
import { readConfig } from "../config.js";
import { openConnections, untilReady } from "../redis/connections.js";
import { openServer } from "../redis/open-server.js";
import { createWebhookSecrets } from "../webhooks/secrets.js";
import { account } from "./account.js";

/** Returns the exit code. */
export async function accountCommand(args: string[]): Promise<number> {
  const config = readConfig();
  const logger = pino({ level: "warn" }, pino.destination(2));
  const server = await openServer(config, "account", logger);
  const connections = openConnections(server.address, logger);
  try {
    const redis = await untilReady(connections.waiting());
    const { stdin, stdout, stderr } = process;
    const dataDir = resolve(config.DATA_DIR);
    const code = await account(args, {
      accounts: createAccounts(redis),
      secrets: createWebhookSecrets(redis),
      ...{ stdin, stdout, stderr, dataDir },
    });
    if (code === 0 && args[0] === "passwd" && args[1] === "admin" && config.ADMIN_PASSWORD)
      stdout.write("ADMIN_PASSWORD is set and will overrule this at the next start.\n");
    return code;
  } finally {
    connections.close();
    await server.stop();
    process.stdin.unref?.(); // a pipe that nobody reads to its end would keep the process alive
  }
}
