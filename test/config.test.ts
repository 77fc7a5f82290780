// The settings: what each is by default, what it refuses, and where it is read from.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { type Config, ConfigError, readConfig, settingsSchema } from "../src/config.js";

const example = readFileSync(".env.example", "utf8");
const readme = readFileSync("README.md", "utf8");
const folder = mkdtempSync(join(tmpdir(), "abacus-config-"));
process.chdir(folder); // `.env` is read from the working folder
t.teardown(() => rmSync(folder, { recursive: true }));

const MIB = 1024 ** 2;
const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

/** The defaults that users are promised. */
const defaults: Record<string, unknown> = {
  HOST: "127.0.0.1",
  PORT: 8080,
  DATA_DIR: "./data",
  REDIS_URL: undefined,
  REDIS_FSYNC: "everysec",
  REDIS_MEMORY: Math.floor(memory / 4),
  ADMIN_PASSWORD: undefined,
  LOG_LEVEL: "info",
  LOG_FILE: undefined,
  TLS_CERT: undefined,
  TLS_KEY: undefined,
  THREADS: os.availableParallelism(),
  INTERACTIVE_COST: 262_144,
  INLINE_BYTES: 262_144,
  UPLOAD_BYTES: 4096 * MIB,
  JSON_BYTES: 64 * MIB,
  COLUMNS: 20_000,
  FIELD_BYTES: MIB,
  TRAIN_COST: 1e11,
  SAMPLE_CELLS: 10_000_000,
  QUEUE_DEPTH: 100_000,
  ACCOUNT_JOBS: 10_000,
  RATE_LIMIT: 600,
  SIGNIN_LIMIT: 20,
  JOB_TIMEOUT: 3600,
  THREAD_MEMORY: Math.floor(Math.min(512 * MIB, memory / 8)),
  JOB_MEMORY: Math.floor(Math.min(512 * MIB, memory / 4)),
  FORM_PARTS: 100,
  DISK_RESERVE: 1024 * MIB,
  RETENTION: 86_400,
  SHUTDOWN_GRACE: 30,
  RECOVERY: 15,
  LOST_RETRIES: 10,
  SWEEP_INTERVAL: 60,
  WEBHOOK_ALLOW: undefined,
  OIDC_ISSUER: undefined,
  OIDC_AUDIENCE: undefined,
  METRICS_PUBLIC: false,
  ALLOW_IPS: undefined,
  TRUST_PROXY: undefined,
  CORS_ORIGINS: undefined,
  TUTORIALS: true,
  N_CLASSES: 2,
  RECORDS: 10_000,
};

const names = Object.keys(settingsSchema.properties) as (keyof Config)[];

t.test("each has its default", (t) => {
  t.strictSame(names, Object.keys(defaults));
  const config = readConfig({});
  for (const name of names) t.equal(config[name], defaults[name], name);
  t.end();
});

t.test("each says what it is", (t) => {
  for (const schema of Object.values(settingsSchema.properties)) t.match(schema, { description: /\w/ });
  t.end();
});

const notRanges: [value: string, expected: RegExp][] = [
  ["proxy.example", /must be addresses or ranges such as 10\.0\.0\.0\/8, separated by commas/],
  ["10.0.0.0/33", /must be addresses or ranges/],
  ["10.0.0.1,", /must be addresses or ranges/],
  ["10.0.0.1;10.0.0.2", /must be addresses or ranges/],
];

