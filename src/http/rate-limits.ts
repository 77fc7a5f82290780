// RATE_LIMIT: how many jobs an account may submit in a minute; each answer says what is left of it.
import type { FastifyReply, FastifyRequest } from "fastify";
import { type RateLimit, WINDOW } from "../accounts/rate-limit.js";
import { principalOf } from "./authentication.js";
import { HttpProblem } from "./problems.js";

/** Names the limit in the headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). */
const POLICY = '"submissions"';

/** A hook for the routes that submit: counts the request before its body is read. */
export function limitSubmissions(submissions: RateLimit) {
  const policy = `${POLICY};q=${submissions.limit};w=${WINDOW}`;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { exceeded, remaining, reset } = await submissions.count(principalOf(request).account);
    reply.header("ratelimit-policy", policy).header("ratelimit", `${POLICY};r=${remaining};t=${reset}`);
    if (!exceeded) return;
    const detail = `the account has sent more than RATE_LIMIT submissions within a minute, which is ${submissions.limit}`;
    throw new HttpProblem(429, "too-many-requests", detail, { "retry-after": String(reset) });
  };
}
