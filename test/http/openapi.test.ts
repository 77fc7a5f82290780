// The API's description: valid, complete, of the routes that there are, with examples that are none the worse for age.
import { Validator } from "@seriousme/openapi-schema-validator";
import avsc from "avsc";
import t from "tap";
import { jobTypes } from "../../workers/job-types.js";
import { fixtureRegistry } from "../fixture-registry.js";
import {
  type Answer,
  at,
  type Content,
  type Description,
  type Header,
  type Operation,
  type Parameter,
  type Place,
  resolve,
  validatorOf,
} from "../openapi-description.js";
import { startTestService } from "../service.js";

const registry = await fixtureRegistry();
const service = await startTestService(t, { registry });

const response = await fetch(`${service.url}/openapi.json`);
const text = await response.text();
const description = JSON.parse(text) as Description;
const validate = validatorOf(description);

interface Found extends Operation {
  path: string;
  method: string;
  place: Place;
}
const operations: Found[] = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    ...operation,
    ...{ path, method, place: ["paths", path, method] },
  })),
);
const find = (name: string) => operations.find(({ operationId }) => operationId === name) as Found;

/** What stands at a place, or is referred to from there, and where that is. */
function found<T>(...place: string[]): { place: Place; value: T } {
  const there = resolve(description, place);
  return { place: there, value: at<T>(description, there) };
}

interface Stated<T> {
  name: string;
  place: Place;
  value: T;
}
const under = <T>(place: Place): Stated<T>[] =>
  Object.keys(at<object>(description, place)).map((name) => ({ name, ...found<T>(...place, name) }));

const parameters = ({ place, parameters }: Found) =>
  parameters.map((_, i) => found<Parameter>(...place, "parameters", String(i)));
const answers = ({ place }: Found) => under<Answer>([...place, "responses"]);
const allAnswers = operations.flatMap(answers);
const allHeaders = allAnswers.flatMap(({ place }) => under<Header>([...place, "headers"]));
const bodies = [
  ...allAnswers.filter(({ value }) => value.content).map(({ place }) => place),
  ...operations.filter(({ requestBody }) => requestBody).map(({ place }) => [...place, "requestBody"]),
];
const contents = bodies.flatMap((place) => under<Content>([...place, "content"]));

/** Every object and list in the description, with where it is. */
function* walk(value: unknown, place: Place = []): Generator<[Place, object]> {
  if (typeof value !== "object" || value === null) return;
  yield [place, value];
  for (const [name, inside] of Object.entries(value)) yield* walk(inside, [...place, name]);
}

t.test("it is valid OpenAPI 3.1, for everybody to read", async (t) => {
  t.equal(response.status, 200);
  t.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  t.equal(description.openapi, "3.1.0");
  const { valid, errors } = await new Validator().validate(JSON.parse(text));
  t.ok(valid, JSON.stringify(errors));
});

t.test("every route with its methods", async (t) => {
  const submissions = registry.types.map(({ path }) => `post ${path}`);
  const expected = [
    ...submissions,
    "get /v1/jobs",
    "get /v1/jobs/{id}",
    "delete /v1/jobs/{id}",
    "get /v1/jobs/{id}/result",
    "get /v1/jobs/{id}/events",
    "get /v1/jobs/{id}/logs",
    "get /v1/jobs/{id}/deliveries",
    "post /v1/jobs/{id}/deliveries/{n}/redeliver",
    "post /v1/jobs/{id}/cancel",
    "post /v1/jobs/{id}/retry",
    "post /v1/jobs/cancel",
    "get /v1/schemas/{type}.avsc",
    "get /",
    "post /ml",
    "post /RNNaddition",
    ...["get", "post", "put", "patch", "delete"].map((method) => `${method} /sample_producer`),
    "get /v1/rnn/models",
    "get /v1/rnn/models/{model}",
    "delete /v1/rnn/models/{model}",
    "get /v1/rnn/models/{model}/weights",
    "get /v1/tokens",
    "post /v1/tokens",
    "delete /v1/tokens/{id}",
    "post /v1/session",
    "delete /v1/session",
    "get /v1/accounts/{name}",
    "put /v1/accounts/{name}",
    "delete /v1/accounts/{name}",
    "get /todo/api/v1.0/tasks",
    "post /todo/api/v1.0/tasks",
    "get /todo/api/v1.0/tasks/{id}",
    "put /todo/api/v1.0/tasks/{id}",
    "delete /todo/api/v1.0/tasks/{id}",
    "put /resources/data/",
    "get /resources/data/{id}",
    "delete /resources/data/{id}",
    "get /entry/",
    "post /entry/",
    "get /entry/{id}/",
    "put /entry/{id}/",
    "patch /entry/{id}/",
    "delete /entry/{id}/",
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /openapi.json",
  ];
  t.strictSame(operations.map(({ method, path }) => `${method} ${path}`).sort(), expected.sort());
});