t.test("each refuses what makes no sense, and is named", (t) => {
  const wrong: Record<string, [value: string, expected: RegExp][]> = {
    PORT: [
      ["65536", /must be <= 65535/],
      ["-1", /must be >= 0/],
      ["http", /must be integer/],
      ["80.5", /must be integer/],
    ],
    REDIS_FSYNC: [["sometimes", /must be one of everysec, always/]],
    LOG_LEVEL: [["loud", /must be one of fatal, error, warn, info, debug, trace, silent/]],
    TRAIN_COST: [
      ["0", /must be >= 1/],
      ["much", /must be number/],
    ],
    // with more, a timer would fire at once
    JOB_TIMEOUT: [
      ["0", /must be >= 0\.001/],
      ["2147484", /must be <= 2147483/],
      ["Infinity", /must be a finite number/],
      ["1h", /must be number/],
    ],
    SHUTDOWN_GRACE: [["-1", /must be >= 0/]],
    RETENTION: [["0.5", /must be >= 1/]],
    RECOVERY: [["0", /must be >= 1/]],
    SWEEP_INTERVAL: [["0", /must be >= 0\.1/]],
    METRICS_PUBLIC: [
      ["yes", /must be boolean/],
      ["1", /must be boolean/],
    ],
    TUTORIALS: [["off", /must be boolean/]],
    WEBHOOK_ALLOW: [
      [
        "https://hooks.example",
        /must be addresses, ranges such as 10\.0\.0\.0\/8, or host names, separated by/,
      ],
      ["hooks.example:8080", /must be addresses, ranges/],
      ["10.0.0.0/33", /must be addresses, ranges/],
      ["10.0.0.256", /must be addresses, ranges/],
      ["*.example", /must be addresses, ranges/],
      ["hooks.example,", /must be addresses, ranges/],
    ],
    ALLOW_IPS: notRanges,
    TRUST_PROXY: [...notRanges, ["true", /must be addresses or ranges/]],
    CORS_ORIGINS: [
      ["*", /must be origins such as https:\/\/app\.example, separated by commas/],
      ["app.example", /must be origins/],
      ["https://app.example/", /must be origins/],
      ["https://app.example https://b.example", /must be origins/],
      ["null", /must be origins/],
      ["file:///page.html", /must be origins/],
    ],
  };
  const texts = ["HOST", "DATA_DIR", "REDIS_URL", "ADMIN_PASSWORD", "LOG_FILE", "TLS_CERT", "TLS_KEY"];
  texts.push("OIDC_ISSUER", "OIDC_AUDIENCE");
  const counts = names.filter((name) => !(name in wrong) && !texts.includes(name));
  for (const name of counts)
    wrong[name] = [
      ["-1", /must be >= \d+/],
      ["many", /must be integer/],
      ["1.5", /must be integer/],
      ["4GiB", /must be integer/],
    ];
  for (const [name, values] of Object.entries(wrong))
    for (const [value, expected] of values) {
      const message = messageOf({ [name]: value });
      t.match(message, new RegExp(`^${name} `), `${name}=${value}`);
      t.match(message, expected);
      t.ok(message.endsWith(`, but is ${JSON.stringify(value)}`), message);
    }
  t.match(
    messageOf({ PORT: "99999", LOG_LEVEL: "loud" }),
    /^PORT must be <= 65535, but is "99999"$/,
    "the first",
  );
  t.end();
});

function messageOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

t.test("lists", (t) => {
  const config = readConfig({
    ALLOW_IPS: "127.0.0.1, 10.0.0.0/8 ,::1,fe80::/10",
    TRUST_PROXY: "172.16.0.0/12",
    WEBHOOK_ALLOW: "hooks.example, localhost,10.0.0.0/8",
    CORS_ORIGINS: "https://app.example,http://localhost:3000",
  });
  t.strictSame(config.ALLOW_IPS, ["127.0.0.1", "10.0.0.0/8", "::1", "fe80::/10"]);
  t.strictSame(config.TRUST_PROXY, ["172.16.0.0/12"]);
  t.strictSame(config.WEBHOOK_ALLOW, ["hooks.example", "localhost", "10.0.0.0/8"]);
  t.strictSame(config.CORS_ORIGINS, ["https://app.example", "http://localhost:3000"]);
  t.end();
});

t.test("a REDIS_URL that is none, which is not repeated: it may hold a password", (t) => {
  for (const url of ["http://:secret@host", "redsi://:secret@host", "host:6379", "redis://:secret@host:port"])
    t.equal(
      messageOf({ REDIS_URL: url }),
      "REDIS_URL must be redis://host:port, rediss://host:port, or the path of a socket",
    );
  for (const url of [
    "redis://:secret@host",
    "rediss://u:p@host:6380/1",
    "redis://[::1]:6379",
    "/run/redis.sock",
  ])
    t.equal(readConfig({ REDIS_URL: url }).REDIS_URL, url);
  t.end();
});

t.test("a certificate without its key, and the reverse", (t) => {
  t.equal(messageOf({ TLS_CERT: "cert.pem" }), "TLS_KEY must be set too, because TLS_CERT is");
  t.equal(messageOf({ TLS_KEY: "privkey.pem" }), "TLS_CERT must be set too, because TLS_KEY is");
  t.end();
});

