// A caller's mistake: what is wrong with an input, and where. It crosses threads as data.

export interface InputProblem {
  /** 400: not of the declared shape. 422: the right types, but an impossible value. */
  status: 400 | 404 | 409 | 413 | 422;
  /** The problem's name, the last part of `urn:abacus:problem:<name>`. */
  name: string;
  detail: string;
  /** `path` is a JSON pointer into the body (RFC 6901). */
  errors?: { path: string; message: string }[];
}

/** Thrown by checks and by steps; ends the job as failed, or the request with the same problem document. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly problem: InputProblem;

  constructor(problem: InputProblem) {
    super(problem.detail);
    this.problem = problem;
  }

  /** A value of the right type that cannot be. `path` is a JSON pointer. */
  static impossible(path: string, message: string): InputError {
    return new InputError({
      status: 422,
      name: "impossible-value",
      detail: `${path === "" ? "the input" : path} ${message}`,
      errors: [{ path, message }],
    });
  }

  /** A body of another shape than the declared one. */
  static invalid(errors: { path: string; message: string }[]): InputError {
    const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
    return new InputError({ status: 400, name: "invalid-input", detail, errors });
  }

  /** Bytes that are not JSON, or not UTF-8. */
  static malformed(cause: Error): InputError {
    return new InputError({
      status: 400,
      name: "malformed-json",
      detail: `the body is not JSON: ${cause.message}`,
    });
  }

  /** A file that cannot be read as what it should be. The sentence says what is wrong and where. */
  static unreadable(sentence: string): InputError {
    return new InputError({ status: 422, name: "unreadable-file", detail: sentence });
  }
}