/** Whether a text is a sentence or several. */
const isSentence = (text: string | undefined) => /^\S.*\w.*\.$/s.test(text ?? "");

/** The account of each scheme needs the same scope; whoever has an account has tokens, and may read schemas. */
function scopeOf(path: string, [first]: Record<string, string[]>[]): string[] {
  if (path === "/" || /^\/v1\/(tokens|schemas)\b/.test(path)) return [];
  const [scope = "none"] = first?.basic ?? [];
  const expected = path.startsWith("/v1/accounts") ? /^admin$/ : /^((jobs|models):(read|write)|admin)$/;
  return [expected.test(scope) ? scope : `${expected}`];
}

t.test("each operation is described, with each parameter", async (t) => {
  const names = new Set(operations.map(({ operationId }) => operationId));
  t.equal(names.size, operations.length, "names are unique");
  const tags = description.tags.map(({ name }) => name);
  const schemes = Object.keys(description.components.securitySchemes);
  t.strictSame(schemes, ["basic", "bearer", "session"]);
  for (const operation of operations) {
    const { path, method, summary, security, requestBody } = operation;
    const name = `${method} ${path}`;
    t.match(summary, /\w/, name);
    t.equal(operation.tags.filter((tag) => tags.includes(tag)).length, 1, name);
    const isPublic = ["/healthz", "/readyz", "/openapi.json", "/v1/session"].includes(path);
    if (isPublic) t.strictSame(security, [], `${name} needs no account`);
    else
      t.strictSame(
        security,
        schemes.map((scheme) => ({ [scheme]: scopeOf(path, security) })),
        name,
      );
    if (path.includes("{id}"))
      t.ok(parameters(operation).some(({ value }) => value.name === "id" && value.required === true));
    if (requestBody) t.ok(isSentence(requestBody.description), name);
    const wrong = parameters(operation).flatMap(({ value, place }) => {
      const examples = [value.example, ...(value.schema.examples ?? [])].filter((one) => one !== undefined);
      const differences = examples.map((example) => validate([...place, "schema"], example));
      const isDescribed = isSentence(value.description) && examples.length > 0;
      return isDescribed && differences.every((one) => one === undefined) ? [] : [{ value, differences }];
    });
    t.strictSame(wrong, [], `${name}: each parameter has a description and an example that is right`);
  }
});

const PROBLEM = "application/problem+json";

/** Two of the tutorials have errors in words of their own, which are components of their own. */
const errorTypeOf = (place: Place) =>
  /\.(todo|hours)$/.test(place.at(-1) ?? "") ? "application/json" : PROBLEM;

t.test("each answer is described, with its headers and its body", async (t) => {
  const wrong = allAnswers.filter(({ name: status, place, value }) => {
    const isDescribed = isSentence(value.description) && "x-request-id" in value.headers;
    const hasBody = value.content !== undefined;
    const isProblem = Number(status) >= 400 && !("Cache-Control" in value.headers);
    // what is wrong before it is known whose routes are asked is a problem document everywhere
    const kinds = Object.keys(value.content ?? {}).filter(
      (kind, _, { length }) => length === 1 || kind !== PROBLEM,
    );
    const isRight = !isProblem || kinds.join() === errorTypeOf(place);
    return !isDescribed || !isRight || hasBody === (status === "204" || status === "304");
  });
  t.strictSame(wrong, []);
  t.ok(allAnswers.length > 100);
  const wrongHeaders = allHeaders.filter(
    ({ value, place }) =>
      !isSentence(value.description) || validate([...place, "schema"], value.example) !== undefined,
  );
  t.strictSame(wrongHeaders, []);
  t.ok(allHeaders.length > allAnswers.length);
});

