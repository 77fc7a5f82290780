// The secrets that deliveries are signed with: one for each account, made when it is first needed.
import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { webhookSecretKey } from "../redis/keys.js";

/** Standard Webhooks asks for 24 to 64. */
const BYTES = 32;

/** After its last use; seconds of 400 days, since who has it keeps it. It outlives a removed account's last jobs. */
const KEPT = 34_560_000;

/** `whsec_` and base64, as the libraries of Standard Webhooks take it. */
function newSecret(): string {
  return `whsec_${randomBytes(BYTES).toString("base64")}`;
}

export interface WebhookSecrets {
  /** The account's secret. Where several processes make the first at once, all get the same. */
  of(account: string): Promise<string>;
  /** Another secret for the account: what is sent from now on is signed with it. */
  rotate(account: string): Promise<string>;
}

export function createWebhookSecrets(redis: Redis): WebhookSecrets {
  return {
    async of(account) {
      const key = webhookSecretKey(account);
      const known = await redis.getex(key, "EX", KEPT);
      if (known !== null) return known;
      const made = newSecret();
      await redis.set(key, made, "EX", KEPT, "NX");
      return (await redis.get(key)) ?? made;
    },

    async rotate(account) {
      const made = newSecret();
      await redis.set(webhookSecretKey(account), made, "EX", KEPT);
      return made;
    },
  };
}