t.test("an issuer that is none, and one without an audience", (t) => {
  const OIDC_AUDIENCE = "abacus";
  const wrong = [
    ...[
      "issuer.example",
      "http://issuer.example",
      "ftp://issuer.example",
      "https://",
      "http://localhost.evil.example",
    ],
    ...["https://issuer.example?tenant=1", "https://issuer.example#1", "https://user@issuer.example"],
  ];
  for (const OIDC_ISSUER of wrong)
    t.equal(
      messageOf({ OIDC_ISSUER, OIDC_AUDIENCE }),
      `OIDC_ISSUER must be an address such as https://issuer.example, but is "${OIDC_ISSUER}"`,
    );
  for (const OIDC_ISSUER of [
    "https://a.example/realms/b",
    "https://a.example/",
    "http://localhost:1",
    "http://[::1]:1",
  ])
    t.match(readConfig({ OIDC_ISSUER, OIDC_AUDIENCE }), { OIDC_ISSUER, OIDC_AUDIENCE });
  t.equal(messageOf({ OIDC_AUDIENCE }), "OIDC_ISSUER must be set too, because OIDC_AUDIENCE is");
  t.equal(
    messageOf({ OIDC_ISSUER: "https://a.example" }),
    "OIDC_AUDIENCE must be set too, because OIDC_ISSUER is",
  );
  t.end();
});

t.test("counts and sizes may be as large as anybody could want", (t) => {
  const counts = names.filter((name) => typeof defaults[name] === "number" && name !== "PORT");
  const timers = ["JOB_TIMEOUT", "SHUTDOWN_GRACE", "RECOVERY", "SWEEP_INTERVAL"];
  for (const name of counts.filter((name) => !timers.includes(name)))
    t.equal(readConfig({ [name]: "1000000000" })[name], 1e9, name);
  t.end();
});

t.test("a variable that is set to nothing counts as unset", (t) => {
  const config = readConfig(Object.fromEntries(names.map((name) => [name, ""])));
  for (const name of names) t.equal(config[name], defaults[name], name);
  t.end();
});

t.test("what else is in the environment is no setting", (t) => {
  t.strictSame(
    Object.keys(readConfig({ PATH: "/bin", ports: "1", PORT: "1" })).sort(),
    Object.keys(readConfig({})).sort(),
  );
  t.end();
});

t.test("`.env` in the working folder", (t) => {
  const lines = [
    "# a comment",
    "PORT=1",
    "HOST='::1'",
    "REDIS_URL=",
    "LOG_LEVEL=",
    'ADMIN_PASSWORD="a # b"',
    "OTHER=1",
  ];
  writeFileSync(".env", `${lines.join("\n")}\n`);
  t.teardown(() => rmSync(".env"));
  t.match(readConfig({}), { PORT: 1, HOST: "::1", LOG_LEVEL: "info", ADMIN_PASSWORD: "a # b" });
  t.equal(readConfig({}).REDIS_URL, undefined, "set to nothing there, too");
  t.match(
    readConfig({ PORT: "2", HOST: "" }),
    { PORT: 2, HOST: "::1" },
    "the environment wins where it says something",
  );
  writeFileSync(".env", "PORT=http\n");
  t.equal(messageOf({}), 'PORT must be integer, but is "http"');
  t.end();
});

t.test("`.env.example` lists each with its default", (t) => {
  const lines = example.split("\n").map((line) => /^(?:# )?([A-Z_]+)=(.*)$/.exec(line));
  const listed = new Map(lines.filter((line) => line !== null).map(([, name, value]) => [name, value]));
  for (const name of names) {
    t.ok(listed.has(name), name);
    // those that depend on the machine are described in words
    const onMachine = ["REDIS_MEMORY", "THREADS", "THREAD_MEMORY", "JOB_MEMORY"].includes(name);
    if (!onMachine) t.equal(readConfig({ [name]: listed.get(name) ?? "" })[name], defaults[name], name);
  }
  t.end();
});

t.test("the README's table has each", (t) => {
  const rows = readme.split("\n").filter((line) => line.startsWith("| `"));
  const listed = rows.flatMap((row) =>
    [...row.split("|")[1]!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  );
  t.same([...listed].sort(), [...names].sort());
  t.end();
});