t.test("which errors an operation can be answered with", async (t) => {
  for (const operation of operations) {
    const { path, method, security, responses } = operation;
    const name = `${method} ${path}`;
    t.hasOwnProps(responses, ["400", "408", "417", "431", "500"], `${name}: as any other`);
    const isProbe = path === "/healthz" || path === "/readyz";
    t.equal("403" in responses, !isProbe, `${name}: ALLOW_IPS`);
    const asksWho = security.length > 0 || name === "post /v1/session";
    for (const status of ["401", "429"]) t.equal(status in responses, asksWho, `${name} ${status}`);
    if (!isProbe) t.equal("503" in responses, asksWho || path === "/v1/session", `${name} 503`);
    for (const { name: status, value, place } of answers(operation)) {
      const { examples = {} } = value.content?.[errorTypeOf(place)] ?? {};
      const isCrossSite = Object.keys(examples).some((example) => /^cross-site(\.|$)/.test(example));
      if (status === "403") t.equal(isCrossSite, method !== "get", name);
      if (["429", "503", "507"].includes(status))
        t.equal(found<Header>(...place, "headers", "Retry-After").value.required, true, `${name} ${status}`);
    }
  }
  const statuses = (name: string) => Object.keys(find(name).responses).join(" ");
  const submission = "200 202 400 401 403 404 408 409 413 415 417 422 429 431 500 503 507";
  t.equal(statuses("submit-stats"), submission);
  t.equal(statuses("submit-test.echo"), submission);
  t.equal(statuses("submit-rnn.train"), submission);
});

t.test("every example fits its schema", async (t) => {
  const wrong = contents.flatMap(({ name: mediaType, place, value }) => {
    const examples = under<{ value: unknown }>([...place, "examples"]);
    if (examples.length === 0) return [{ place }];
    return examples.flatMap((example) => {
      const difference = validate([...place, "schema"], example.value.value);
      const isProblem = mediaType === PROBLEM;
      const { status } = (isProblem ? example.value.value : {}) as { status?: number };
      const isRight = status === undefined || isAnswered(status, value);
      return difference === undefined && isRight ? [] : [{ place, example, difference }];
    });
  });
  t.strictSame(wrong, []);
  t.ok(contents.length > allAnswers.length);
  const inSchemas = [...walk(description.components.schemas, ["components", "schemas"])].flatMap(
    ([place, object]) => {
      const { examples } = object as { examples?: unknown[] };
      if (!Array.isArray(examples)) return [];
      return examples.map((example) => ({ place, difference: validate(place, example) }));
    },
  );
  t.ok(inSchemas.length > 5);
  t.strictSame(
    inSchemas.filter(({ difference }) => difference !== undefined),
    [],
  );
});

/** Whether every answer with this content has this status. */
function isAnswered(status: number, content: Content): boolean {
  return allAnswers
    .filter(({ value }) => Object.values(value.content ?? {}).includes(content))
    .every(({ name }) => name === String(status));
}

t.test("every reference leads somewhere, and every component is referred to", async (t) => {
  const used = new Set<string>();
  for (const [place, object] of walk(description)) {
    const { $ref } = object as { $ref?: string };
    if (typeof $ref !== "string") continue;
    resolve(description, place); // or throws
    used.add($ref);
  }
  t.ok(used.size > 100);
  // what no operation answers
  for (const name of ["NotFound", "MethodNotAllowed"]) used.add(`#/components/responses/${name}`);
  const { securitySchemes: _, ...sections } = description.components;
  const components = Object.entries(sections).flatMap(([section, inside]) =>
    Object.keys(inside).map((name) => `#/components/${section}/${name}`),
  );
  t.strictSame(
    components.filter((name) => !used.has(name)),
    [],
  );
});

