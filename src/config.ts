// The settings: read from the environment (and `.env`) and checked once. One schema; the type follows from it.
import { readFileSync } from "node:fs";
import os from "node:os";
import { parseEnv } from "node:util";
import { envSchema } from "env-schema";
import { DEFAULT_LIMITS, type Limits } from "../workers/limits.js";
import Type, { type Static, type TProperties } from "../workers/typebox.js";
import { isAddressRange } from "./address-ranges.js";
import { isHostName } from "./host-names.js";
import { memory } from "./memory.js";

const MIB = 1024 * 1024;

const cores = os.availableParallelism();

const count = (description: string, value: number, minimum = 1) =>
  Type.Integer({ description, default: value, minimum });
/** What a timer can hold; with more it would fire at once. Seconds. */
const LONGEST_TIMER = 2_147_483;

const seconds = (description: string, value: number, minimum = 0, maximum = LONGEST_TIMER) =>
  Type.Number({ description: `${description} (seconds)`, default: value, minimum, maximum });
const bytes = (description: string, value: number, minimum = 1) =>
  Type.Integer({ description: `${description} (bytes)`, default: Math.floor(value), minimum });
const optional = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }));
/** Texts between commas; what each must be is in LISTS. */
const list = (description: string) =>
  Type.Optional(Type.Unsafe<string[]>({ type: "string", separator: ",", description }));

const settings = {
  HOST: Type.String({ description: "address to listen on", default: "127.0.0.1" }),
  PORT: Type.Integer({
    description: "port; 0 takes a free one",
    default: 8080,
    minimum: 0,
    maximum: 65535,
  }),
  DATA_DIR: Type.String({
    description: "uploads, large results, the private Redis",
    default: "./data",
    minLength: 1,
  }),
  REDIS_URL: optional("a Redis to share; unset: a private one"),
  REDIS_FSYNC: Type.Union([Type.Literal("everysec"), Type.Literal("always")], {
    description: "when the private Redis writes to the disk",
    default: "everysec",
  }),
  REDIS_MEMORY: bytes("bound of the private Redis", memory / 4, MIB),
  ADMIN_PASSWORD: optional("password of the account admin; unset: one is generated at the first start"),
  LOG_LEVEL: Type.Union(
    ["fatal", "error", "warn", "info", "debug", "trace", "silent"].map((level) => Type.Literal(level)),
    { description: "least severe line that is logged", default: "info" },
  ),
  LOG_FILE: optional("a file for the log beside standard error; it rotates"),
  TLS_CERT: optional("the certificate and its chain (a PEM file); with TLS_KEY: HTTPS"),
  TLS_KEY: optional("the certificate's private key (a PEM file)"),
  THREADS: count("batch threads; the interactive pool has half, at least 1", cores),
  INTERACTIVE_COST: count("largest cost of a job that goes to the interactive lane", 262_144, 0),
  INLINE_BYTES: bytes("largest JSON body that is read at once; a larger one is stored unparsed", 262_144, 0),
  UPLOAD_BYTES: bytes("largest upload, and what a gzip file may unpack to", 4 * 1024 * MIB),
  JSON_BYTES: bytes("largest JSON body", 64 * MIB),
  COLUMNS: count("columns of a table", DEFAULT_LIMITS.columns),
  FIELD_BYTES: bytes("one field of a table", DEFAULT_LIMITS.fieldBytes),
  TRAIN_COST: Type.Number({
    description: "iterations × binaryDim × hiddenDim² of one training",
    default: DEFAULT_LIMITS.trainCost,
    minimum: 1,
  }),
  SAMPLE_CELLS: count("samples × features of one set of samples", DEFAULT_LIMITS.sampleCells),
  QUEUE_DEPTH: count("jobs that have not ended, of all accounts", 100_000),
  ACCOUNT_JOBS: count("jobs of one account that have not ended", 10_000),
  RATE_LIMIT: count("submissions of an account in a minute", 600),
  SIGNIN_LIMIT: count("failed sign-ins from an address in a minute", 20),
  JOB_TIMEOUT: seconds("longest run of a job", 3600, 0.001),
  THREAD_MEMORY: bytes("JavaScript heap of one thread", Math.min(512 * MIB, memory / 8), 16 * MIB),
  JOB_MEMORY: bytes("one job's parts together, ArrayBuffers included", Math.min(512 * MIB, memory / 4), MIB),
  FORM_PARTS: count("parts of a multipart form", 100),
  DISK_RESERVE: bytes("free disk below which uploads are refused", 1024 * MIB, 0),
  RETENTION: seconds("how long an outcome is kept", 86_400, 1, 1e9),
  SHUTDOWN_GRACE: seconds("how long running jobs may go on after a signal", 30),
  RECOVERY: seconds("within which a job runs again when its worker was killed", 15, 1),
  LOST_RETRIES: count("crashes of its worker that a job survives", 10, 0),
  SWEEP_INTERVAL: seconds("between two rounds of tidying", 60, 0.1),
  WEBHOOK_ALLOW: list(
    "addresses, CIDR ranges and host names that webhooks may call although they are not public",
  ),
  OIDC_ISSUER: optional("issuer of JWTs that are bearer tokens, as their `iss` has it"),
  OIDC_AUDIENCE: optional("what those JWTs must have in `aud`"),
  METRICS_PUBLIC: Type.Boolean({ description: "whether /metrics needs no account", default: false }),
  ALLOW_IPS: list("addresses and CIDR ranges that may ask; unset: all"),
  TRUST_PROXY: list("addresses and CIDR ranges of proxies whose X-Forwarded-* headers count"),
  CORS_ORIGINS: list("origins of web pages that may use the API"),
  TUTORIALS: Type.Boolean({ description: "whether there are the routes of the tutorials", default: true }),
  N_CLASSES: count("classes that /sample_producer makes unless its query says", 2),
  RECORDS: count("records of each kind that the tutorials' routes keep", 10_000),
} satisfies TProperties;

