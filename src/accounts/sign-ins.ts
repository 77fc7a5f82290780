// Sign-ins that succeeded of late, so that a client pays for scrypt once and not with every request.
import { createHmac, randomBytes } from "node:crypto";

export interface SignIns {
  /** Names a pair of name and password by an HMAC under this process's own key: nothing to be had from a dump. */
  fingerprint(name: string, password: string): string;
  /** Whether this pair was right for the account as it was at `version`. */
  knows(fingerprint: string, version: string): boolean;
  remember(fingerprint: string, version: string): void;
  /** Runs `check` once for all who ask for the same pair and version while it runs. */
  share(fingerprint: string, version: string, check: () => Promise<boolean>): Promise<boolean>;
}

/** At most `entries` successes are kept; the one that was used longest ago goes first. */
export function createSignIns(entries = 1000): SignIns {
  const secret = randomBytes(32);
  /** Fingerprint → the account's version, used longest ago first. */
  const versions = new Map<string, string>();
  const running = new Map<string, Promise<boolean>>();

  function remember(fingerprint: string, version: string): void {
    versions.delete(fingerprint);
    versions.set(fingerprint, version);
    const [oldest] = versions.keys();
    if (versions.size > entries && oldest !== undefined) versions.delete(oldest);
  }

  return {
    fingerprint(name, password) {
      // the length before the name keeps ("ab", "c") and ("a", "bc") apart
      return createHmac("sha256", secret).update(`${name.length}:${name}${password}`).digest("base64");
    },
    knows(fingerprint, version) {
      if (versions.get(fingerprint) !== version) return false;
      remember(fingerprint, version);
      return true;
    },
    remember,
    share(fingerprint, version, check) {
      const key = `${fingerprint} ${version}`;
      let result = running.get(key);
      if (!result) {
        result = check().finally(() => running.delete(key));
        running.set(key, result);
      }
      return result;
    },
  };
}
