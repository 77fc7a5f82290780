// What a submission carries, read from the request: JSON at once or unparsed to the disk, and uploads as they stream.
import { Readable } from "node:stream";
import type { MultipartFile, MultipartValue } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { InputError } from "../../workers/input-error.js";
import type { AnyJobType } from "../../workers/job-type.js";
import type { Config } from "../config.js";
import type { FileStore } from "../files/file-store.js";
import type { Submission } from "../jobs/jobs.js";
import { diskFull, HttpProblem, tooLarge } from "./problems.js";

/** The content of a submission: an input, a file with the options as input, or a file that holds the input. */
export type Content = Pick<Submission, "input" | "file">;

/** A multipart form is a little larger than the file in it. */
const FORM_OVERHEAD = 1024 * 1024;
/** Bytes of one text field of a form. */
const FIELD = 65_536;

export interface BodyReader {
  /** Refuses by `Content-Length` alone, before the body is read. */
  checkLength(request: FastifyRequest): void;
  /** Reads the body of a submission under the job's id. Whatever fails leaves nothing on the disk. */
  read(request: FastifyRequest, type: AnyJobType, id: string): Promise<Content>;
}

export function mediaTypeOf(request: FastifyRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

export function createBodyReader(config: Config, files: FileStore): BodyReader {
  async function checkDisk(): Promise<void> {
    const free = await files.free();
    if (free < config.DISK_RESERVE)
      throw diskFull(`${free} bytes are free on the disk; DISK_RESERVE keeps ${config.DISK_RESERVE}`);
  }

  async function receive(id: string, source: Readable, limit: number) {
    await checkDisk();
    return files.receive(id, source, limit);
  }

  async function readJson(request: FastifyRequest, id: string): Promise<Content> {
    const payload = request.body as Readable | undefined;
    if (!payload) return { input: {} };
    const chunks: Buffer[] = [];
    let bytes = 0;
    const source = payload.iterator({ destroyOnReturn: false });
    for await (const chunk of { [Symbol.asyncIterator]: () => source }) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > config.INLINE_BYTES) return { file: await storeJson(id, chunks, payload) };
    }
    return { input: bytes === 0 ? {} : parseJson(Buffer.concat(chunks)) };
  }

  async function storeJson(id: string, chunks: Buffer[], rest: Readable) {
    async function* whole() {
      yield* chunks;
      yield* rest;
    }
    return { ...(await receive(id, Readable.from(whole()), config.JSON_BYTES)), name: null };
  }

  async function readForm(request: FastifyRequest, type: AnyJobType, id: string): Promise<Content> {
    const fields: [string, string][] = [];
    let file: Content["file"];
    const limits = {
      parts: config.FORM_PARTS,
      fields: config.FORM_PARTS,
      fieldSize: FIELD,
      fileSize: Number.POSITIVE_INFINITY,
    };
    try {
      for await (const part of request.parts({ limits })) {
        if (part.type === "field") fields.push(textOf(part));
        else if (file) throw new HttpProblem(400, "invalid-input", "the form has more than one file");
        else file = await receiveFile(id, part);
      }
      if (!file) throw new HttpProblem(400, "invalid-input", "the form has no file");
      return { input: { options: optionsOf(type, fields) }, file };
    } catch (error) {
      if (file) await files.remove("uploads", id);
      throw error;
    }
  }

  async function receiveFile(id: string, part: MultipartFile): Promise<Content["file"]> {
    const received = await receive(id, part.file, config.UPLOAD_BYTES);
    return { ...received, name: part.filename || null };
  }

  async function readRaw(request: FastifyRequest, type: AnyJobType, id: string): Promise<Content> {
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    const options = optionsOf(type, [...query]);
    const source = (request.body as Readable | undefined) ?? Readable.from([]);
    return { input: { options }, file: { ...(await receive(id, source, config.UPLOAD_BYTES)), name: null } };
  }

  return {
    checkLength(request) {
      const length = Number(request.headers["content-length"] ?? 0);
      const json = mediaTypeOf(request) === "application/json";
      const [name, limit] = json
        ? (["JSON_BYTES", config.JSON_BYTES] as const)
        : (["UPLOAD_BYTES", config.UPLOAD_BYTES] as const);
      const allowance = mediaTypeOf(request) === "multipart/form-data" ? FORM_OVERHEAD : 0;
      if (length > limit + allowance) throw tooLarge(name, limit, `the body has ${length} bytes`);
    },
    async read(request, type, id) {
      const mediaType = mediaTypeOf(request);
      if (type.accepts.includes("file")) {
        if (mediaType === "multipart/form-data") return readForm(request, type, id);
        if (mediaType === "text/csv") return readRaw(request, type, id);
      }
      if (type.accepts.includes("json") && (mediaType === "application/json" || mediaType === ""))
        return readJson(request, id);
      throw new HttpProblem(415, "unsupported-media-type", `${type.path} does not take ${mediaType}`);
    },
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw InputError.malformed(error as Error);
  }
}

function textOf(part: MultipartValue): [string, string] {
  if (part.valueTruncated) throw tooLarge("a field of a form", FIELD, `the field ${part.fieldname} has more`);
  return [part.fieldname, String(part.value)];
}

/** Text fields as the options' schema wants them: repeated fields are lists, numerals are numbers. */
function optionsOf(type: AnyJobType, fields: [string, string][]): unknown {
  const schema = type.input.properties?.options as (TSchema & { properties: object }) | undefined;
  const lists = schema ? Object.entries(schema.properties).filter(([, { type }]) => type === "array") : [];
  const isList = new Set(lists.map(([name]) => name));
  const given = new Map<string, string | string[]>();
  for (const [name, value] of fields) {
    const before = given.get(name);
    if (isList.has(name)) given.set(name, [...((before as string[]) ?? []), value]);
    else if (before === undefined) given.set(name, value);
    else throw new HttpProblem(400, "invalid-input", `the field ${name} is given more than once`);
  }
  const options = Object.fromEntries(given);
  return schema ? Value.Convert(schema, options) : options;
}
