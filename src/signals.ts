// SIGTERM and SIGINT: the first begins an orderly stop, a later one ends the process at once.

/**
 * A terminal's Ctrl-C reaches a process under npm twice, so a second signal counts only after this;
 * milliseconds. (close-with-grace, otherwise the library for this, ends at once on the double.)
 */
const DOUBLED = 1000;

/** Runs `stop` on the first signal and exits: 0 when it succeeded. A second signal exits at once with 1. */
export function stopOnSignals(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let first: number | undefined;
  const heard = (signal: NodeJS.Signals) => {
    const now = Date.now();
    if (first !== undefined) {
      if (now - first >= DOUBLED) process.exit(1);
      return;
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
}
