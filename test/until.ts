// Waits for what no event tells.
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `condition` gives something other than false or undefined. Throws, saying `what`, when it never does. */
export async function until<Value>(
  what: string,
  condition: () => Promise<Value | false | undefined> | Value | false | undefined,
  seconds = 20,
): Promise<Value> {
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(20)) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`);
  }
}
