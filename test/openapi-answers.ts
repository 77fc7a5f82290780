// Holds the answers of a service against its own description, /openapi.json, whatever the test is about.
import {
  type Answer,
  at,
  type Content,
  type Description,
  type Header,
  type Operation,
  type Place,
  resolve,
  validatorOf,
} from "./openapi-description.js";

/** Throws an Error that names the request, the status and what differs when an answer is not as described. */
export type CheckAnswer = (method: string | undefined, response: Response) => Promise<void>;

/** A larger body is not read a second time. */
const MOST_BYTES = 1024 * 1024;
const PROBLEM_TYPE = "application/problem+json";

/** What concerns the connection, caches and browsers, whatever is answered. */
const GENERAL_HEADERS = [
  /^(connection|keep-alive|date|content-length|content-type|transfer-encoding|vary)$/,
  /^(access-control-.*|content-security-policy|referrer-policy|strict-transport-security)$/,
  /^(x-content-type-options|x-frame-options)$/,
];

/** Answers to any request, before it is looked for what it asks. */
const BEFORE_ROUTING = new Set([400, 403, 417]);

/** Keywords whose schemas are a further word on an object that is described beside them. */
const FURTHER = new Set(["allOf", "if", "then", "else", "not"]);

/** A schema read strictly: an object has no properties but those that are named, unless others are allowed. */
function strictly(schema: unknown, isFurther = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => strictly(one, isFurther));
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [
    name,
    strictly(value, isFurther || FURTHER.has(name)),
  ]);
  const isOpen = isFurther || !("properties" in schema) || "additionalProperties" in schema;
  return { ...Object.fromEntries(entries), ...(!isOpen && { additionalProperties: false }) };
}

/** What a path must look like to be one of a template such as `/v1/jobs/{id}`. */
const patternOf = (template: string) =>
  new RegExp(`^${template.replace(/[.+]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+")}$`);

/** The body, which can still be read afterwards; undefined when it is too large. */
async function jsonOf(response: Response): Promise<unknown> {
  if (Number(response.headers.get("content-length")) > MOST_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.clone().body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Checks the answers of the service at `url`. Rejects when it does not describe itself. */
export async function answerCheck(url: string): Promise<CheckAnswer> {
  const told = await fetch(`${url}/openapi.json`);
  const text = await told.text();
  if (told.status === 403) return async () => {}; // ALLOW_IPS: nothing is described to this address
  if (told.status !== 200) throw new Error(`${url}/openapi.json: ${told.status} ${text}`);
  const description = JSON.parse(text) as Description;
  const { paths, components } = description;
  components.schemas = strictly(components.schemas) as Record<string, object>;
  const validate = validatorOf(description);
  const templates = Object.keys(paths).map((path) => ({ path, pattern: patternOf(path) }));

  /** Where the answer is described; undefined for one that need only be a problem document. */
  function describedAt(method: string, pathname: string, status: number): Place | undefined {
    const path = templates.find(({ pattern }) => pattern.test(pathname))?.path;
    const operations = path === undefined ? {} : (paths[path] as Record<string, Operation>);
    const operation = operations[method];
    if (path !== undefined && operation) {
      if (operation.responses[status]) return ["paths", path, method, "responses", String(status)];
      throw new Error(`the status is none of ${Object.keys(operation.responses).join(", ")}`);
    }
    const [like] = Object.keys(operations).filter((one) => operations[one]?.responses[405]);
    if (path !== undefined && status === 405 && like) return ["paths", path, like, "responses", "405"];
    if (status === (path === undefined ? 404 : 405))
      return ["components", "responses", path === undefined ? "NotFound" : "MethodNotAllowed"];
    if (BEFORE_ROUTING.has(status)) return undefined;
    throw new Error(`the ${path === undefined ? "path" : "method"} is not described`);
  }

  function checkHeaders(headers: Headers, declared: Answer["headers"], place: Place): void {
    const known = new Set(Object.keys(declared).map((name) => name.toLowerCase()));
    for (const name of Object.keys(declared)) {
      const { required = false } = at<Header>(description, resolve(description, [...place, "headers", name]));
      if (required && !headers.has(name)) throw new Error(`the header ${name} is missing`);
    }
    for (const name of headers.keys())
      if (!known.has(name) && !GENERAL_HEADERS.some((general) => general.test(name)))
        throw new Error(`the header ${name} is not described`);
  }

  /** The names of problems that are described for an answer. */
  function problemsOf({ examples }: Content, place: Place): string[] {
    return Object.keys(examples).map((name) => {
      const example = resolve(description, [...place, "examples", name]);
      return at<{ value: { type: string } }>(description, example).value.type;
    });
  }

  function checkJson(schema: Place, value: unknown): void {
    const differences = value === undefined ? undefined : validate(schema, value);
    if (differences !== undefined) throw new Error(differences);
  }

  async function check(method: string, response: Response): Promise<void> {
    const { status, headers } = response;
    const { pathname } = new URL(response.url);
    const isPage = pathname === "/docs" || pathname.startsWith("/docs/");
    const isPreflight = method === "OPTIONS" && status === 204;
    if (isPage || isPreflight) return;
    const mediaType = headers.get("content-type")?.split(";")[0] ?? "";
    const found = describedAt(method === "HEAD" ? "get" : method.toLowerCase(), pathname, status);
    const hasBody = method !== "HEAD" && /[/+]json$/.test(mediaType);
    if (!found) {
      if (mediaType !== PROBLEM_TYPE) throw new Error(`the body is ${mediaType}, not ${PROBLEM_TYPE}`);
      if (hasBody) checkJson(["components", "schemas", "Problem"], await jsonOf(response));
      return;
    }
    const place = resolve(description, found);
    const answer = at<Answer>(description, place);
    checkHeaders(headers, answer.headers, place);
    if (mediaType === "" && !answer.content) return;
    const content = answer.content?.[mediaType];
    if (!content)
      throw new Error(`the body is ${mediaType || "nothing"}, not ${Object.keys(answer.content ?? {})}`);
    if (!hasBody) return;
    const body = await jsonOf(response);
    const inContent = [...place, "content", mediaType];
    checkJson([...inContent, "schema"], body);
    if (mediaType !== PROBLEM_TYPE || body === undefined) return;
    const { type, status: told } = body as { type: string; status: number };
    if (told !== status) throw new Error(`its document says ${told}`);
    const problems = problemsOf(content, inContent);
    if (!problems.includes(type)) throw new Error(`${type} is none of ${problems.join(", ")}`);
  }

  return async (method = "GET", response) => {
    try {
      await check(method.toUpperCase(), response);
    } catch (error) {
      const request = `${method} ${new URL(response.url).pathname} was answered with ${response.status}`;
      throw new Error(`${request}, not as /openapi.json says: ${(error as Error).message}`);
    }
  };
}
