// The API's description: valid, complete, and of the routes that there are.
import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";
import { fixtureRegistry } from "../fixture-registry.js";
import { startTestService } from "../service.js";

const registry = await fixtureRegistry();
const service = await startTestService(t, { registry });

interface Operation {
  operationId: string;
  summary: string;
  security?: object[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
interface Description {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const response = await fetch(`${service.url}/openapi.json`);
const text = await response.text();
const description = JSON.parse(text) as Description;
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

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
    "post /v1/jobs/{id}/cancel",
    "get /healthz",
    "get /readyz",
    "get /openapi.json",
  ];
  t.strictSame(operations.map(({ method, path }) => `${method} ${path}`).sort(), expected.sort());
});

t.test("each operation is described", async (t) => {
  t.equal(
    new Set(operations.map(({ operationId }) => operationId)).size,
    operations.length,
    "names are unique",
  );
  for (const { path, method, summary, parameters = [], responses, security } of operations) {
    t.ok(summary, `${method} ${path}`);
    const isPublic = ["/healthz", "/readyz", "/openapi.json"].includes(path);
    t.strictSame(security, isPublic ? [] : undefined, "what needs no account says so");
    t.equal("401" in responses, !isPublic);
    if (path.includes("{id}")) t.match(parameters, [{ name: "id", in: "path", required: true }]);
    for (const { content = {} } of Object.values(responses))
      for (const mediaType of Object.keys(content)) t.match(mediaType, /^[a-z]+\/[a-z+]+$/);
  }
});

t.test("a job type is on its route as it is defined", async (t) => {
  const find = (name: string) => operations.find(({ operationId }) => operationId === `submit-${name}`);
  t.match(find("test.echo"), {
    path: "/v1/test/echo",
    summary: "A job type of the tests",
    parameters: [{ name: "prefer", in: "header", required: false }],
    requestBody: {
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: { seconds: { type: "number", minimum: 0 }, value: {} },
            additionalProperties: false,
          },
          example: {},
        },
      },
    },
    responses: {
      200: { content: { "application/json": { schema: { properties: { result: Object, state: Object } } } } },
      202: { headers: { location: Object, "retry-after": Object } },
      422: { content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } },
    },
  });
  t.strictSame(Object.keys(find("test.echo")?.requestBody?.content ?? {}), ["application/json"]);

  const stats = find("stats");
  t.strictSame(Object.keys(stats?.requestBody?.content ?? {}), [
    "application/json",
    "multipart/form-data",
    "text/csv",
  ]);
  t.match(stats?.requestBody?.content["multipart/form-data"]?.schema, {
    required: ["file"],
    properties: { file: { format: "binary" }, header: { type: "boolean" }, percentiles: { type: "array" } },
  });
  const ofJob = stats?.responses[200]?.content?.["application/json"]?.schema;
  t.match(ofJob, { properties: { progress: { anyOf: [{ properties: { detail: Object } }] } } });
  t.match(JSON.stringify(ofJob), /"detail":.*"rows":.*Read so far/, "what its progress tells");
  const inQuery = stats?.parameters?.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  t.ok(inQuery?.includes("delimiter"), "the options of a raw file");
});

t.test("no schema is more than JSON Schema", async (t) => {
  // what typebox keeps for itself, and Fastify's way of writing parameters
  for (const own of ["~kind", "~optional", "Kind", "/:id"]) t.notOk(text.includes(`"${own}`), own);
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