export const settingsSchema = Type.Object(settings);
export type Config = Static<typeof settingsSchema>;

/** A setting that is wrong; the message names the variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

interface AjvError {
  instancePath: string;
  message?: string;
  params: { allowedValue?: unknown; allowedValues?: unknown[] };
}

function sentence(errors: AjvError[], environment: Record<string, unknown>): string {
  const variable = errors[0]?.instancePath.slice(1) ?? "";
  const own = errors.filter(({ instancePath }) => instancePath === errors[0]?.instancePath);
  const choices = own.map((error) => error.params.allowedValue).filter((value) => value !== undefined);
  const expected = choices.length > 0 ? `must be one of ${choices.join(", ")}` : errors[0]?.message;
  return `${variable} ${expected}, but is ${JSON.stringify(environment[variable])}`;
}

/** The variables that are set to something: those of `.env` in the working folder, where `environment` has none. */
function given(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  const isSet = ([, value]: [string, string | undefined]) => value !== undefined && value !== "";
  const entries = [readDotenv(), environment].flatMap((variables) => Object.entries(variables).filter(isSet));
  return Object.fromEntries(entries);
}

function readDotenv(): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(".env", "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** An origin as browsers write it: scheme, host and a port that is not the scheme's own. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

const RANGES = { isItem: isAddressRange, expected: "addresses or ranges such as 10.0.0.0/8" };

/** What the items of a list must be. */
const LISTS = {
  WEBHOOK_ALLOW: {
    isItem: (text: string) => isAddressRange(text) || isHostName(text),
    expected: "addresses, ranges such as 10.0.0.0/8, or host names",
  },
  ALLOW_IPS: RANGES,
  TRUST_PROXY: RANGES,
  CORS_ORIGINS: { isItem: isOrigin, expected: "origins such as https://app.example" },
} as const;

/** Spaces around the commas are no part of the items. */
function readLists(config: Config, environment: Record<string, unknown>): void {
  for (const name of Object.keys(LISTS) as (keyof typeof LISTS)[]) {
    const items = config[name]?.map((item) => item.trim());
    if (!items) continue;
    const { isItem, expected } = LISTS[name];
    if (!items.every(isItem))
      throw new ConfigError(
        `${name} must be ${expected}, separated by commas, but is ${JSON.stringify(environment[name])}`,
      );
    config[name] = items;
  }
}

/** With a mistyped scheme an address would be taken for the path of a socket, and waited for. It may hold a password. */
function refuseStrangeRedis({ REDIS_URL }: Config): void {
  if (REDIS_URL === undefined || REDIS_URL.startsWith("/")) return;
  if (/^rediss?:\/\//.test(REDIS_URL) && URL.canParse(REDIS_URL)) return;
  throw new ConfigError("REDIS_URL must be redis://host:port, rediss://host:port, or the path of a socket");
}

/** Without HTTPS, whoever is in between could make keys: it must be this machine. */
function refuseStrangeIssuer({ OIDC_ISSUER }: Config): void {
  if (OIDC_ISSUER === undefined) return;
  const { protocol, hostname, search, hash, username } = URL.canParse(OIDC_ISSUER)
    ? new URL(OIDC_ISSUER)
    : new URL("none:");
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  const isSafe = protocol === "https:" || (protocol === "http:" && isHere);
  if (isSafe && search + hash + username === "") return;
  throw new ConfigError(
    `OIDC_ISSUER must be an address such as https://issuer.example, but is ${JSON.stringify(OIDC_ISSUER)}`,
  );
}

/** Settings of which one is of no use without the other. */
const PAIRS = [
  ["TLS_CERT", "TLS_KEY"],
  ["OIDC_ISSUER", "OIDC_AUDIENCE"],
] as const;

function refuseHalf(config: Config): void {
  for (const [one, other] of PAIRS) {
    if ((config[one] === undefined) === (config[other] === undefined)) continue;
    const [set, unset] = config[one] === undefined ? [other, one] : [one, other];
    throw new ConfigError(`${unset} must be set too, because ${set} is`);
  }
}

/** The schema's bounds do not apply to what is no finite number. */
function refuseInfinite(config: Config): void {
  for (const [name, value] of Object.entries(config))
    if (typeof value === "number" && !Number.isFinite(value))
      throw new ConfigError(`${name} must be a finite number, but is "${value}"`);
}

/**
 * Reads the settings. `environment` wins over `.env` in the working folder; a variable that is set to
 * nothing counts as unset. Throws ConfigError for a wrong value.
 */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const variables = given(environment);
  try {
    const config = envSchema<Config>({
      schema: structuredClone(settingsSchema),
      data: { ...variables },
      env: false,
    });
    refuseInfinite(config);
    refuseStrangeRedis(config);
    refuseStrangeIssuer(config);
    refuseHalf(config);
    readLists(config, variables);
    return config;
  } catch (error) {
    const errors = (error as { errors?: AjvError[] }).errors;
    if (!errors) throw error;
    throw new ConfigError(sentence(errors, variables));
  }
}

/** The part of the settings that computations keep to. */
export function limitsOf(config: Config): Limits {
  const { UPLOAD_BYTES, COLUMNS, FIELD_BYTES, TRAIN_COST, SAMPLE_CELLS } = config;
  return {
    ...{ uploadBytes: UPLOAD_BYTES, columns: COLUMNS, fieldBytes: FIELD_BYTES },
    ...{ trainCost: TRAIN_COST, sampleCells: SAMPLE_CELLS },
  };
}

/** For `catch` where the system does not allow what settings ask for: throws an error that names them. */
export function naming(settings: string) {
  return (error: Error): never => {
    throw new Error(`${settings}: ${error.message}`, { cause: error });
  };
}
