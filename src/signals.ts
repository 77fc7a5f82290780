// SIGTERM and SIGINT: the first begins an orderly stop, a later one ends the process at once. SIGHUP: what can be
// read anew is, unless the terminal was closed.
import { closeSync, openSync } from "node:fs";

/**
 * A terminal's Ctrl-C reaches a process under npm twice, so a second signal counts only after this;
 * milliseconds. (close-with-grace, otherwise the library for this, ends at once on the double.)
 */
const DOUBLED = 1000;

/**
 * Runs `stop` on the first signal and exits: 0 when it succeeded. A second signal exits at once with 1. Runs
 * `renew` on SIGHUP; when that says that the terminal was closed, it is one more signal to stop.
 */
export function handleSignals(stop: (signal: NodeJS.Signals) => Promise<void>, renew: () => void): void {
  let first: number | undefined;
  const heard = (signal: NodeJS.Signals) => {
    const now = Date.now();
    if (first !== undefined) {
      if (now - first < DOUBLED) return;
      process.stderr.write("ended at once, by a second signal\n");
      process.exit(1);
    }
    first = now;
    stop(signal).then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`the stop failed: ${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", heard);
  process.on("SIGINT", heard);
  const hadTerminal = hasTerminal();
  process.on("SIGHUP", (signal) => (hadTerminal && !hasTerminal() ? heard(signal) : renew()));
}

/** The terminal that controls the process can be opened by this name as long as there is one. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
