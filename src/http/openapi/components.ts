// The components of the API's description: what several operations say is said once and referred to.
import type { TSchema } from "../../../workers/typebox.js";
import { type ErrorFormat, PROBLEM_DOCUMENTS } from "../problems.js";
import { ANSWER_HEADERS, type AnswerHeader, REQUEST_HEADERS, type RequestHeader } from "./headers.js";
import type { Answer, Contents } from "./operation.js";
import { exampleOf, nameOf, PROBLEMS, type Problem } from "./problems.js";

interface Reference {
  $ref: string;
}
type Section = "schemas" | "responses" | "parameters" | "examples" | "headers";

/** Keywords of JSON Schema whose values are no schemas. */
const VALUES = new Set(["const", "default", "enum", "examples", "required"]);

/** What comes of a request before the submissions of its account are counted. */
const BEFORE_COUNTING = new Set([401, 403, 417, 431]);

/** What an error's example is an answer to. */
const ANY_REQUEST = { method: "POST", headers: {} };

const nameIn = (format: string, name: string) => (format === "" ? name : `${name}.${format}`);

/** What is wrong before it is known which group of routes is asked: problem documents in any case. */
const BEFORE_ROUTING = new Set<Problem>(["bad-request", "address-too-long", "header-too-large"]);

const pascalCase = (name: string) =>
  name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());

export class Components {
  readonly sections: Record<Section, Record<string, object>> = {
    ...{ schemas: {}, responses: {}, parameters: {}, examples: {}, headers: {} },
  };

  private add(section: Section, name: string, component: object): Reference {
    this.sections[section][name] = component;
    return { $ref: `#/components/${section}/${name}` };
  }

  /** A schema as plain JSON Schema, those with an `$id` in it, or itself, as references. */
  schema(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((one) => this.schema(one));
    if (typeof schema !== "object" || schema === null) return schema;
    const { $id, ...keywords } = schema as TSchema & { $id?: string; enum?: unknown[] };
    const entries = Object.entries(keywords).map(([name, value]) => [
      name,
      VALUES.has(name) ? value : this.schema(value),
    ]);
    // typebox leaves out the type of a choice, which pages and generators of code look for
    const isText = keywords.enum?.every((value) => typeof value === "string");
    const plain = { ...(isText && { type: "string" }), ...Object.fromEntries(entries) };
    return $id === undefined ? plain : this.add("schemas", $id, plain);
  }

  /** The header `x-request-id` is in every answer. */
  private headers(uses: readonly AnswerHeader[]): Record<string, Reference> {
    const entries = ["x-request-id" as const, ...uses].map((use): [string, Reference] => {
      const name = use.replace("?", "") as keyof typeof ANSWER_HEADERS;
      const isOptional = use.endsWith("?");
      const { description, ...rest } = ANSWER_HEADERS[name];
      const header = { description, ...(!isOptional && { required: true }), ...rest };
      return [name, this.add("headers", isOptional ? `${name}.optional` : name, header)];
    });
    return Object.fromEntries(entries);
  }

  parameter(name: RequestHeader): Reference {
    return this.add("parameters", name, { name, in: "header", ...REQUEST_HEADERS[name] });
  }

  contents(contents: Contents): object {
    const media = Object.entries(contents).map(([mediaType, { schema, examples }]) => {
      const references = Object.entries(examples).map(([name, value]) => [
        name,
        this.add("examples", name, { value }),
      ]);
      return [mediaType, { schema: this.schema(schema), examples: Object.fromEntries(references) }];
    });
    return Object.fromEntries(media);
  }

  answer({ description, headers = [], content }: Answer): object {
    return {
      description,
      headers: this.headers(headers),
      ...(content && { content: this.contents(content) }),
    };
  }

  /** The answer that tells of one of these problems, which all have one status. `limited`: to a submission. */
  refusal(problems: readonly Problem[], limited: boolean, format: ErrorFormat): Reference {
    const status = PROBLEMS[problems[0]!].status;
    const isCounted = limited && !BEFORE_COUNTING.has(status);
    const own = problems.flatMap((key) => PROBLEMS[key].headers ?? []);
    const lines = problems.map((key) => `\`${nameOf(key)}\`: ${PROBLEMS[key].when}`);
    const content: Contents = {};
    const formatOf = (key: Problem) => (BEFORE_ROUTING.has(key) ? PROBLEM_DOCUMENTS : format);
    for (const key of problems) {
      const { mediaType, schema, body, name } = formatOf(key);
      content[mediaType] ??= { schema, examples: {} };
      content[mediaType].examples[nameIn(name, key)] = body(exampleOf(key), ANY_REQUEST);
    }
    const response = this.answer({
      description: lines.length > 1 ? lines.map((line) => `- ${line}`).join("\n") : lines[0]!,
      headers: [...new Set(own), ...(isCounted ? (["RateLimit?", "RateLimit-Policy?"] as const) : [])],
      content,
    });
    const { name: formatName } = problems.map(formatOf).find(({ name }) => name !== "") ?? PROBLEM_DOCUMENTS;
    const name = nameIn(formatName, problems.map(pascalCase).join("Or"));
    return this.add("responses", isCounted ? `${name}.limited` : name, response);
  }
}
