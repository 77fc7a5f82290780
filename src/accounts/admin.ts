// The account `admin`, which the service makes itself, and the file that keeps its generated password.
import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Accounts } from "./accounts.js";
import { AccountError, ADMIN, checkPassword } from "./rules.js";
import { hasScope, SCOPES } from "./scopes.js";

/** What can be said about the admin's password at start. */
export interface AdminPassword {
  /** Absolute path of a file that holds the password, or null if there is none. */
  passwordFile: string | null;
  /** The password itself if this start has just generated it: for a terminal, never for a log. */
  password: string | undefined;
  /** One sentence for the operator when nobody here knows the password. */
  notice: string | undefined;
}

const REMEDY = "`npm run account -- passwd admin` sets a new one";

export function adminPasswordFile(dataDir: string): string {
  return resolve(dataDir, "admin-password");
}

/** The password in the file, which may end in a line break; undefined if there is no file. */
async function readPasswordFile(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the file (0600), whole or not at all; false if another process has made it meanwhile. */
async function createPasswordFile(file: string, password: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(`${password}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file); // unlike rename, it never replaces
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Removes the file unless it holds `password`, so that it never lies. Resolves to the path of what was
 * removed. To be called after the admin's password was changed.
 */
export async function dropStalePasswordFile(dataDir: string, password: string): Promise<string | undefined> {
  const file = adminPasswordFile(dataDir);
  const kept = await readPasswordFile(file);
  if (kept === undefined || kept === password) return undefined;
  await rm(file, { force: true });
  return file;
}

/** `ADMIN_PASSWORD` wins. The version changes only if the password does. */
async function useGivenPassword(accounts: Accounts, dataDir: string, given: string): Promise<AdminPassword> {
  try {
    checkPassword(given);
  } catch (error) {
    throw error instanceof AccountError ? new Error(`ADMIN_PASSWORD: ${error.message}`) : error;
  }
  const principal = await accounts.authenticate(ADMIN, given);
  if (!principal || !hasScope(principal, "admin")) await accounts.put(ADMIN, given, SCOPES);
  await dropStalePasswordFile(dataDir, given);
  const file = adminPasswordFile(dataDir);
  const kept = (await readPasswordFile(file)) !== undefined;
  return { passwordFile: kept ? file : null, password: undefined, notice: undefined };
}

/**
 * The password to propose for a new admin. It is in its file before it is in Redis, so that a crash between
 * the two loses nothing, and processes that start at once on one folder propose the same.
 */
async function proposePassword(file: string): Promise<{ password: string; generated: boolean }> {
  const kept = await readPasswordFile(file);
  if (kept === undefined) {
    const password = randomBytes(18).toString("base64url");
    if (await createPasswordFile(file, password)) return { password, generated: true };
    return proposePassword(file);
  }
  try {
    checkPassword(kept);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    throw new Error(`${file} holds no usable password: remove it, and the next start generates one`);
  }
  return { password: kept, generated: false };
}

/** Resolves to undefined if another process, on another folder, was first. */
async function makeAdmin(accounts: Accounts, file: string): Promise<AdminPassword | undefined> {
  const { password, generated } = await proposePassword(file);
  const added = await accounts.add(ADMIN, password, SCOPES).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AccountError && error.reason === "exists") return false;
      throw error;
    },
  );
  if (added || (await accounts.authenticate(ADMIN, password)))
    return { passwordFile: file, password: generated ? password : undefined, notice: undefined };
  if (generated) await rm(file, { force: true });
  return undefined;
}

/** What the file is worth when the account exists. A file that may belong to another Redis is left alone. */
async function checkPasswordFile(accounts: Accounts, file: string): Promise<AdminPassword> {
  const kept = await readPasswordFile(file);
  if (kept !== undefined && (await accounts.authenticate(ADMIN, kept)))
    return { passwordFile: file, password: undefined, notice: undefined };
  const notice =
    kept === undefined
      ? `the account admin has a password that is not kept in ${file}: if nobody knows it, ${REMEDY}`
      : `${file} does not hold the password of the account admin: if nobody knows it, ${REMEDY}`;
  return { passwordFile: null, password: undefined, notice };
}

/**
 * Sees to it that the account `admin` exists. `adminPassword` (empty counts as unset) wins over what was;
 * without it, the first start generates one: decided by Redis, which alone says who is first, and kept in
 * `dataDir`/admin-password. Redis only ever holds the hash. Throws for an `adminPassword` that breaks the
 * rules, and Redis's and the file system's own errors.
 */
export async function ensureAdmin(
  accounts: Accounts,
  { dataDir, adminPassword }: { dataDir: string; adminPassword?: string | undefined },
): Promise<AdminPassword> {
  await mkdir(dataDir, { recursive: true });
  if (adminPassword) return useGivenPassword(accounts, dataDir, adminPassword);
  const file = adminPasswordFile(dataDir);
  const made = (await accounts.get(ADMIN)) ? undefined : await makeAdmin(accounts, file);
  return made ?? checkPasswordFile(accounts, file);
}
