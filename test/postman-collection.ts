// A Postman collection of docs/, checked and run by newman as a person would run it in Postman.
import { existsSync, readFileSync } from "node:fs";
import newman, { type NewmanRunOptions, type NewmanRunSummary } from "newman";
import type { Test } from "tap";
import { type Json, PASSWORD, type TestService } from "./service.js";

/** The one file that an imported collection needs. */
const UPLOAD = "scripts/demo/penguins.csv";

export interface Item {
  name: string;
  description?: string;
  item?: Item[];
  event?: { listen: string; script: { exec: string[] } }[];
  request?: {
    url: { raw: string; host: string[]; path: string[]; query?: { key: string; value: string }[] };
    body?: { formdata?: { type: string; src?: string }[] };
  };
  response?: { name: string; code: number; header: { key: string; value: string }[]; body: string }[];
}

export interface Collection {
  /** As it is in its file. */
  readonly document: Json;
  readonly requests: Item[];
}

export function readCollection(file: string): Collection {
  const document = JSON.parse(readFileSync(file, "utf8"));
  return { document, requests: (document.item as Item[]).flatMap(({ item = [] }) => item) };
}

/** Runs a collection by its document. */
export function runCollection(
  document: Json,
  service: Pick<TestService, "url">,
  options: Partial<NewmanRunOptions> = {},
  password = PASSWORD,
): Promise<NewmanRunSummary> {
  const variables = { baseUrl: service.url, username: "admin", password };
  const envVar = Object.entries(variables).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    newman.run({ collection: document, envVar, ...options }, (error, summary) =>
      error ? reject(error) : resolve(summary),
    );
  });
}

/** What went wrong in a run, for a person to read. */
export function failuresOf({ run }: NewmanRunSummary): string[] {
  return run.failures.map(({ error, source }) => `${source?.name}: ${error.test}: ${error.message}`);
}

/** It is a collection in format 2.1 that can be imported alone, each request of which is tested. */
export function checkCollection(t: Test, { document, requests }: Collection, name: string): void {
  t.match(document.info, {
    name,
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  });
  t.match(document.auth, {
    type: "basic",
    basic: [
      { key: "username", value: "{{username}}" },
      { key: "password", value: "{{password}}" },
    ],
  });
  const variables = Object.fromEntries(document.variable.map(({ key, value }: Json) => [key, value]));
  t.same(variables, { baseUrl: "http://127.0.0.1:8080", username: "admin", password: "" });
  for (const { name, description, item } of document.item) t.ok(description && item?.length, name);
  const names = requests.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, "a loop names its request, so no two share a name");
  for (const { name, request, event = [] } of requests) {
    t.ok(request, name);
    const { raw = "", host = [], path = [], query = [] } = request?.url ?? {};
    const asked = query.map(({ key, value }) => `${key}=${value}`).join("&");
    t.equal(raw, `${host.join(".")}/${path.join("/")}${asked && `?${asked}`}`, `${name}: one address`);
    t.same(host, ["{{baseUrl}}"], name);
    const test = event.find(({ listen }) => listen === "test")?.script.exec.join("\n") ?? "";
    t.match(test, /pm\.test\([\s\S]*pm\.(expect|response\.to)/, `${name}: has assertions of its own`);
  }
  const files = requests.flatMap(({ request }) => request?.body?.formdata ?? []).filter(({ src }) => src);
  t.same([...new Set(files.map(({ src }) => src))], [UPLOAD]);
  t.ok(existsSync(UPLOAD));
}

/** Every request is sent and every assertion, of which there are at least so many, passes. */
export async function passes(
  t: Test,
  collection: Collection,
  service: Pick<TestService, "url">,
  leastAssertions: number,
): Promise<NewmanRunSummary> {
  const summary = await runCollection(collection.document, service);
  t.same(failuresOf(summary), []);
  const { stats, executions } = summary.run;
  const names = collection.requests.map(({ name }) => name);
  t.same([...new Set(executions.map(({ item }) => item.name))], names, "each request was sent, in order");
  t.equal(stats.requests.failed, 0);
  t.ok((stats.assertions.total ?? 0) >= leastAssertions, `${stats.assertions.total} assertions`);
  const skipped = executions.flatMap(({ assertions }) => assertions).filter(({ skipped }) => skipped);
  t.same(skipped, []);
  return summary;
}
