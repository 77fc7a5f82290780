// What a route says of itself for the API's description: more than its validation needs.
import type { TSchema } from "../../../workers/typebox.js";
import type { ErrorFormat } from "../problems.js";
import type { AnswerHeader, RequestHeader } from "./headers.js";
import type { Problem } from "./problems.js";

/** A body in one media type. Of examples with the same name, all are the same. */
export interface Content {
  schema: object;
  examples: Record<string, unknown>;
}

/** Bodies by media type. */
export type Contents = Record<string, Content>;

export interface Answer {
  description: string;
  headers?: AnswerHeader[];
  content?: Contents;
}

export interface Extras {
  /** Headers of the request that it reads, besides those that every operation does. */
  reads?: RequestHeader[];
  body?: { description: string; required: boolean; content: Contents };
  /** By status. */
  answers: Record<number, Answer>;
  /** What it can be refused with, besides that with which every operation of its kind can. */
  problems?: Problem[];
  /** Whether it counts as a submission of the account. */
  limited?: boolean;
  /** How its group words errors, where that is not in problem documents. */
  errors?: ErrorFormat;
}

export interface Operation extends Extras {
  operationId: string;
  tags: ["Submit" | "Jobs" | "Models" | "Accounts" | "Service" | "Tutorials"];
  summary: string;
  description?: string | undefined;
  params?: TSchema;
  querystring?: TSchema;
}

/** The key under which the plugin passes on what it makes nothing of. */
export const EXTRAS = "x-extras";

/** The `schema` of a route. */
export function describe(operation: Operation): object {
  const { operationId, tags, summary, description, params, querystring, ...extras } = operation;
  return {
    ...{ operationId, tags, summary },
    ...(description !== undefined && { description }),
    ...(params && { params }),
    ...(querystring && { querystring }),
    [EXTRAS]: extras satisfies Extras,
  };
}

/** JSON, with examples by name. */
export function json(schema: object, examples: Record<string, unknown>): Contents {
  return { "application/json": { schema, examples } };
}
