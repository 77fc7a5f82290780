// Bodies of a few fields, JSON or a form of a page, read at once.
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseJson } from "../../workers/json.js";
import type { Static, TSchema } from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";
import { STALL, withBody } from "./body-stream.js";
import { FIELDS_BODY, JSON_BODY, mediaTypeOf } from "./media-types.js";
import { HttpProblem, tooLarge } from "./problems.js";
import { readTexts } from "./text-values.js";

/** Bytes. */
const MOST = 65_536;

type MediaType = typeof JSON_BODY | typeof FIELDS_BODY;

/** Reads a body of the shape of `schema`, in one of the media types `taken`; JSON when it does not say which. */
export async function readSmallBody<Schema extends TSchema>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: Schema,
  taken: readonly MediaType[] = [JSON_BODY],
  stall = STALL,
): Promise<Static<Schema>> {
  const mediaType = check(request, taken);
  const bytes = await withBody(request, reply, stall, async (body) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      chunks.push(chunk);
      refuseLarge(chunks.reduce((sum, { length }) => sum + length, 0));
    }
    return Buffer.concat(chunks);
  });
  const value = mediaType === FIELDS_BODY ? readFields(schema, bytes) : readJson(bytes);
  validate(schema, value);
  return value as Static<Schema>;
}

/** What the headers alone tell. */
function check(request: FastifyRequest, taken: readonly MediaType[]): string {
  const { headers, routeOptions } = request;
  const mediaType = mediaTypeOf(request);
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (!taken.some((one) => one === mediaType) || encoding !== "identity") {
    const what = encoding === "identity" ? mediaType : `the encoding ${encoding}`;
    const detail = `${routeOptions.url} does not take ${what}; it takes ${taken.join(", ")}`;
    throw new HttpProblem(415, "unsupported-media-type", detail);
  }
  refuseLarge(Number(headers["content-length"] ?? 0));
  return mediaType;
}

function refuseLarge(bytes: number): void {
  if (bytes > MOST) throw tooLarge("the most that is read here", MOST, `at least ${bytes} bytes were sent`);
}

const readJson = (bytes: Buffer) => (bytes.length === 0 ? {} : parseJson(bytes));

const readFields = (schema: TSchema, bytes: Buffer) =>
  readTexts(schema, [...new URLSearchParams(bytes.toString())]);
