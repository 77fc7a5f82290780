// The log: JSON lines on standard error and, if there is to be one, in a file that rotates.
import { mkdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Level, type Logger, multistream, pino } from "pino";
import { createStream } from "rotating-file-stream";
import { type Config, ConfigError } from "./config.js";

/** Bytes after which a new file begins. */
const FILE_BYTES = 10 * 1024 * 1024;
/** Bytes that wait for a slow disk at most; lines beyond them are on the console alone. */
const BACKLOG = 16 * 1024 * 1024;
/** Files that are kept beside the one that is written: FILE.1 is the last before it. */
const OLDER_FILES = 4;

export interface Log {
  readonly logger: Logger;
  /** What was logged is in the file; the logger must not be used afterwards. */
  close(): Promise<void>;
}

/** `bindings` are in every line. Rejects with ConfigError when LOG_FILE cannot be written. */
export async function openLog(
  { LOG_LEVEL, LOG_FILE }: Pick<Config, "LOG_LEVEL" | "LOG_FILE">,
  bindings: object,
  fileBytes = FILE_BYTES,
): Promise<Log> {
  const options = { level: LOG_LEVEL, base: bindings };
  // the lines for people go to standard output
  const console = pino.destination(2);
  console.on("error", () => {}); // a terminal that was closed is no reason to end
  if (LOG_FILE === undefined) return { logger: pino(options, console), close: async () => {} };

  const file = await openFile(LOG_FILE, fileBytes);
  const write = (line: string) => {
    if (file.writable && file.writableLength < BACKLOG) file.write(line);
  };
  const level: Level = "trace"; // what is logged is the logger's to decide
  const streams = [console, { write }].map((stream) => ({ stream, level }));
  const logger = pino(options, multistream(streams));
  // an error ends the stream, and the console has every line
  file.on("error", (err) => logger.error({ err }, "LOG_FILE cannot be written any more"));
  return { logger, close: () => new Promise((closed) => file.end(closed)) };
}

/** Resolves when the file is open. */
async function openFile(path: string, bytes: number) {
  const whole = resolve(path);
  try {
    mkdirSync(dirname(whole), { recursive: true });
    const file = createStream(basename(whole), {
      path: dirname(whole),
      size: `${bytes}B`,
      rotate: OLDER_FILES,
      mode: 0o600,
    });
    await new Promise<void>((opened, failed) => {
      file.once("open", () => opened());
      file.once("error", failed);
    });
    return file;
  } catch (error) {
    throw new ConfigError(`LOG_FILE cannot be written: ${(error as Error).message}`);
  }
}
