// Bodies of a few fields, JSON or a form without files, read at once.
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseJson } from "../../workers/json.js";
import Type, { type Static, type TSchema } from "../../workers/typebox.js";
import { validate } from "../../workers/validation.js";
import { STALL, withBody } from "./body-stream.js";
import { FIELDS_BODY, FORM_BODY, JSON_BODY, mediaTypeOf } from "./media-types.js";
import { HttpProblem, tooLarge } from "./problems.js";
import { readTexts } from "./text-values.js";

/** Bytes. */
const MOST = 65_536;

type SmallMediaType = typeof JSON_BODY | typeof FIELDS_BODY | typeof FORM_BODY;

export const ANY_MEDIA_TYPE: readonly SmallMediaType[] = [JSON_BODY, FIELDS_BODY, FORM_BODY];

/**
 * Reads a body of the shape of `schema`, in one of the media types `taken`; in the first of them when it does not say
 * which.
 */
export async function readSmallBody<Schema extends TSchema>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: Schema,
  taken: readonly SmallMediaType[] = [JSON_BODY],
  stall = STALL,
): Promise<Static<Schema>> {
  const body = await read(request, reply, taken, stall);
  const value = "texts" in body ? readTexts(schema, body.texts) : body.json;
  validate(schema, value);
  return value as Static<Schema>;
}

/** What a body holds, for a route that checks in words of its own; of a form its texts, the last of each name. */
export async function readValue(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = await read(request, reply, ANY_MEDIA_TYPE, STALL);
  return "texts" in body ? Object.fromEntries(body.texts) : body.json;
}

/** The shape of a body of any fields. */
export const ANY_FIELDS = Type.Object({});

type Read = { json: unknown } | { texts: [name: string, text: string][] };

async function read(
  request: FastifyRequest,
  reply: FastifyReply,
  taken: readonly SmallMediaType[],
  stall: number,
): Promise<Read> {
  const mediaType = check(request, taken);
  const bytes = await withBody(request, reply, stall, async (body) => {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      refuseLarge(length);
    }
    return Buffer.concat(chunks);
  });
  if (mediaType === FIELDS_BODY) return { texts: [...new URLSearchParams(bytes.toString())] };
  if (mediaType === FORM_BODY) return { texts: await readForm(bytes, request.headers["content-type"] ?? "") };
  return { json: bytes.length === 0 ? {} : parseJson(bytes) };
}

/** The fields of a multipart form. Node's own reader is strict, and quick enough for so few bytes. */
async function readForm(bytes: Buffer, contentType: string): Promise<[string, string][]> {
  const form = new Response(bytes, { headers: { "content-type": contentType } }).formData();
  const fields = await form.catch(() => {
    throw new HttpProblem(400, "invalid-input", "the form is not well-formed");
  });
  return [...fields].map(([name, value]) => {
    if (typeof value === "string") return [name, value];
    throw new HttpProblem(400, "invalid-input", `${name} is a file, and a text belongs there`);
  });
}

/** What the headers alone tell. */
function check(request: FastifyRequest, taken: readonly SmallMediaType[]): string {
  const { headers, routeOptions } = request;
  const mediaType = headers["content-type"] === undefined ? (taken[0] as string) : mediaTypeOf(request);
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
