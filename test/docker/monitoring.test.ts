// docker/monitoring/: what the rules and the dashboard ask for is there, and a real Prometheus understands it.
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { anchorsOf } from "../markdown.js";
import { type Json, startTestService } from "../service.js";
import { until } from "../until.js";
import { makeWorkplace } from "../workplace.js";
import { composeValidator } from "./compose-schema.js";
import { copyFor, FOLDER, hasPrometheus, promtool, startPrometheus } from "./prometheus.js";

const ALERT_TESTS = "test/fixtures/monitoring/alerts.test.yml";

/** CI has Prometheus; elsewhere it may be missing. */
const noPrometheus = !hasPrometheus() && process.env.CI === undefined && "there is no Prometheus";

const { groups } = parse(readFileSync(`${FOLDER}/alerts.yml`, "utf8"));
const rules: Json[] = groups.flatMap((group: Json) => group.rules);
const alerts = rules.filter(({ alert }) => alert);
const records: string[] = rules.map(({ record }) => record).filter(Boolean);
const dashboard = JSON.parse(readFileSync(`${FOLDER}/dashboard.json`, "utf8"));
const panels: Json[] = dashboard.panels;

/** The dashboard's expressions as Grafana sends them, by the panels' titles. */
const asked = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }: Json) => ({
    title,
    expr: expr.replaceAll("$job", "abacus").replaceAll("$__rate_interval", "1m"),
  })),
);
const expressions: string[] = [...rules, ...asked].map(({ expr }) => expr);

/** In an expression of failures that are the service's own. */
const ERRORS = 'status=~"5.."';

/** What Prometheus adds, and what a rule makes. */
const ADDED = ["job", "instance", "alertstate", "lane", "le", "host"];

/** Two fronts and a worker, which have done some of everything; and a token for Prometheus. */
async function startWatched(t: Test) {
  const env = { WEBHOOK_ALLOW: "127.0.0.1" };
  const front = await startTestService(t, { env, roles: { http: true, work: false } });
  const other = await startTestService(t, { roles: { http: true, work: false }, beside: front });
  await startTestService(t, { env, roles: { http: false, work: true }, beside: front });
  const receiver = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  t.teardown(() => receiver.close());
  await once(receiver, "listening");
  const wait = { prefer: "wait=30" };
  const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;

  await front.post("/v1/rnn/additions", { a: 5, b: 7 }, { ...wait, "abacus-webhook": webhook });
  for (const service of [front, other]) {
    for (const body of ["a,b\n1,2\n", "a,b\n1,2,3,4\n"]) {
      const headers = { "content-type": "text/csv", ...wait };
      await service.request("/v1/stats", { method: "POST", body, headers });
    }
    await service.request("/v1/jobs");
    await service.request("/v1/jobs/01aaaaaaaaaaaaaaaaaaaaaaaa");
    await fetch(`${service.url}/readyz`);
  }
  const { body } = await front.post("/v1/tokens", { name: "prometheus", scopes: ["admin"] });
  return { front, other, token: body.token as string };
}

/** The label names of each series' name, and the values of each label. */
function readMetrics(text: string) {
  const labels = new Map<string, Set<string>>();
  const values = new Map<string, Set<string>>();
  const add = (map: Map<string, Set<string>>, key: string) =>
    map.get(key) ?? map.set(key, new Set()).get(key)!;
  for (const [, name = "", inner = ""] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const found = add(labels, name);
    for (const [, label = "", value = ""] of inner.matchAll(/(\w+)="([^"]*)"/g)) {
      found.add(label);
      add(values, label).add(value);
    }
  }
  return { labels, values };
}

/** The series that an expression names, each with the matchers behind it. */
function selectorsOf(expression: string): { name: string; matchers: string }[] {
  const found = expression.matchAll(/(?<![\w:])((?:abacus|process|nodejs|[a-z_]+:)[\w:]+)(?:\{([^}]*)\})?/g);
  return [...found]
    .map(([, name = "", matchers = ""]) => ({ name, matchers }))
    .filter(({ name }) => /[_:]/.test(name));
}

t.test(
  "promtool takes the configuration and the rules, and the alerts fire when they should",
  {
    skip: noPrometheus,
  },
  async (t) => {
    const file = copyFor(await makeWorkplace(t), ["127.0.0.1:8080"], "token");
    const config = promtool("check", "config", "--lint-fatal", file);
    t.equal(config.status, 0, config.text);
    const tests = promtool("test", "rules", ALERT_TESTS);
    t.equal(tests.status, 0, tests.text);
    const named = readFileSync(ALERT_TESTS, "utf8");
    for (const { alert } of alerts) t.match(named, new RegExp(`alertname(="|: )${alert}\\b`));
  },
);

t.test("every alert says how bad it is, what it means and what to do", (t) => {
  const anchors = anchorsOf("docs/operations.md");
  t.ok(alerts.length > 10);
  for (const { alert, for: duration, labels, annotations } of alerts) {
    t.match(duration, /^\d+m$/, alert);
    t.match(labels.severity, /^(critical|warning|info)$/, alert);
    t.match(annotations, { summary: /\w/, description: /\w.*[.?)]$/ }, alert);
    const [page, anchor] = annotations.runbook.split("#");
    t.equal(page, "docs/operations.md", alert);
    t.ok(anchors.includes(anchor), `${alert}: ${annotations.runbook}`);
  }
  t.end();
});

