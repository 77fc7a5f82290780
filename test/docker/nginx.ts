// The real nginx with docker/nginx.conf, of which only the places are changed: ports, folder, name server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { spawnGuard } from "../guard.js";
import { until } from "../until.js";
import type { Teardown, Workplace } from "../workplace.js";

export interface Nginx {
  readonly url: string;
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

/** Starts it as a user without rights before the port `apiPort` of whatever `nameServer` says. */
export async function startNginx(
  t: Teardown,
  workplace: Workplace,
  { nameServer, apiPort }: { nameServer: number; apiPort: number },
): Promise<Nginx> {
  const folder = join(workplace.folder, "nginx");
  const port = await findPort(["127.0.0.1"]);
  mkdirSync(folder);
  const file = join(folder, "nginx.conf");
  const text = rewrite([
    ["/tmp/", `${folder}/`],
    ["/dev/stdout", `${folder}/access.log`], // here it is a socket, which cannot be opened by its name
    ["listen 8080;", `listen 127.0.0.1:${port};`],
    ["127.0.0.11", `127.0.0.1:${nameServer}`],
    ["http://api:8080", `http://api:${apiPort}`],
  ]);
  writeFileSync(file, text);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(workplace.folder, 0o711); // the way to its own folder
    for (const path of [folder, file]) chownSync(path, NOBODY, NOBODY);
  }
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
  const url = `http://127.0.0.1:${port}`;
  await until("nginx answers", async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${log}`);
    return await fetch(url).then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    log: () => log,
    requests: () =>
      readFileSync(join(folder, "access.log"), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