t.test("a job type is on its route as it is defined", async (t) => {
  const echo = find("submit-test.echo");
  t.match(echo, { path: "/v1/test/echo", summary: "A job type of the tests" });
  const body = [...echo.place, "requestBody", "content"];
  t.strictSame(Object.keys(at(description, body)), ["application/json"]);
  t.match(found(...body, "application/json", "schema").value, {
    type: "object",
    properties: { seconds: { type: "number", minimum: 0 }, value: {} },
    additionalProperties: false,
  });
  t.match(found(...body, "application/json", "examples", "test.echo.input").value, { value: {} });

  const stats = find("submit-stats");
  const content = at<Record<string, Content>>(description, [...stats.place, "requestBody", "content"]);
  t.strictSame(Object.keys(content), ["application/json", "multipart/form-data", "text/csv"]);
  t.match(content["multipart/form-data"]?.schema, {
    required: ["file"],
    properties: { file: { format: "binary" }, header: { type: "boolean" }, percentiles: { type: "array" } },
  });
  const inQuery = parameters(stats).filter(({ value }) => value.in === "query");
  t.ok(inQuery.some(({ value }) => value.name === "delimiter"));
  // a page for people would send them along with a form, whose own options they would contradict
  for (const { value } of inQuery) t.notMatch(value.schema, { default: /./ }, value.name);
});

t.test("jobs and results of each job type", async (t) => {
  const ok = (name: string) => [...find(name).place, "responses", "200", "content"];
  for (const { name, example } of jobTypes) {
    const job = [...ok(`submit-${name}`), "application/json", "schema"];
    const { value } = found<{ value: { result: object } }>("components", "examples", `${name}.completed`);
    t.strictSame(value.value.result, JSON.parse(JSON.stringify(example.output)), name);
    for (const place of [job, [...ok("get-job"), "application/json", "schema"]]) {
      t.equal(validate(place, value.value), undefined, name);
      t.match(validate(place, { ...value.value, result: { some: "thing" } }), /\/result/, name);
      t.match(validate(place, { ...value.value, result: undefined }), /required property 'result'/, name);
    }
    t.ok(validate(job, { ...value.value, type: "another" }), "a job of another type");
  }
  const result = at<Record<string, Content>>(description, ok("get-result"));
  t.strictSame(Object.keys(result), ["application/json", "text/csv", "application/avro"]);
  t.hasOwnProps(
    result["application/json"]?.examples ?? {},
    jobTypes.map(({ name }) => `${name}.result`),
  );
  const csv = found<{ value: string }>("components", "examples", "rnn.add.text-csv").value.value;
  t.match(csv, /^a,b,.*\n5,7,12,/);
  for (const { name, example, avro } of jobTypes) {
    if (!avro) continue;
    const { value } = found<{ value: string }>("components", "examples", `${name}.application-avro`).value;
    const decoded = avsc.Type.forSchema(avro).fromBuffer(Buffer.from(value, "latin1"));
    t.match(JSON.stringify(decoded), JSON.stringify(example.output), `${name}: a character for each byte`);
  }
  t.match(JSON.stringify(description.components.schemas["stats.progress"]), /"rows":.*Read so far/);
});

t.test("a stream of events", async (t) => {
  const events = found<Answer>(...find("get-events").place, "responses", "200");
  t.strictSame(Object.keys(events.value.content ?? {}), ["text/event-stream"]);
  const example = ["content", "text/event-stream", "examples", `${jobTypes[0].name}.events`];
  const { value } = found<{ value: string }>(...events.place, ...example).value;
  const documents = [...value.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
  t.strictSame(
    documents.map(({ state }) => state),
    ["queued", "active", "completed"],
  );
  const job = ["components", "schemas", "AnyJob"];
  for (const document of documents) t.equal(validate(job, { ...document, result: null }), undefined);
});

t.test("no schema is more than JSON Schema", async (t) => {
  // what typebox keeps for itself, Fastify's way of writing parameters, and what the plugin is told besides
  for (const own of ["~kind", "~optional", "Kind", "/:id", "$id", "x-extras"])
    t.notOk(text.includes(`"${own}`), own);
});

t.test("the page that shows it", async (t) => {
  const page = await fetch(`${service.url}/docs`);
  t.equal(page.status, 200);
  t.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
  t.ok(links.length > 3);
  for (const link of links) t.equal((await fetch(new URL(link, `${service.url}/docs`))).status, 200, link);
});
