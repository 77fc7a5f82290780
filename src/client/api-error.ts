// What the client throws when the service answers with an error: its problem document (RFC 9457).
import type { Static } from "../../workers/typebox.js";
import type { problemSchema } from "../http/schemas.js";

export type Problem = Static<typeof problemSchema>;

/** An answer that is an error. Its message is the problem's own sentence. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  readonly problem: Problem;
  /** The `x-request-id` under which the service's log tells of the request. */
  readonly requestId: string | undefined;

  constructor(status: number, problem: Problem, requestId?: string) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
    this.requestId = requestId;
  }

  /** Reads the answer to its end. What is not a problem document, as of a proxy in between, becomes one. */
  static async of(response: Response): Promise<ApiError> {
    const { status, statusText, headers } = response;
    const text = await response.text();
    const problem = readProblem(text) ?? {
      type: "about:blank",
      title: statusText,
      status,
      detail: `the answer is ${status} ${statusText} without a problem document: ${text.slice(0, 200)}`,
    };
    return new ApiError(status, problem, headers.get("x-request-id") ?? undefined);
  }
}

function readProblem(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value?.type === "string" && typeof value.detail === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
