// Guessing passwords is slow: failures count per address, each is told later than the one before, and with too
// many of them no further password from there is checked for the rest of the minute.
import { setTimeout as sleep } from "node:timers/promises";
import { networkOf } from "../address-ranges.js";
import { createLine } from "./passwords.js";
import type { RateLimit } from "./rate-limit.js";

/** After the first failure; it doubles with each further one. Milliseconds. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 2000;

/** Of one address; a crowd behind one address that signs in at once is in line. */
const WAITING = 64;

/** An address has failed too often. */
export class TooManySignInsError extends Error {
  override readonly name = "TooManySignInsError";
  /** Seconds. */
  readonly retryAfter: number;

  constructor(limit: number, retryAfter: number) {
    super(
      `${limit} sign-ins from this address have failed within a minute, and SIGNIN_LIMIT is ${limit}: for ` +
        `${retryAfter} s only passwords that were right here before are accepted from it`,
    );
    this.retryAfter = retryAfter;
  }
}

export interface FailedSignIns {
  /**
   * Runs `check` (is the password right?) for somebody at `address`. Those of one address run one after the
   * other, so that each sees the failures before it. Rejects with TooManySignInsError instead of running it.
   */
  guard(address: string, check: () => Promise<boolean>): Promise<boolean>;
}

export function createFailedSignIns(failures: RateLimit): FailedSignIns {
  const lines = new Map<string, { enter: ReturnType<typeof createLine>; inside: number }>();

  async function inLine<Result>(who: string, task: () => Promise<Result>): Promise<Result> {
    const line = lines.get(who) ?? { enter: createLine({ running: 1, waiting: WAITING }), inside: 0 };
    lines.set(who, line);
    line.inside += 1;
    try {
      return await line.enter(task);
    } finally {
      line.inside -= 1;
      if (line.inside === 0) lines.delete(who);
    }
  }

  return {
    async guard(address, check) {
      const who = networkOf(address);
      const failed = await inLine(who, async () => {
        const { count, reset } = await failures.look(who);
        if (count >= failures.limit) throw new TooManySignInsError(failures.limit, reset);
        return (await check()) ? 0 : (await failures.count(who)).count;
      });
      // the line goes on meanwhile: whoever knows his password is not held up by who does not
      if (failed > 0) await sleep(Math.min(FIRST_DELAY * 2 ** (failed - 1), LONGEST_DELAY));
      return failed === 0;
    },
  };
}
