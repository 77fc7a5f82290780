// Closing in order: the port first, without a loss, then what is under way.
import type { Server } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** What requests get to end when running jobs took all the time there was; milliseconds. */
const LEAST_TIME = 500;
/** How often connections are looked through for those that became idle while the server closes; milliseconds. */
const IDLE_CHECK = 100;

/** How long a turn of the event loop may take that counts as one in which nothing happened; milliseconds. */
const QUIET_TURN = 0.1;
/** How long such a turn is waited for; milliseconds. */
const QUIET_WAIT = 1000;

/** Requests that are under way may end until the deadline (milliseconds), and in any case for a moment. */
export async function closeApp(app: FastifyInstance, deadline: number): Promise<void> {
  const left = Math.max(LEAST_TIME, deadline - Date.now());
  const timer = setTimeout(() => app.server.closeAllConnections(), left);
  await closePort(app.server);
  // closing ends those that are idle now; one that is kept alive after its last answer would hold it up
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK);
  await app.close();
  clearInterval(idle);
  clearTimeout(timer);
}

/**
 * Closing the port cuts the connections that the system has made for it and Node has not yet taken, and Node
 * takes one in each turn of its event loop. What a proxy has sent over one of them it cannot send to another
 * process instead. So the port is closed right after a turn that brought none, and nothing else either.
 */
async function closePort(server: Server): Promise<void> {
  let isQuiet = false;
  const noteConnection = () => {
    isQuiet = false;
  };
  server.on("connection", noteConnection);
  server.closeIdleConnections(); // so that closing has less to do afterwards
  await setImmediate(); // the rest of this turn
  for (const end = performance.now() + QUIET_WAIT; !isQuiet; ) {
    const began = performance.now();
    if (began > end) break;
    isQuiet = true;
    await setImmediate();
    if (performance.now() - began > QUIET_TURN) isQuiet = false;
  }
  server.close();
  server.off("connection", noteConnection);
}
