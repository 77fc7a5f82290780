// Where the server of a data directory is found or, when there is none, started, and what of it is removed.
// To be called under the directory's start lock.
import { existsSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Redis } from "ioredis";
import { connect, dataDirectoryOf, isServed, shutDown } from "./control-connection.js";
import { type ServerSettings, spawnServer } from "./server-process.js";
import { openSocketDirectory, socketPath } from "./socket-directory.js";

export interface Attached {
  /** The Unix socket. */
  readonly path: string;
  readonly redis: Redis;
  /** True when the server ran already. */
  readonly adopted: boolean;
}

/** The socket's path is noted beside the data: TMPDIR, and with it the path, may differ from shell to shell. */
const noteOf = (directory: string) => join(directory, "socket");

function readNote(directory: string): string | undefined {
  const note = noteOf(directory);
  const path = existsSync(note) ? readFileSync(note, "utf8") : "";
  return existsSync(dirname(path)) && path !== "" ? path : undefined;
}

/**
 * A connection to the server whose data lies in `directory` (a real path), which is started when it does
 * not run. `known` is the socket's path of an earlier time, to which others keep connecting.
 */
export async function attach(
  directory: string,
  settings: ServerSettings,
  known: string | undefined,
): Promise<Attached> {
  let free: string | undefined;
  let occupied = "";
  for (const path of new Set([known, readNote(directory), socketPath(directory)])) {
    if (path === undefined) continue;
    if (existsSync(dirname(path))) openSocketDirectory(path);
    const redis = await connect(path);
    if (!redis) {
      free ??= path;
      continue;
    }
    const found = await dataDirectoryOf(redis);
    if (found === directory) return { path, redis, adopted: true };
    if (found === undefined && !(await isServed(redis))) {
      // left by a killed process whose DATA_DIR was removed afterwards: it keeps nothing for anybody
      await shutDown(redis);
      free ??= path;
      continue;
    }
    redis.disconnect();
    occupied = `${path}, with its data in ${found ?? "a directory that has been removed"}`;
  }
  // A moved or copied data directory: its server is somebody else's affair.
  if (!free) throw new Error(`another Redis server listens on ${occupied}: stop it first`);
  openSocketDirectory(free);
  writeFileSync(noteOf(directory), free, { mode: 0o600 });
  return { path: free, redis: await spawnServer(directory, free, settings), adopted: false };
}

/** Removes what a server that has ended leaves outside its data. */
export function removeLeftovers(directory: string, socket: string): void {
  rmSync(noteOf(directory), { force: true });
  rmSync(socket, { force: true });
  try {
    rmdirSync(dirname(socket));
  } catch {
    // It is gone, or holds what is not ours.
  }
}