t.test("the dashboard can be imported: a datasource to choose, panels beside each other", (t) => {
  const [source] = dashboard.templating.list;
  t.match(source, { name: "DS_PROMETHEUS", type: "datasource", query: "prometheus" });
  const variables = ["job", "__rate_interval", "{DS_PROMETHEUS}"];
  for (const [, name = ""] of JSON.stringify(dashboard).matchAll(/\$(\w+|\{\w+\})/g))
    t.ok(variables.includes(name), name);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => ({ x: x + (i % w), y: y + Math.floor(i / w) })),
  );
  t.ok(cells.every(({ x }) => x < 24));
  t.equal(new Set(cells.map(({ x, y }) => `${x} ${y}`)).size, cells.length, "none covers another");
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { title, datasource, targets } of panels.filter(({ type }) => type !== "row")) {
    t.same(datasource, { type: "prometheus", uid: `\${DS_PROMETHEUS}` }, title);
    t.ok(targets.length > 0, title);
  }
  t.end();
});

t.test(
  "compose.yaml beside the other one: valid, its files are there, nothing is published to others",
  (t) => {
    const compose = parse(readFileSync(`${FOLDER}/compose.yaml`, "utf8"), { merge: true });
    const validate = composeValidator();
    t.ok(validate(compose), JSON.stringify(validate.errors));
    const { api: watched, ...services } = compose.services;
    t.same(watched, { networks: ["default", "monitoring"] });
    for (const [name, service] of Object.entries<Json>(services)) {
      t.same(service.networks, ["monitoring"], `${name}: not that of Redis and nginx`);
      t.match(service.image, /:v?\d+\.\d+\.\d+$/, name);
      t.not(service.user, "0", name);
      for (const port of service.ports) t.match(port, /^127\.0\.0\.1:/, name);
      for (const volume of service.volumes) {
        const [source] = volume.split(":");
        t.ok(Object.hasOwn(compose.volumes, source) || existsSync(join("docker", source)), volume);
      }
    }
    const { url } = parse(readFileSync(`${FOLDER}/grafana/datasource.yaml`, "utf8")).datasources[0];
    t.ok(Object.hasOwn(compose.services, new URL(url).hostname), "Grafana asks the other container");
    const { providers } = parse(readFileSync(`${FOLDER}/grafana/dashboards.yaml`, "utf8"));
    t.ok(
      compose.services.grafana.volumes.some((volume: string) =>
        volume.startsWith(`./monitoring/dashboard.json:${providers[0].options.path}/`),
      ),
    );
    const [{ dns_sd_configs }] = parse(readFileSync(`${FOLDER}/prometheus.yml`, "utf8")).scrape_configs;
    const { api } = parse(readFileSync("docker/compose.yaml", "utf8"), { merge: true }).services;
    t.ok(api, "the name that is scraped");
    t.match(dns_sd_configs, [{ names: ["api"], port: 8080 }]);
    t.end();
  },
);

t.test("a service that has worked", async (t) => {
  const { front, other, token } = await startWatched(t);
  const workplace = await makeWorkplace(t);
  const addresses = [front, other].map(({ url }) => new URL(url).host);
  const starting = noPrometheus
    ? undefined
    : startPrometheus(t, workplace, copyFor(workplace, addresses, token));
  const metrics = async () => (await front.request("/metrics")).text();
  const worked = await until("the worker has told of the last job", async () => {
    const text = await metrics();
    return /jobs_ended_total\{type="stats",outcome="failed",process=.*\} 2$/m.test(text) && text;
  });

  t.test("has all that the rules and the dashboard name", (t) => {
    const { labels, values } = readMetrics(worked);
    const known = new Set([...ADDED, ...[...labels.values()].flatMap((names) => [...names])]);
    for (const expression of expressions) {
      const selectors = selectorsOf(expression);
      t.ok(selectors.length > 0 || /\b(up|ALERTS)\b/.test(expression), expression);
      for (const { name, matchers } of selectors) {
        if (name.includes(":")) t.ok(records.includes(name), `${name} is recorded`);
        else t.ok(labels.has(name), `${name} is in /metrics`);
        for (const [, label = "", operator, value = ""] of matchers.matchAll(/(\w+)([=!~]+)"([^"]*)"/g)) {
          const own = name.includes(":")
            ? known
            : new Set([...(labels.get(name) ?? []), ...ADDED, "process"]);
          t.ok(own.has(label), `${name} has ${label}`);
          if (operator === "=" && /^(lane|pool|state|outcome|route)$/.test(label))
            t.ok(values.get(label)?.has(value), `${label} can be ${value}`);
        }
      }
      for (const [, list = ""] of expression.matchAll(/\b(?:by|on|without) \(([^)]*)\)/g))
        for (const label of list.split(", ").filter(Boolean)) t.ok(known.has(label), `by ${label}`);
    }
    t.end();
  });

  t.test("a real Prometheus has an answer to each question", { skip: noPrometheus }, async (t) => {
    const prometheus = (await starting)!;
    const numberOf = async (expression: string) => Number((await prometheus.query(expression))[0]?.value[1]);

    // rates need two scrapes, and recorded rates an evaluation after them
    const wanted = [...records, ...asked.map(({ expr }) => expr)].filter((expr) => !expr.includes(ERRORS));
    for (const expression of wanted)
      await until(expression, async () => (await prometheus.query(expression)).length > 0);
    for (const { expr } of asked.filter(({ expr }) => expr.includes(ERRORS)))
      t.same(await prometheus.query(expr), [], "nothing has gone wrong");
    t.equal(await numberOf('sum(up{job="abacus"})'), 2);
    for (const { alert, expr } of alerts) await t.resolves(prometheus.query(expr), alert);
    t.same(await prometheus.rulesInTrouble(), []);
    t.equal(
      await numberOf('sum(lane_state:abacus_threads:sum{lane="batch"})'),
      2,
      "told twice, counted once",
    );
    t.equal(await numberOf('ALERTS{alertstate="firing"} or vector(0)'), 0);
  });
});
