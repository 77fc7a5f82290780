// `abacus dump` and `abacus load`: the tutorials' records as fixtures.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Config, readConfig } from "../config.js";
import { dump, FixtureError, load, parseFixtures } from "../records/fixtures.js";
import { createRecords } from "../records/records.js";
import { onRedis } from "./on-redis.js";

const USAGE = `usage: abacus dump | load [FILE]
  dump         prints all tasks, people and entries as fixtures: a JSON array of { model, pk, fields }
  load [FILE]  puts the fixtures of a file, or of standard input (-), in place of the records with the same pk
`;

async function dumpRecords(config: Config): Promise<void> {
  // a mistaken folder must not look like one without records
  if (config.REDIS_URL === undefined && !existsSync(join(config.DATA_DIR, "redis")))
    throw new Error(`there is no data in DATA_DIR, which is ${resolve(config.DATA_DIR)}`);
  await onRedis(config, "records", async (redis) => {
    const lines = dump(createRecords(redis, config.RECORDS));
    await pipeline(Readable.from(lines), process.stdout, { end: false });
  });
}

async function loadRecords(config: Config, file: string | undefined): Promise<void> {
  const fixtures = parseFixtures(
    file === undefined || file === "-" ? await buffer(process.stdin) : await readFile(file),
  );
  await onRedis(config, "records", (redis) => load(redis, fixtures, config.RECORDS));
  const count = [...fixtures.values()].reduce((sum, { size }) => sum + size, 0);
  process.stdout.write(`Loaded ${count} ${count === 1 ? "record" : "records"}.\n`);
}

/** Resolves to the exit code: 0 done, 1 refused or failed (one sentence on stderr), 2 not a command. */
export async function recordsCommand(command: "dump" | "load", args: string[]): Promise<number> {
  const [file, ...more] = args;
  if (file === "--help" || file === "-h") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (/^-./.test(file ?? "") || more.length > 0 || (command === "dump" && file !== undefined)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const config = readConfig();
  try {
    await (command === "dump" ? dumpRecords(config) : loadRecords(config, file));
    return 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return 0; // who reads it has enough
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(error instanceof FixtureError ? `${message}\n` : `${command} failed: ${message}\n`);
    return 1;
  }
}
