// The service's description of itself, for tests: its parts, what refers to what, and a validator of its schemas.
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

export interface Reference {
  $ref?: string;
}

export interface Header {
  description: string;
  required?: boolean;
  schema: object;
  example: unknown;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description: string;
  schema: { examples?: unknown[] };
  example?: unknown;
}

export interface Content {
  schema: object;
  examples: Record<string, Reference & { value?: unknown }>;
}

export interface Answer {
  description: string;
  headers: Record<string, Reference>;
  content?: Record<string, Content>;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  parameters: (Reference & Partial<Parameter>)[];
  requestBody?: { description: string; content: Record<string, Content> };
  responses: Record<string, Reference>;
}

export interface Description {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, object>;
    responses: Record<string, Answer>;
    parameters: Record<string, Parameter>;
    examples: Record<string, { value: unknown }>;
    headers: Record<string, Header>;
    securitySchemes: Record<string, object>;
  };
}

/** Where something stands in a description: the names that lead there. */
export type Place = readonly string[];

/** What stands there. */
export function at<T>(description: Description, place: Place): T {
  const found = place.reduce<unknown>((inside, name) => (inside as never)?.[name], description);
  if (found === undefined) throw new Error(`there is nothing at ${place.join(" / ")}`);
  return found as T;
}

/** A place, or the one that what stands there refers to. */
export function resolve(description: Description, place: Place): Place {
  const { $ref } = at<Reference>(description, place);
  if ($ref === undefined) return place;
  const there = $ref.replace("#/", "").split("/");
  at(description, there); // or throws
  return resolve(description, there);
}

/** Whether a value fits the schema at a place; if not, the differences. */
export type Validate = (place: Place, value: unknown) => string | undefined;

/** Reads schemas as JSON Schema 2020-12. */
export function validatorOf(description: Description): Validate {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  formats.default(ajv);
  ajv.addFormat("binary", true);
  ajv.addSchema(description, "openapi");
  return (place, value) => {
    const names = place.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1"));
    const validate = ajv.getSchema(`openapi#/${names.map(encodeURIComponent).join("/")}`);
    if (!validate) throw new Error(`there is no schema at ${place.join(" / ")}`);
    if (validate(value)) return undefined;
    const differences = validate.errors?.map(
      ({ instancePath, message, params }) =>
        `${instancePath || "the value"} ${message} ${JSON.stringify(params)}`,
    );
    return `${[...new Set(differences)].join("; ")}: ${JSON.stringify(value)}`;
  };
}
