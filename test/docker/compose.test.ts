// docker/compose.yaml: it is valid by the Compose specification, and what it says is what the service needs.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import t from "tap";
import { parse } from "yaml";
import { ROLES } from "../../src/commands/run.js";
import { readConfig, settingsSchema } from "../../src/config.js";
import { findServerBinary } from "../../src/redis/server-binary.js";
import { spawnProcess } from "../processes.js";
import type { Json } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { composeValidator } from "./compose-schema.js";
import { readDockerfile } from "./dockerfile.js";

const text = readFileSync("docker/compose.yaml", "utf8");
const nginxConf = readFileSync("docker/nginx.conf", "utf8");
const read = () => parse(text, { merge: true });
const compose = read();
const { redis, api, worker, nginx } = compose.services;
const services: [string, Json][] = Object.entries(compose.services);

/** As Compose puts in `${NAME:-default}` and `${NAME:?reason}`. */
function interpolate(value: string, variables: Record<string, string> = {}): string {
  return value.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const given = variables[name] || (kind === "-" ? rest : undefined);
    if (given === undefined) throw new Error(`${name}: ${rest}`);
    return given;
  });
}

function environmentOf(service: Json, variables: Record<string, string>): Record<string, string> {
  const entries = Object.entries<string>(service.environment);
  return Object.fromEntries(entries.map(([name, value]) => [name, interpolate(value, variables)]));
}

const given = { ADMIN_PASSWORD: "a long password" };
const settings = environmentOf(api, given);

/** "1m30s" in seconds. */
function seconds(duration: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1 };
  const parts = [...duration.matchAll(/(\d+)([hms])/g)];
  if (parts.map(([part]) => part).join("") !== duration) throw new Error(`${duration} is no duration`);
  return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (units[unit] as number), 0);
}

t.test("it is valid by the specification's schema", (t) => {
  const validate = composeValidator();
  t.ok(validate(compose), JSON.stringify(validate.errors));

  const mistakes: Record<string, (compose: Json) => void> = {
    "an unknown key of a service": ({ services }) => Object.assign(services.api, { comand: [] }),
    "an unknown key at the top": (compose) => Object.assign(compose, { service: {} }),
    "a wrong kind of value": ({ services }) => Object.assign(services.redis, { read_only: "perhaps" }),
    "a condition that there is not": ({ services }) =>
      Object.assign(services.api, { depends_on: { redis: { condition: "service_happy" } } }),
  };
  for (const [mistake, make] of Object.entries(mistakes)) {
    const wrong = read();
    make(wrong);
    t.notOk(validate(wrong), mistake);
  }
  t.end();
});

t.test("redis: its own command line makes a server that keeps what was accepted", async (t) => {
  const workplace = await makeWorkplace(t);
  const { file } = findServerBinary();
  const socket = join(workplace.folder, "redis.sock");
  const [program, ...flags] = redis.command.map((word: string) => interpolate(word));
  t.equal(program, "redis-server");
  const place = ["--port", "0", "--unixsocket", socket, "--dir", workplace.folder];
  spawnProcess(t, workplace, ["bash", "-c", 'exec -a redis-server "$0" "$@"', file, ...flags, ...place]);
  await until("it listens", () => existsSync(socket));
  const connection = new Redis({ path: socket });
  t.teardown(() => connection.disconnect());
  const setting = async (name: string) => ((await connection.config("GET", name)) as string[])[1];
  t.equal(await setting("appendonly"), "yes");
  t.equal(await setting("appendfsync"), "everysec");
  t.equal(await setting("maxmemory-policy"), "noeviction");
  t.equal(await setting("maxmemory"), String(1024 ** 3));
  t.equal(await setting("save"), "");
  t.strictSame(redis.volumes, ["redis:/data"], "the image's folder is a volume of its own");
  t.notOk(redis.ports, "nobody outside reaches it");
});

t.test("api and worker: the same image and volume, any number of each", (t) => {
  const [image] = readDockerfile("docker/Dockerfile").stages.slice(-1);
  const dataDir = image?.environment.DATA_DIR;
  for (const [name, service] of Object.entries({ api, worker })) {
    t.strictSame(service.command, [name]);
    t.ok(Object.hasOwn(ROLES, name), "which is a command");
    t.ok(existsSync(join("docker", service.build.context, service.build.dockerfile)));
    t.strictSame(service.volumes, [`data:${dataDir}`], "uploads are read where the job runs");
    t.notOk(service.environment.DATA_DIR);
    for (const hindrance of ["ports", "container_name", "hostname"])
      t.notOk(service[hindrance], `${name} without ${hindrance}: it scales`);
    t.ok(
      seconds(service.stop_grace_period) > Number(settings.SHUTDOWN_GRACE),
      "what runs is put back in time",
    );
    t.strictSame(service.depends_on, { redis: { condition: "service_healthy" } });
  }
  t.equal(api.image, worker.image);
  t.strictSame(api.build, worker.build);
  t.notOk(api.healthcheck, "the image's");
  t.strictSame(worker.healthcheck, { disable: true }, "it has no HTTP side to ask");
  for (const volume of [api.volumes, redis.volumes].flat())
    t.ok(Object.hasOwn(compose.volumes, volume.split(":")[0]), volume);
  t.end();
});

