// `abacus serve`, `abacus api` and `abacus worker`: one process of the service, from its settings to its end.
import { relative } from "node:path";
import { type Config, ConfigError, readConfig } from "../config.js";
import { type Certificate, openCertificate } from "../http/tls.js";
import type { Registry } from "../jobs/registry.js";
import { openLog } from "../log.js";
import type { OpenServer } from "../redis/open-server.js";
import type { Roles, Service } from "../service.js";
import { handleSignals } from "../signals.js";
import { version } from "../version.js";

export const ROLES: Record<"serve" | "api" | "worker", Roles> = {
  serve: { http: true, work: true },
  api: { http: true, work: false },
  worker: { http: false, work: true },
};

/** Starts the process; it lives until a signal. `registry`: other job types than this project's own. */
export async function run(command: keyof typeof ROLES, registry?: Registry): Promise<void> {
  const config = readConfig();
  if (config.REDIS_URL === undefined && command !== "serve")
    throw new ConfigError(
      `REDIS_URL is not set: \`abacus ${command}\` works on a Redis that processes share`,
    );
  const certificate = ROLES[command].http ? openCertificate(config) : undefined;
  const log = await openLog(config, { pid: process.pid, command });
  const { logger } = log;
  process.stdout.on("error", () => {}); // a terminal that was closed is no reason to end
  let server: OpenServer | undefined;
  const stopping = new AbortController();
  const started = (async () => {
    // only now: what is wrong with the settings is said before most of the program is read
    const [{ openServer }, { startService }] = await Promise.all([
      import("../redis/open-server.js"),
      import("../service.js"),
    ]);
    server = await openServer(config, "serve", logger);
    return startService({
      config,
      roles: ROLES[command],
      redis: server.address,
      certificate,
      version,
      logger,
      signal: stopping.signal,
      ...(registry && { registry }),
    });
  })();
  async function stop(signal: NodeJS.Signals): Promise<void> {
    logger.info({ signal }, "stopping");
    if (process.stdout.isTTY)
      process.stdout.write(
        `Stopping: running jobs get up to ${config.SHUTDOWN_GRACE} s. Ctrl-C again ends it at once.\n`,
      );
    stopping.abort();
    // a start that is under way is awaited, so that nothing it began is left behind
    const service = await started.catch(() => undefined);
    await service?.stop();
    await server?.stop();
    logger.info("stopped");
    await log.close();
  }
  handleSignals(stop, () => certificate?.renew(logger));
  try {
    const service = await started;
    logger.info({ version, node: process.version, url: service.url }, "started");
    greet(command, config, certificate, service);
  } catch (error) {
    if (stopping.signal.aborted) return; // the stop goes on
    await server?.stop();
    await log.close();
    throw error;
  }
}

/** Plain lines for a person: where it is, who may use it, and a first request. */
function greet(
  command: string,
  config: Config,
  certificate: Certificate | undefined,
  { url, admin }: Service,
): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (!url || !admin) {
    say(`Abacus ${command} ${version} takes jobs. Ctrl-C stops it.`);
    return;
  }
  if (admin.notice) say(admin.notice);
  const file = admin.passwordFile && nearby(admin.passwordFile);
  say(`Abacus ${version} listens on ${url}`);
  say("Account:  admin");
  if (file) say(`Password: in ${file}`);
  else if (config.ADMIN_PASSWORD) say("Password: the one in ADMIN_PASSWORD");
  if (admin.password && process.stdout.isTTY) say(`          ${admin.password}`);
  const user = file ? `-u "admin:$(cat ${quote(file)})"` : "-u admin";
  const flags = (certificate?.curlFlags(url) ?? []).map(quote);
  say("Try:");
  say(
    `  curl ${[...flags, user].join(" ")} -H 'Prefer: wait=10' -H 'Content-Type: application/json' -d '{"a": 5, "b": 7}' ${url}/v1/rnn/additions`,
  );
  say(`API:      ${url}/docs`);
}

/** As it is called from the working folder, when it is in there. */
function nearby(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}

/** For the shell, so that a line works pasted also from a folder with a space in its name. */
function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
