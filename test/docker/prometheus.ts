// The real Prometheus and promtool, with docker/monitoring/ of which only the places and the intervals are changed.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnProcess } from "../processes.js";
import type { Json } from "../service.js";
import { until } from "../until.js";
import type { Teardown, Workplace } from "../workplace.js";
import { findPort } from "./nginx.js";

export const FOLDER = "docker/monitoring";

export interface Series {
  metric: Record<string, string>;
  /** When, and what. */
  value: [number, string];
}

export interface Prometheus {
  /** What an expression gives now; a number as one series without labels. Throws what Prometheus says against it. */
  query(expression: string): Promise<Series[]>;
  /** What is wrong with the rules, as it is known so far. */
  rulesInTrouble(): Promise<string[]>;
}

export function hasPrometheus(): boolean {
  return ["prometheus", "promtool"].every((name) => !spawnSync(name, ["--version"]).error);
}

/** Its exit code with what it wrote. */
export function promtool(...args: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

/** A copy of the folder that scrapes these addresses each second. Returns the configuration's place. */
export function copyFor(workplace: Workplace, addresses: string[], token: string): string {
  const folder = join(workplace.folder, "monitoring");
  cpSync(FOLDER, folder, { recursive: true });
  writeFileSync(join(folder, "abacus-token"), token);
  const file = join(folder, "prometheus.yml");
  let text = readFileSync(file, "utf8");
  const places: [RegExp, string][] = [
    [
      /dns_sd_configs:\n.*names: \[api\].*\n/,
      `static_configs: [{ targets: ${JSON.stringify(addresses)} }]\n`,
    ],
    [/_interval: 15s$/gm, "_interval: 1s"],
  ];
  for (const [from, to] of places) {
    if (text.search(from) < 0) throw new Error(`${file} has no ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
  return file;
}

export async function startPrometheus(t: Teardown, workplace: Workplace, file: string): Promise<Prometheus> {
  const port = await findPort(["127.0.0.1"]);
  const data = join(workplace.folder, "prometheus");
  mkdirSync(data);
  const program = spawnProcess(t, workplace, [
    "prometheus",
    `--config.file=${file}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until("Prometheus is ready", async () => {
    if (program.hasExited()) throw new Error(`it ended: ${program.stderr()}`);
    return await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });

  async function ask(path: string) {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Json;
    if (answer.status !== "success") throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  }

  return {
    async query(expression) {
      const { resultType, result } = await ask(`query?query=${encodeURIComponent(expression)}`);
      return resultType === "scalar" ? [{ metric: {}, value: result }] : result;
    },
    async rulesInTrouble() {
      const { groups } = await ask("rules");
      const rules: Json[] = groups.flatMap((group: Json) => group.rules);
      return rules
        .filter(({ health }) => health !== "ok")
        .map(({ name, lastError }) => `${name}: ${lastError}`);
    },
  };
}
