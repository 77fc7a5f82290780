// Events of API Gateway, as Lambda functions get them, made plain for the library that injects them.

/** Media types whose answers stand in an event as they are. */
const TEXT = /^(text\/.+|.+\b(json|ndjson|xml|yaml|javascript))$/;

type Texts = Record<string, string | string[] | undefined>;

/**
 * What is read of an event of a REST API or an HTTP API (payload version 1.0), or of an HTTP API or a function URL (2.0):
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface GatewayEvent {
  version?: string;
  httpMethod?: string;
  path?: string;
  rawPath?: string;
  rawQueryString?: string;
  headers?: Texts | null;
  multiValueHeaders?: Texts | null;
  queryStringParameters?: Texts | null;
  multiValueQueryStringParameters?: Texts | null;
  cookies?: string[];
  body?: string | null;
  isBase64Encoded?: boolean;
  requestContext?: {
    requestId?: string;
    stage?: string;
    path?: string;
    http?: { method?: string; sourceIp?: string };
    identity?: { sourceIp?: string | null };
  };
}

/** The path without the stage, which stands before it unless API Gateway took it away. */
function pathOf({ path, rawPath, requestContext: { stage, path: whole = path } = {} }: GatewayEvent): string {
  const given = rawPath ?? path ?? "/";
  const hasStage = rawPath !== undefined || path === whole;
  const prefix = `/${stage}/`;
  const isBelow = stage !== undefined && hasStage && `${given}/`.startsWith(prefix);
  const inApp = isBelow ? `/${given.slice(prefix.length)}` : given;
  return inApp.replace(/[?#]|%(?![\da-f]{2})/gi, encodeURIComponent); // it was decoded
}

/** The event as `@fastify/aws-lambda` takes it, with what it would get wrong made plain. Throws TypeError for others. */
export function plainEvent(event: GatewayEvent): object {
  const { version, rawQueryString, requestContext: { requestId, http, identity } = {} } = event;
  const method = event.httpMethod ?? http?.method;
  if (method === undefined) throw new TypeError("this is no event of API Gateway: it has no method");
  const headers: Texts = {};
  // names come as the client wrote them
  for (const [name, value] of Object.entries({ ...event.headers, ...event.multiValueHeaders }))
    headers[name.toLowerCase()] = value;
  const { "x-forwarded-for": before = [], ...others } = headers;
  // as it was written, if the event has it: in the list of parameters of 2.0 a comma may be a value's own
  const isWritten = rawQueryString !== undefined;
  const query = isWritten
    ? undefined
    : { ...event.queryStringParameters, ...event.multiValueQueryStringParameters };
  return {
    ...{ version, httpMethod: method, queryStringParameters: query, cookies: event.cookies },
    ...{ body: event.body, isBase64Encoded: event.isBase64Encoded, requestContext: { requestId } },
    path: pathOf(event) + (rawQueryString ? `?${rawQueryString}` : ""),
    headers: {
      ...others,
      "x-forwarded-for": [before, http?.sourceIp ?? identity?.sourceIp ?? []].flat(2).join(", "),
    },
  };
}

/** Whether an answer must be in base64. */
export function isBinary({ headers }: { headers: Record<string, unknown> }): boolean {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  const mediaType = String(type).split(";", 1)[0] ?? "";
  return encoding !== "identity" || (mediaType !== "" && !TEXT.test(mediaType.trim()));
}
