// The media types of bodies that are taken here.
import type { FastifyRequest } from "fastify";

export const JSON_BODY = "application/json";
export const FORM_BODY = "multipart/form-data";
/** As a page sends the fields of a form without files. */
export const FIELDS_BODY = "application/x-www-form-urlencoded";
export const CSV_BODY = "text/csv";

/** What a body says it is; JSON when it says nothing. */
export function mediaTypeOf(request: FastifyRequest): string {
  return (request.headers["content-type"] ?? JSON_BODY).split(";")[0]?.trim().toLowerCase() ?? "";
}
