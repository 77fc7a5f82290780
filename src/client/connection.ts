// Requests to one service as one account. Nothing is tried again.
import { ApiError } from "./api-error.js";

export interface Address {
  /** Where the service listens, as it prints it; a path in front of its own is kept. */
  url: string;
  account: string;
  password: string;
}

/** `path` begins with a slash. Resolves to an answer of 2xx or 304; throws ApiError for any other. */
export type Send = (path: string, init?: Request) => Promise<Response>;

export interface Request extends Omit<RequestInit, "headers" | "signal"> {
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export function connect({ url, account, password }: Address): Send {
  const base = url.replace(/\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${account}:${password}`).toString("base64")}`;

  return async (path, { headers, signal, ...init } = {}) => {
    const request = { ...init, headers: { ...headers, authorization }, signal: signal ?? null };
    const response = await fetch(base + path, request).catch((error: Error) => {
      throw signal?.aborted ? error : unanswered(`${init.method ?? "GET"} ${base}${path}`, error);
    });
    if (response.ok || response.status === 304) return response;
    throw await ApiError.of(response);
  };
}

/** fetch itself says no more than "fetch failed". */
function unanswered(request: string, error: Error): Error {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const reason = cause?.message || cause?.code || error.message;
  return new Error(`${request} was not answered: ${reason}`, { cause: error });
}
