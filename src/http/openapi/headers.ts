// The headers that requests and answers carry, as the API's description tells of them.

interface Header {
  description: string;
  schema: object;
  example: unknown;
}

const ID = "01kf0e9r4b6m2x8c5v7n1q3w0t";

export const REQUEST_HEADERS = {
  "x-request-id": {
    description:
      "An id of your own for the request: 1 to 128 letters, digits and `_.:@/+=-`. It comes back in the answer " +
      "and is in every line that the log has of the request; any other value is replaced by a new UUID.",
    schema: { type: "string", pattern: "^[\\w.:@/+=-]{1,128}$", examples: ["import-2026-11-21.7"] },
  },
  Prefer: {
    description:
      "`wait=N` (RFC 7240): the answer comes when the job has ended, after N seconds at the latest. A whole " +
      "number, at most 60; more counts as 60. `respond-async` asks for an answer at once, which is what comes " +
      "without a preference, too. `Preference-Applied` says what was honoured.",
    schema: { type: "string", examples: ["wait=10"] },
  },
  "Idempotency-Key": {
    description:
      "A text of your own, at most 255 visible ASCII characters, that you send again when you do not know whether " +
      "the request came through. Of all requests of the account with the same key within 24 hours one makes a job; " +
      "the others are answered with that job as it then is (draft-ietf-httpapi-idempotency-key-header).",
    schema: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      examples: ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    },
  },
  "If-None-Match": {
    description:
      "The `ETag` of the document that you have, or several between commas: 304 if it still is one.",
    schema: { type: "string", examples: ['"7-3"'] },
  },
  "Last-Event-ID": {
    description: "The `id` of the last event that you have: the stream begins with what came after it.",
    schema: { type: "string", examples: ["7"] },
  },
  "Abacus-Webhook": {
    description:
      "An https URL, of at most 2,048 characters, that is called when the job has ended: with its document, without " +
      "the result, signed as Standard Webhooks says. Its host must have public addresses.",
    schema: { type: "string", format: "uri", examples: ["https://example.com/hooks/abacus"] },
  },
  Expect: {
    description:
      "`100-continue`: you are asked for the body once account, limits and headers are in order. Anything else " +
      "is 417.",
    schema: { type: "string", enum: ["100-continue"], examples: ["100-continue"] },
  },
  "Content-Encoding": {
    description:
      "`gzip` may be said of a raw file, and need not: its first bytes tell. Every other body is taken only as " +
      "it is.",
    schema: { type: "string", enum: ["identity", "gzip"], examples: ["gzip"] },
  },
} satisfies Record<string, Omit<Header, "example">>;

export type RequestHeader = keyof typeof REQUEST_HEADERS;

export const ANSWER_HEADERS = {
  "x-request-id": {
    description: "The request's id: the one it came with, or a new UUID. The log knows it.",
    schema: { type: "string", pattern: "^[\\w.:@/+=-]{1,128}$" },
    example: "6f1c2b9e-8d3a-4b57-9a60-2f4e1c7d8b90",
  },
  Location: {
    description: "The job's address.",
    schema: { type: "string", format: "uri-reference" },
    example: `/v1/jobs/${ID}`,
  },
  "Retry-After": {
    description: "Whole seconds to let pass before asking again.",
    schema: { type: "integer", minimum: 0 },
    example: 1,
  },
  ETag: {
    description: "Names this state of the document; for `If-None-Match`.",
    schema: { type: "string", pattern: '^"[^"]*"$' },
    example: '"7-3"',
  },
  "Preference-Applied": {
    description: "The preference that was honoured (RFC 7240), when there was one.",
    schema: { type: "string" },
    example: "wait=10",
  },
  "Idempotency-Replayed": {
    description: "An earlier request with the same `Idempotency-Key` made the job.",
    schema: { type: "string", enum: ["true"] },
    example: "true",
  },
  Vary: {
    description: "The answer depends on `Accept`.",
    schema: { type: "string" },
    example: "accept",
  },
  "Cache-Control": {
    description: "Each answer holds for the moment alone.",
    schema: { type: "string" },
    example: "no-store",
  },
  "X-Accel-Buffering": {
    description: "Tells proxies such as nginx to pass on each event at once.",
    schema: { type: "string", enum: ["no"] },
    example: "no",
  },
  "Content-Disposition": {
    description: "What a browser is to call the file (RFC 6266).",
    schema: { type: "string" },
    example: `attachment; filename="${ID}-weights.json"`,
  },
  Link: {
    description: "Where the Avro schema is that the body is read with (RFC 8288).",
    schema: { type: "string", pattern: '^</v1/schemas/[^>]+\\.avsc>; rel="describedby"$' },
    example: '</v1/schemas/rnn.add.avsc>; rel="describedby"',
  },
  "Content-Length": {
    description: "Bytes of the body.",
    schema: { type: "integer", minimum: 0 },
    example: 1048576,
  },
  "WWW-Authenticate": {
    description: "How to say who you are (RFC 9110, 11.6.1).",
    schema: { type: "string" },
    example: 'Basic realm="abacus", charset="UTF-8", Bearer realm="abacus"',
  },
  "Set-Cookie": {
    description: "The session's cookie (RFC 6265), which ends at once where a session ends.",
    schema: { type: "string", pattern: "^abacus_session=" },
    example: "abacus_session=…; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict",
  },
  Allow: {
    description: "The methods that are possible at this path.",
    schema: { type: "string" },
    example: "GET, HEAD",
  },
  RateLimit: {
    description:
      "How many submissions (`r`) the account has left for the next `t` seconds " +
      "(draft-ietf-httpapi-ratelimit-headers).",
    schema: { type: "string", pattern: '^"submissions";r=\\d+;t=\\d+$' },
    example: '"submissions";r=599;t=60',
  },
  "RateLimit-Policy": {
    description: "How many submissions (`q`) an account has in `w` seconds: the setting `RATE_LIMIT`.",
    schema: { type: "string", pattern: '^"submissions";q=\\d+;w=\\d+$' },
    example: '"submissions";q=600;w=60',
  },
} satisfies Record<string, Header>;

/** A header of an answer; with a question mark it is not in every answer of its kind. */
export type AnswerHeader = keyof typeof ANSWER_HEADERS | `${keyof typeof ANSWER_HEADERS}?`;
