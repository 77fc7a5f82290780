// `abacus account` on the Redis that the settings choose.
import { resolve } from "node:path";
import { createAccounts } from "../accounts/accounts.js";
import { readConfig } from "../config.js";
import { createWebhookSecrets } from "../webhooks/secrets.js";
import { account } from "./account.js";
import { onRedis } from "./on-redis.js";

/** Returns the exit code. */
export async function accountCommand(args: string[]): Promise<number> {
  const config = readConfig();
  const { stdin, stdout, stderr } = process;
  const dataDir = resolve(config.DATA_DIR);
  try {
    return await onRedis(config, "account", async (redis) => {
      const code = await account(args, {
        accounts: createAccounts(redis),
        secrets: createWebhookSecrets(redis),
        ...{ stdin, stdout, stderr, dataDir },
      });
      if (code === 0 && args[0] === "passwd" && args[1] === "admin" && config.ADMIN_PASSWORD)
        stdout.write("ADMIN_PASSWORD is set and will overrule this at the next start.\n");
      return code;
    });
  } finally {
    stdin.unref?.(); // a pipe that nobody reads to its end would keep the process alive
  }
}
