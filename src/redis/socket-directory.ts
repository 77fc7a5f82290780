// Where the private server's Unix socket lies: a directory that only this user can enter, outside the data
// directory, because the path of a socket ends at 107 bytes (103 on macOS).
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const LONGEST = 103;

/**
 * The same path for the same `directory`, which is absolute and without symbolic links. Not under
 * XDG_RUNTIME_DIR: logind removes that when the user logs out, and the server is to stay reachable.
 */
export function socketPath(directory: string): string {
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const under = (folder: string) => join(folder, `abacus-${process.getuid?.() ?? 0}`, name, "redis.sock");
  const path = under(tmpdir());
  return Buffer.byteLength(path) <= LONGEST ? path : under("/tmp");
}

/** Throws one sentence unless `directory` is a real directory of this user's. */
export function checkOwner(directory: string): void {
  const stat = lstatSync(directory);
  if (stat.isSymbolicLink()) throw new Error(`${directory} must be a directory, not a symbolic link`);
  if (!stat.isDirectory()) throw new Error(`${directory} must be a directory`);
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid) {
    throw new Error(`${directory} belongs to user id ${stat.uid}, and Abacus runs as user id ${uid}`);
  }
}

function openPrivate(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  checkOwner(directory);
  const mode = lstatSync(directory).mode & 0o777;
  if (mode !== 0o700) {
    throw new Error(
      `${directory} must have mode 0700 and has 0${mode.toString(8)}: chmod 700 it or remove it`,
    );
  }
}

/** Makes the directory of `socket`, and the user's directory around it, or throws why it cannot be trusted. */
export function openSocketDirectory(socket: string): void {
  openPrivate(dirname(dirname(socket)));
  openPrivate(dirname(socket));
}
