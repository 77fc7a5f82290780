// The real nginx with docker/nginx.conf, of which only the places are changed: ports, folders, name server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { makeCertificate, NO_OPENSSL } from "../certificate.js";
import { spawnGuard } from "../guard.js";
import { until } from "../until.js";
import type { Teardown, Workplace } from "../workplace.js";

export interface Nginx {
  /** Over TLS. */
  readonly url: string;
  /** Its other port. */
  readonly plainUrl: string;
  /** The first certificate, which is its own authority. */
  readonly ca: Buffer;
  /** Makes another certificate, has nginx read it anew, and gives it. */
  renewCertificate(): Buffer;
  /** What it wrote to standard error. */
  log(): string;
  /** The lines of its access log. */
  requests(): { reqId: string; status: number; address: string; api: string }[];
}

/** Debian's user and group without rights, by number. */
const NOBODY = 65_534;

/** Undefined where there is none. Debian has it where only root's PATH leads. */
export function findNginx(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .map((folder) => join(folder, "nginx"))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** CI has nginx; elsewhere it may be missing. Only Linux has all of 127.0.0.0/8 at hand. */
export function reasonToSkip(): string | false {
  if (process.platform !== "linux") return "it needs further addresses of this machine, such as 127.0.0.2";
  if (process.env.CI !== undefined) return false;
  return findNginx() === undefined ? "there is no nginx" : NO_OPENSSL;
}

/** A port that is free on all these addresses, below those of outgoing connections. */
export async function findPort(hosts: string[]): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probes = await Promise.all(hosts.map((host) => listen(host, port)));
    await Promise.all(probes.map((probe) => probe && new Promise((closed) => probe.close(closed))));
    if (probes.every(Boolean)) return port;
  }
}

function listen(host: string, port: number) {
  const server = createServer();
  return new Promise<typeof server | undefined>((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}

/** docker/nginx.conf with its places changed. Throws when one of them is not in it. */
function rewrite(places: [string, string][]): string {
  let text = readFileSync("docker/nginx.conf", "utf8");
  for (const [from, to] of places) {
    if (!text.includes(from)) throw new Error(`docker/nginx.conf has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

export interface NginxOptions {
  /** The port of the name server that knows `api`. */
  nameServer: number;
  /** That of every api. */
  apiPort: number;
  /** What one more file of /etc/nginx/site says. */
  site?: string;
  /** Other texts that are changed. */
  changes?: [string, string][];
}

/** Starts it as a user without rights before the port `apiPort` of whatever `nameServer` says. */
export async function startNginx(
  t: Teardown,
  workplace: Workplace,
  { nameServer, apiPort, site = "", changes = [] }: NginxOptions,
): Promise<Nginx> {
  const plainPort = await findPort(["127.0.0.1"]);
  const port = await findPort(["127.0.0.1"]);
  const folder = join(workplace.folder, `nginx-${port}`);
  const siteFolder = join(folder, "site");
  mkdirSync(siteFolder, { recursive: true });
  const file = join(folder, "nginx.conf");
  const text = rewrite([
    ["/tmp/", `${folder}/`],
    ["/etc/nginx/site/", `${siteFolder}/`],
    ["/dev/stdout", `${folder}/access.log`], // here it is a socket, which cannot be opened by its name
    ["listen 8080;", `listen 127.0.0.1:${plainPort};`],
    ["listen 8443 ", `listen 127.0.0.1:${port} `],
    ["127.0.0.11", `127.0.0.1:${nameServer}`],
    ["http://api:8080", `http://api:${apiPort}`],
    ...changes,
  ]);
  writeFileSync(file, text);
  writeFileSync(join(siteFolder, "site.conf"), site);
  const [certificate, key] = [join(siteFolder, "fullchain.pem"), join(siteFolder, "privkey.pem")];
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(workplace.folder, 0o711); // the way to its own folder
  const own = (...paths: string[]) => {
    if (isRoot) for (const path of paths) chownSync(path, NOBODY, NOBODY);
  };
  const newCertificate = () => {
    makeCertificate(certificate, key);
    own(certificate, key);
    return readFileSync(certificate);
  };
  const ca = newCertificate();
  own(folder, siteFolder, file);
  const child = spawn(findNginx() as string, ["-p", folder, "-c", file, "-g", "daemon off;"], {
    stdio: ["ignore", "ignore", "pipe"],
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  const guard = spawnGuard(`kill "$0"`, String(child.pid));
  const exited = once(child, "exit");
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    log += chunk;
  });
  t.teardown(async () => {
    child.kill("SIGTERM"); // SIGKILL would leave its workers
    await exited;
    guard.dismiss();
  });
  const plainUrl = `http://127.0.0.1:${plainPort}`;
  await until("nginx answers", async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${log}`);
    return await fetch(plainUrl, { redirect: "manual" }).then(
      () => true,
      () => false,
    );
  });
  return {
    url: `https://127.0.0.1:${port}`,
    plainUrl,
    ca,
    renewCertificate() {
      const renewed = newCertificate();
      child.kill("SIGHUP"); // as `nginx -s reload`
      return renewed;
    },
    log: () => log,
    requests: () =>
      readFileSync(join(folder, "access.log"), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
