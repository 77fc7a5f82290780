// Completes what @fastify/swagger makes of the routes, which knows no headers of answers, references to schemas
// alone, and an older JSON Schema.

import { type ErrorFormat, PROBLEM_DOCUMENTS } from "../problems.js";
import { Components } from "./components.js";
import { EXTRAS, type Extras } from "./operation.js";
import { PROBLEMS, type Problem } from "./problems.js";

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: { default?: unknown; examples?: unknown[] };
  example?: unknown;
}

interface PlainOperation {
  tags: string[];
  parameters?: Parameter[];
  /** Of these one; for one that needs no account, none. */
  security: object[];
  [EXTRAS]: Extras;
}

interface PlainDocument {
  tags: { name: string }[];
  paths: Record<string, Record<string, PlainOperation>>;
  components: object;
}

/** Asked by a platform, from wherever it has its probes. */
const PROBES = ["/healthz", "/readyz"];

/** What any operation like this one can be refused with. */
function commonProblems(path: string, method: string, { security }: PlainOperation): Problem[] {
  return [
    ...(["bad-request", "timed-out", "expectation-failed", "header-too-large", "internal-error"] as const),
    ...(path.includes("{") ? (["address-too-long"] as const) : []),
    ...(PROBES.includes(path) ? [] : (["address-not-allowed"] as const)),
    ...(method === "get" ? [] : (["cross-site"] as const)),
    ...(security.length > 0
      ? (["unauthorized", "forbidden", "too-many-sign-ins", "unavailable"] as const)
      : []),
  ];
}

function refusals(
  components: Components,
  problems: readonly Problem[],
  limited: boolean,
  format: ErrorFormat,
): object {
  const byStatus = new Map<number, Set<Problem>>();
  for (const key of problems) {
    const { status } = PROBLEMS[key];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(key));
  }
  const entries = [...byStatus].map(([status, keys]) => [
    status,
    components.refusal([...keys], limited, format),
  ]);
  return Object.fromEntries(entries);
}

/**
 * A parameter that need not be sent has its example, or its default, as an example of its schema: everything else,
 * defaults included, the page at `/docs` fills in and sends, where options in the query beside a form are refused.
 */
function unobtrusive(parameter: Parameter, hasBody: boolean): Parameter {
  const { example, schema, description = "", ...rest } = parameter;
  if (rest.required) return parameter;
  const { default: byDefault, ...plain } = schema;
  const examples = [example ?? byDefault];
  const [word, value] = byDefault === undefined ? ["For example", example] : ["By default", byDefault];
  return {
    ...rest,
    description: `${description} ${word} \`${typeof value === "string" ? value : JSON.stringify(value)}\`.`,
    schema: { ...(hasBody ? plain : schema), examples },
  };
}

function completeOperation(
  components: Components,
  path: string,
  method: string,
  operation: PlainOperation,
): object {
  const { [EXTRAS]: extras, parameters = [], ...plain } = operation;
  const { reads = [], body, answers, problems = [], limited = false, errors = PROBLEM_DOCUMENTS } = extras;
  const common = commonProblems(path, method, operation);
  // elsewhere it is said once for all
  if (errors !== PROBLEM_DOCUMENTS) common.push("method-not-allowed");
  return {
    ...plain,
    parameters: [
      ...parameters.map((parameter) => {
        const { schema, ...rest } = unobtrusive(parameter, body !== undefined);
        return { ...rest, schema: components.schema(schema) };
      }),
      ...(["x-request-id", ...reads] as const).map((name) => components.parameter(name)),
    ],
    ...(body && { requestBody: { ...body, content: components.contents(body.content) } }),
    responses: {
      ...refusals(components, [...common, ...problems], limited, errors),
      // an answer of its own has precedence: `/readyz` says 503 in its own words
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, components.answer(answer)]),
      ),
    },
  };
}

/** The whole document, of what the plugin made of the routes. */
export function complete(document: PlainDocument): object {
  const components = new Components();
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const completed = Object.entries(operations).map(([method, operation]) => [
      method,
      completeOperation(components, path, method, operation),
    ]);
    return [path, Object.fromEntries(completed)];
  });
  // what no operation answers: a path that there is not, and a method that a path does not have
  for (const key of ["not-found", "method-not-allowed"] as const)
    components.refusal([key], false, PROBLEM_DOCUMENTS);
  const used = new Set(
    Object.values(document.paths).flatMap((path) => Object.values(path).flatMap(({ tags }) => tags)),
  );
  return {
    ...document,
    tags: document.tags.filter(({ name }) => used.has(name)),
    paths: Object.fromEntries(paths),
    components: { ...document.components, ...components.sections },
  };
}
