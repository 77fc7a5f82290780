// The image without an engine: the Dockerfile's steps in a clean folder, and what comes out of them at work.
import { execFile } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { makeCertificate, NO_OPENSSL } from "../certificate.js";
import { spawnProcess, untilStarted } from "../processes.js";
import { PASSWORD } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { readDockerfile, textsOf, wordsOf } from "./dockerfile.js";
import { buildImage } from "./image-folder.js";
import { findPort } from "./nginx.js";

/** Debian's user and group without rights, by number. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

t.setTimeout(300_000); // it installs every package twice

const workplace = await makeWorkplace(t);
const { stage, root } = await buildImage(workplace.folder);
const app = join(root, "app");
const data = join(workplace.folder, "volume");
mkdirSync(data, { mode: 0o700 });
if (isRoot) {
  chmodSync(workplace.folder, 0o711); // the way to its folders
  chownSync(data, NOBODY, NOBODY);
}

/** Where a path of the image is here. */
const here = (path: string) => path.replace(/^\/data(?=$|\/)/, data).replace(/^\/(?=app\/)/, `${root}/`);

/** A command of the image, as a user without rights: nothing but the volume can be written to. */
function commandOf(words: string[]): [string, ...string[]] {
  const [program, ...args] = words.map(here) as [string, ...string[]];
  if (!isRoot) return [program, ...args];
  return ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", program, ...args];
}

const onPath = (program: string) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** The entry point with arguments behind it. Where there is no tini, Node is started without it. */
function entryPoint(...args: string[]): [string, ...string[]] {
  const words = wordsOf(textsOf(stage, "ENTRYPOINT")[0]);
  const own = words[0] === "tini" && !onPath("tini") ? words.slice(words.indexOf("--") + 1) : words;
  return commandOf([...own, ...args]);
}

const environment = Object.fromEntries(
  Object.entries(stage.environment).map(([name, value]) => [name, here(value)]),
);

/** Whether the health check finds the service well. */
async function isHealthy(env: Record<string, string>): Promise<boolean> {
  const [program, ...args] = commandOf(wordsOf(textsOf(stage, "HEALTHCHECK")[0]));
  const all = { PATH: process.env.PATH, ...environment, ...env };
  return promisify(execFile)(program, args, { env: all, timeout: 5000 }).then(
    () => true,
    () => false,
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

t.test("what it says of itself", (t) => {
  const { args, stages } = readDockerfile("docker/Dockerfile");
  const major = Number(/^node:(\d+)-\w+-slim$/.exec(args.NODE_IMAGE ?? "")?.[1]);
  t.ok(major >= 20 && major % 2 === 0, "a version of Node with long-term support");
  t.ok(stages.length > 1 && stages.every(({ base }) => /^\$\{NODE_IMAGE\}$/.test(base)));
  t.strictSame(textsOf(stage, "USER"), ["node"]);
  t.strictSame(textsOf(stage, "VOLUME"), [stage.environment.DATA_DIR]);
  t.strictSame(textsOf(stage, "EXPOSE"), ["8080"]);
  t.equal(stage.environment.HOST, "0.0.0.0");
  t.strictSame(textsOf(stage, "CMD"), [], "what follows the image's name goes to abacus");
  t.match(textsOf(stage, "RUN")[0], /install -y --no-install-recommends redis-tools tini /);
  t.end();
});

t.test("it holds what runs and nothing else", (t) => {
  t.strictSame(readdirSync(app).sort(), ["LICENSE", "dist", "docker", "node_modules", "package.json"]);
  t.strictSame(readdirSync(join(app, "dist")).sort(), ["src", "workers"], "no tests");
  const files = filesIn(join(app, "dist"));
  t.strictSame(
    files.filter((file) => file.endsWith(".map")),
    [],
  );
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const name of Object.keys(dependencies)) t.ok(existsSync(join(app, "node_modules", name)), name);
  for (const name of ["tap", "typescript", "@biomejs/biome"]) {
    t.ok(devDependencies[name]);
    t.notOk(existsSync(join(app, "node_modules", name)), name);
  }
  const bundled = readFileSync(join(app, "dist/workers/typebox.js"), "utf8");
  t.match(bundled, /^\/\* TypeBox\s+The MIT License/, "with the licence of what is bundled");
  t.end();
});

t.test("serve is the default command, options follow it, SIGTERM ends it", async (t) => {
  const before = filesIn(root);
  const env = { ...environment, PORT: String(await findPort(["0.0.0.0"])), ADMIN_PASSWORD: "" };
  const started = spawnProcess(t, workplace, entryPoint("--log-level", "debug"), env);
  t.notOk(await isHealthy(env), "not well before it listens");
  const service = await untilStarted(started);
  t.ok(await isHealthy(env), "well");

  const password = readFileSync(join(data, "admin-password"), "utf8").trim();
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
  const submit = (path: string, type: string, body: string) =>
    service.request(path, {
      method: "POST",
      headers: { authorization, prefer: "wait=30", "content-type": type },
      body,
    });
  t.match(await submit("/v1/rnn/additions", "application/json", '{"a": 5, "b": 7}'), {
    status: 200,
    body: { state: "completed", result: { sum: 12, predicted: 12 } },
  });
  t.match(await submit("/v1/stats", "text/csv", "x\n1\n2\n6\n"), {
    status: 200,
    body: { state: "completed", result: { columns: [{ name: "x", mean: 3 }] } },
  });
  t.equal((await fetch(`${service.url}/docs`)).status, 200, "the documentation's page is there");

  const account = spawnProcess(t, workplace, entryPoint("account", "list"), env);
  t.match(await account.exited(), { code: 0 });
  t.match(account.stdout(), /^admin /, "a command beside it, as with `docker exec`");
  const second = spawnProcess(t, workplace, entryPoint("--log-level", "debug"), env);
  t.match(await second.exited(), { code: 1 });
  t.match(second.stderr(), /another abacus serve already runs[^\n]*\n +at /, "with the stack of `debug`");

  t.same(await service.end("SIGTERM"), { code: 0, signal: null });
  t.notOk(await isHealthy(env), "not well after its end");
  t.strictSame(filesIn(root), before, "nothing was written but to the volume");
});

t.test("the health check over HTTPS", { skip: NO_OPENSSL }, async (t) => {
  const [TLS_CERT, TLS_KEY] = [join(data, "cert.pem"), join(data, "key.pem")];
  makeCertificate(TLS_CERT, TLS_KEY);
  if (isRoot) for (const file of [TLS_CERT, TLS_KEY]) chownSync(file, NOBODY, NOBODY);
  const env = {
    ...environment,
    PORT: String(await findPort(["127.0.0.3"])),
    HOST: "127.0.0.3", // which the certificate does not name
    TLS_CERT,
    TLS_KEY,
    ADMIN_PASSWORD: PASSWORD,
  };
  const service = spawnProcess(t, workplace, entryPoint("serve"), env);
  t.ok(await until("it is well", () => isHealthy(env), 60));
  t.ok(await isHealthy({ ...env, TLS_CERT: "", TLS_KEY: "" }), "also where a flag made it HTTPS");
  t.same(await service.end("SIGTERM"), { code: 0, signal: null });
});
