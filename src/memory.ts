// How much memory this process may use.
import os from "node:os";

/** Bytes: its container's limit where there is one, else all that the machine has. */
export const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