t.test("every variable is a setting, and the settings are right", (t) => {
  for (const service of [api, worker])
    for (const name of Object.keys(service.environment))
      t.ok(Object.hasOwn(settingsSchema.properties, name), name);
  const config = readConfig(settings);
  t.equal(new URL(config.REDIS_URL ?? "").hostname, "redis");
  t.equal(config.PORT, Number(/http:\/\/api:(\d+)/.exec(nginxConf)?.[1]), "where nginx looks for it");
  t.ok(readConfig(environmentOf(worker, {})).REDIS_URL, "a worker needs no password");
  for (const variables of [given, { ...given, SUBNET: "10.9.8.0/24" }]) {
    const [{ subnet }] = compose.networks.default.ipam.config;
    const trusted = readConfig(environmentOf(api, variables)).TRUST_PROXY;
    t.strictSame(trusted, [interpolate(subnet, variables)], "the containers' network is believed");
  }
  t.throws(
    () => environmentOf(api, {}),
    /ADMIN_PASSWORD: .*at least 8 bytes/,
    "there is no default password",
  );
  t.end();
});

t.test("nginx: the file beside it, a folder for its certificate, published, after an api is well", (t) => {
  const [file, site] = nginx.volumes;
  const [source, target, mode] = file.split(":");
  t.ok(existsSync(join("docker", source)));
  t.equal(target, "/etc/nginx/nginx.conf");
  t.equal(mode, "ro");
  t.match(site, { type: "bind", read_only: true, bind: { create_host_path: false } });
  t.equal(interpolate(site.source), "./site");
  for (const place of ["ssl_certificate ", "ssl_certificate_key ", "include "])
    t.ok(nginxConf.includes(`${place}${site.target}/`), `${place}is in the folder`);
  const plain = /listen (\d+);/.exec(nginxConf)?.[1];
  const tls = /listen (\d+) ssl http2;/.exec(nginxConf)?.[1];
  const published = (variables?: Record<string, string>) =>
    nginx.ports.map((port: string) => interpolate(port, variables));
  t.strictSame(published(), [`443:${tls}`, `80:${plain}`], "the ports that HTTP leads to, and browsers try");
  t.strictSame(published({ PUBLISH: "127.0.0.1:8443", PUBLISH_HTTP: "127.0.0.1:8080" }), [
    `127.0.0.1:8443:${tls}`,
    `127.0.0.1:8080:${plain}`,
  ]);
  t.strictSame(nginx.depends_on, { api: { condition: "service_healthy" } });
  t.strictSame(nginx.tmpfs, ["/tmp"], "all that it writes to");
  t.ok(seconds(nginx.stop_grace_period) > 60, "a wait may end");
  t.match(nginx.healthcheck.test.at(-1), `http://127.0.0.1:${plain}/readyz`);
  t.end();
});

t.test("nobody is root, nothing but volumes can be written to, everything comes back", (t) => {
  t.strictSame(services.map(([name]) => name).sort(), ["api", "nginx", "redis", "worker"]);
  for (const [name, service] of services) {
    t.equal(service.read_only, true, name);
    t.strictSame(service.cap_drop, ["ALL"], name);
    t.strictSame(service.security_opt, ["no-new-privileges:true"], name);
    t.equal(service.restart, "unless-stopped", name);
    t.ok(service.user ?? service.build, `${name}: said here or by the Dockerfile`);
    t.notMatch(service.image, /:latest$|^(?:redis|nginx)$/, name);
  }
  t.end();
});

const noCompose = spawnSync("docker", ["compose", "version"]).status !== 0 && "there is no docker compose";
t.test("Docker's own client takes it", { skip: noCompose }, (t) => {
  const { status, stderr } = spawnSync(
    "docker",
    ["compose", "-f", "docker/compose.yaml", "config", "--quiet"],
    {
      encoding: "utf8",
      env: { ...process.env, ...given },
    },
  );
  t.equal(status, 0, stderr);
  t.end();
});
