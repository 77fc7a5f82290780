// Pages of a list: what a query says of them, and the check of its cursor.
import Type from "../../workers/typebox.js";
import { isId } from "../jobs/id.js";
import { HttpProblem } from "./problems.js";

/** For the query of routes that answer with a page of `what`. */
export const pageQuery = (what: string) => ({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 20, description: `${what} of a page at most.` }),
  ),
  cursor: Type.Optional(
    Type.String({
      description: "`nextCursor` of the page before.",
      examples: ["01kf0e9r4b6m2x8c5v7n1q3w0t"],
    }),
  ),
});

interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Which page is wanted. Throws HttpProblem (400) for a cursor that is none. */
export function pageOf({ limit = 20, cursor }: PageQuery): { limit: number; cursor?: string } {
  if (cursor !== undefined && !isId(cursor))
    throw new HttpProblem(400, "bad-request", "cursor is not one that a page gave as nextCursor");
  return { limit, ...(cursor !== undefined && { cursor }) };
}
