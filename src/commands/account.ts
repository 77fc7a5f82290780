// `npm run account`: adds, changes, removes and lists accounts.
import type { Writable } from "node:stream";
import type { Accounts } from "../accounts/accounts.js";
import { dropStalePasswordFile } from "../accounts/admin.js";
import { type PasswordSource, readPassword } from "../accounts/password-input.js";
import { AccountError, ADMIN, checkName } from "../accounts/rules.js";
import { formatScopes } from "../accounts/scopes.js";
import type { WebhookSecrets } from "../webhooks/secrets.js";

export interface AccountCommandDeps extends PasswordSource {
  accounts: Accounts;
  secrets: WebhookSecrets;
  stdout: Writable;
  /** Where `admin-password` may lie. */
  dataDir: string;
}

const USAGE = `usage: npm run account -- add NAME | passwd NAME | remove NAME | list | secret NAME [--rotate]
  add NAME      makes an account; its password comes from a prompt or the first line of standard input
  passwd NAME   gives an account another password; the old one ends at once
  remove NAME   removes an account; its password, tokens and sessions end at once
  list          prints each account's name, when it was made, and its scopes
  secret NAME   prints the secret that the account's webhooks are signed with; with --rotate another one, which
                replaces it
`;

/** A chosen password is not written to disk: the file of the generated one goes, and the person is told. */
async function tellOfPasswordFile({ stdout, dataDir }: AccountCommandDeps, password: string): Promise<void> {
  const removed = await dropStalePasswordFile(dataDir, password);
  if (removed) stdout.write(`Removed ${removed}, which held the old one.\n`);
}

async function add(deps: AccountCommandDeps, name: string): Promise<void> {
  const { accounts, stdout } = deps;
  checkName(name);
  if (await accounts.get(name)) throw new AccountError("exists", `there is already an account ${name}`);
  const password = await readPassword(deps, name);
  await accounts.add(name, password);
  stdout.write(`Added the account ${name}.\n`);
  if (name === ADMIN) await tellOfPasswordFile(deps, password);
}

async function passwd(deps: AccountCommandDeps, name: string): Promise<void> {
  const { accounts, stdout } = deps;
  checkName(name);
  if (!(await accounts.get(name))) throw new AccountError("unknown", `there is no account ${name}`);
  const password = await readPassword(deps, name);
  await accounts.setPassword(name, password);
  stdout.write(`Changed the password of ${name}.\n`);
  if (name === ADMIN) await tellOfPasswordFile(deps, password);
}

async function remove({ accounts, stdout }: AccountCommandDeps, name: string): Promise<void> {
  await accounts.remove(name);
  stdout.write(`Removed the account ${name}.\n`);
}

async function list({ accounts, stdout }: AccountCommandDeps): Promise<void> {
  const all = await accounts.list();
  const width = Math.max(0, ...all.map(({ name }) => name.length));
  for (const { name, createdAt, scopes } of all)
    stdout.write(`${name.padEnd(width)}  ${createdAt}  ${formatScopes(scopes)}\n`);
}

/** Of an account of an outside issuer there is no record. */
const OUTSIDE = "oidc:";

async function secret({ accounts, secrets, stdout }: AccountCommandDeps, name: string, rotate: boolean) {
  if (!name.startsWith(OUTSIDE)) {
    checkName(name);
    if (!(await accounts.get(name))) throw new AccountError("unknown", `there is no account ${name}`);
  }
  stdout.write(`${await (rotate ? secrets.rotate(name) : secrets.of(name))}\n`);
}

type Command = (deps: AccountCommandDeps, name: string) => Promise<void>;
const WITH_NAME = new Map<string, Command>([
  ["add", add],
  ["passwd", passwd],
  ["remove", remove],
  ["secret", (deps, name) => secret(deps, name, false)],
]);

/** Undefined if `args` are not a command. */
function choose(args: string[], deps: AccountCommandDeps): (() => Promise<void>) | undefined {
  const [command = "", name, ...more] = args;
  if (command === "list" && name === undefined) return () => list(deps);
  if (command === "secret" && name !== undefined && more.join() === "--rotate")
    return () => secret(deps, name, true);
  const named = WITH_NAME.get(command);
  if (named && name !== undefined && more.length === 0) return () => named(deps, name);
  return undefined;
}

/**
 * Runs one account command and resolves to the exit code: 0 done, 1 refused or failed (one sentence on
 * stderr), 2 not a command. Opening and closing Redis is the caller's.
 */
export async function account(args: string[], deps: AccountCommandDeps): Promise<number> {
  if (args[0] === "--help" || args[0] === "-h") {
    deps.stdout.write(USAGE);
    return 0;
  }
  const run = choose(args, deps);
  if (!run) {
    deps.stderr.write(USAGE);
    return 2;
  }
  try {
    await run();
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    deps.stderr.write(
      error instanceof AccountError ? `${message}\n` : `account ${args[0]} failed: ${message}\n`,
    );
    return 1;
  }
}
