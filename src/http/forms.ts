// Multipart forms of one file and any number of text fields, in any order.
import type { MultipartFile, MultipartValue } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { cutOff, isCutOff } from "./body-stream.js";
import { HttpProblem, tooLarge } from "./problems.js";

/** Bytes of one text field of a form. */
const FIELD = 65_536;
/** Bytes of a part beside its content. */
const PART_HEADER = 16_384;
/** Bytes that may have come and not yet be known to be a file's. */
const AHEAD = 1024 * 1024;

/**
 * Reads a form whose body has begun to come. `receive` takes the file; whatever it received is the caller's to
 * remove when this throws. `parts` is the limit FORM_PARTS.
 */
export async function readForm<File>(
  request: FastifyRequest,
  parts: number,
  receive: (part: MultipartFile) => Promise<File>,
): Promise<{ fields: [string, string][]; file: File }> {
  const limits = { parts, fields: parts, fieldSize: FIELD, fileSize: Number.POSITIVE_INFINITY };
  const fields: [string, string][] = [];
  const files: MultipartFile["file"][] = [];
  let file: File | undefined;
  const unwatch = limitRest(request, AHEAD + parts * (FIELD + PART_HEADER), files);
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === "field") fields.push(textOf(part));
      else if (files.push(part.file) === 1) file = await receive(part);
      else skip(part.file);
    }
    if (file === undefined) throw malformed("the form has no file");
    if (files.length > 1) throw malformed("the form has more than one file");
    return { fields, file };
  } catch (error) {
    request.raw.unpipe(); // the parser would go on with what nobody wants
    throw problemOf(error, request, parts);
  } finally {
    unwatch();
  }
}

/**
 * The parser reads on for ever before the first part, in a part's header, in a field that is too long and after
 * the last part: what is no content of a file may have `most` bytes. Call right before the parser begins.
 */
function limitRest({ raw }: FastifyRequest, most: number, files: MultipartFile["file"][]): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    const rest = bytes - files.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    if (rest > most)
      raw.emit("error", tooLarge("a form beside its file", most, `at least ${rest} bytes came`));
  };
  raw.on("data", count);
  return () => void raw.off("data", count);
}

/** A second file is a mistake; that the form has too many parts is told rather, if that shows soon. */
function skip(file: MultipartFile["file"]): void {
  let bytes = 0;
  file.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > FIELD) file.destroy(); // which ends the parsing
  });
}

function textOf({ fieldname, value, valueTruncated }: MultipartValue): [string, string] {
  if (valueTruncated) throw tooLarge("a field of a form", FIELD, `the field ${fieldname} has more`);
  // the plugin parses a field that declares itself as JSON
  if (typeof value !== "string") throw malformed(`the field ${fieldname} is not plain text`);
  return [fieldname, value];
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem(400, "invalid-input", detail);
}

/** What the plugin and its parser raise, in words for the caller. */
function problemOf(error: unknown, request: FastifyRequest, parts: number): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === "FST_PARTS_LIMIT" || code === "FST_FIELDS_LIMIT")
    return new HttpProblem(
      413,
      "too-many-parts",
      `the form has more parts than FORM_PARTS, which is ${parts}`,
    );
  if (code === "FST_PROTO_VIOLATION" || code === "FST_INVALID_JSON_FIELD_ERROR") return malformed(message);
  if (isCutOff(request.raw)) return cutOff();
  // the parser's own errors are plain ones
  if (error instanceof Error && error.constructor === Error && code === undefined)
    return malformed(`the form is not well-formed: ${message}`);
  return error;
}
