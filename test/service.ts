// A whole service of a test's own: in this process on a free port, with a real Redis and real threads.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { readConfig } from "../src/config.js";
import type { Registry } from "../src/jobs/registry.js";
import { type Roles, type Service, startService } from "../src/service.js";
import { answerCheck } from "./openapi-answers.js";
import { startRedis, type TestRedis } from "./redis-server.js";
import type { Teardown } from "./workplace.js";

export const PASSWORD = "correct horse battery staple";
export const AUTHORIZATION = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString("base64")}`;

/** Parsed JSON: a test says by its assertions what it expects. */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would put a cast on every line
export type Json = any;

export interface TestService {
  readonly url: string;
  readonly redis: TestRedis;
  readonly dataDir: string;
  readonly service: Service;
  /** `fetch` of a path, as admin unless the headers say otherwise. Rejects an answer that is not described. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Posts JSON and gives the status and the parsed answer. */
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Json }>;
  /** The job when it has ended. */
  ended(id: string, seconds?: number): Promise<Json>;
}

export interface TestServiceOptions {
  env?: Record<string, string>;
  roles?: Roles;
  registry?: Registry;
  /** An existing Redis and data folder, for a second process's worth of service. */
  beside?: TestService;
}

/** Starts a service that lives as long as the test. */
export async function startTestService(t: Teardown, options: TestServiceOptions = {}): Promise<TestService> {
  const { env = {}, roles = { http: true, work: true }, registry, beside } = options;
  const redis = beside?.redis ?? (await startRedis(t, { appendonly: true }));
  const dataDir = beside?.dataDir ?? (await mkdtemp(join(tmpdir(), "abacus-test-")));
  if (!beside) t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const config = readConfig({
    PORT: "0",
    THREADS: "2",
    RECOVERY: "3",
    DISK_RESERVE: "0",
    RATE_LIMIT: "1000000", // tests submit faster than people
    ADMIN_PASSWORD: PASSWORD,
    ...env,
    DATA_DIR: dataDir,
  });
  const service = await startService({
    config,
    roles,
    redis: { path: redis.path },
    version: "test",
    logger: pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" }),
    ...(registry && { registry }),
  });
  t.teardown(() => service.stop(0));
  const url = service.url ?? "";

  const check = url === "" ? undefined : await answerCheck(url);

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: AUTHORIZATION, ...init.headers };
    const response = await fetch(url + path, { ...init, headers });
    await check?.(init.method, response);
    return response;
  }

  return {
    url,
    redis,
    dataDir,
    service,
    request,
    async post(path, body, headers = {}) {
      const response = await request(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    async ended(id, seconds = 30) {
      const response = await request(`/v1/jobs/${id}`, { headers: { prefer: `wait=${seconds}` } });
      return response.json();
    },
  };
}
