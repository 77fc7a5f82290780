// Whether connections still are what they seem after a pause in which nobody could hear that they ended.
import { once } from "node:events";
import type { Redis } from "ioredis";
import { untilReady } from "./connections.js";

/** How long an answer to PING may take before the line counts as dead; milliseconds. */
const ANSWER = 800;
/** How long a connection may take to be made anew; milliseconds. */
const RECONNECTION = 3000;

/**
 * Resolves when each connection has answered, made anew where it had to be. A dead one need not look so: what is
 * between here and Redis forgets idle lines without a word, and a process that was frozen was told nothing at all.
 * Resolves too when Redis stays away for some seconds: commands then tell.
 */
export async function untilAlive(connections: readonly Redis[]): Promise<void> {
  await Promise.all(connections.map(revive));
}

async function revive(redis: Redis): Promise<void> {
  if (redis.status === "ready" && (await answers(redis))) return;
  const signal = AbortSignal.timeout(RECONNECTION);
  try {
    if (redis.status === "ready") {
      const closed = once(redis, "close", { signal });
      redis.disconnect(true);
      await closed; // until then it says that it is ready
    }
    await untilReady(redis, signal);
  } catch {} // what is asked of it now tells
}

async function answers(redis: Redis): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ANSWER, false);
  });
  const answer = redis.ping().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
