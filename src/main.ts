#!/usr/bin/env node
// The command line: a thin reader of arguments; each command is a file of commands/.
import { parseArgs } from "node:util";
import { ConfigError } from "./config.js";
import { version } from "./version.js";

const USAGE = `usage: abacus [serve | api | worker | account | dump | load] [options]
  serve      the service and its worker in one process (the default)
  api        the HTTP side alone, on the Redis of REDIS_URL
  worker     a worker alone, on the Redis of REDIS_URL
  account    add NAME | passwd NAME | remove NAME | list | secret NAME [--rotate]
  dump       prints the tutorials' records as JSON fixtures
  load       [FILE] puts fixtures in place of the records with the same ids
options
  --log-level LEVEL   as LOG_LEVEL (also --logLevel)
  --ssl               HTTPS with cert.pem and privkey.pem of the working folder
  --version, --help
Settings come from the environment and from .env; the README lists them.
`;

/** The names that Python's logging has for levels, where they are others. */
const PYTHON_LEVELS: Record<string, string> = { warning: "warn", critical: "fatal" };

async function main(args: string[]): Promise<void> {
  const known = args.findIndex((arg) => !arg.startsWith("-"));
  const command = args[known];
  if (command === "account") {
    const { accountCommand } = await import("./commands/account-command.js");
    process.exitCode = await accountCommand(args.slice(known + 1));
    return;
  }
  if (command === "dump" || command === "load") {
    const { recordsCommand } = await import("./commands/records-command.js");
    process.exitCode = await recordsCommand(command, args.slice(known + 1));
    return;
  }
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      "log-level": { type: "string" },
      logLevel: { type: "string" },
      ssl: { type: "boolean" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  if (values.version) return void process.stdout.write(`${version}\n`);
  const { run, ROLES } = await import("./commands/run.js");
  const name = positionals[0] ?? "serve";
  if (!Object.hasOwn(ROLES, name)) throw new UsageError(`unknown command ${name}`);
  if (positionals.length > 1) throw new UsageError(`${positionals[1]} is one argument too many`);
  const level = values["log-level"] ?? values.logLevel;
  if (level !== undefined) process.env.LOG_LEVEL = PYTHON_LEVELS[level.toLowerCase()] ?? level.toLowerCase();
  if (values.ssl) Object.assign(process.env, { TLS_CERT: "cert.pem", TLS_KEY: "privkey.pem" });
  await run(name as keyof typeof ROLES);
}

class UsageError extends Error {}

main(process.argv.slice(2)).catch((error: NodeJS.ErrnoException) => {
  const usage = error instanceof UsageError || error.code?.startsWith("ERR_PARSE_ARGS");
  const expected = usage || error instanceof ConfigError;
  process.stderr.write(`abacus: ${expected ? error.message : describe(error)}\n${usage ? USAGE : ""}`);
  process.exit(usage ? 2 : 1);
});

/** A failed start in one sentence; its inside only for those who ask. */
function describe(error: Error): string {
  return process.env.LOG_LEVEL === "debug" ? (error.stack ?? error.message) : error.message;
}
