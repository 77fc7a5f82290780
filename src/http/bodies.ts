// What a submission carries, read from the request: JSON at once or unparsed to the disk, and uploads as they stream.
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AnyJobType } from "../../workers/job-type.js";
import { parseJson } from "../../workers/json.js";
import type { TSchema } from "../../workers/typebox.js";
import type { Config } from "../config.js";
import { type FileStore, FileTooLarge, type ReceivedFile } from "../files/file-store.js";
import type { Jobs } from "../jobs/jobs.js";
import type { Submission } from "../jobs/submissions.js";
import { principalOf } from "./authentication.js";
import { beginBody, readWhole, STALL, withBody } from "./body-stream.js";
import { readForm } from "./forms.js";
import { splitQuery } from "./job-parameters.js";
import { CSV_BODY, FORM_BODY, JSON_BODY, mediaTypeOf } from "./media-types.js";
import { diskFull, HttpProblem, tooLarge } from "./problems.js";
import { readTexts } from "./text-values.js";

/** The content of a submission: an input, a file with the options as input, or a file that holds the input. */
export type Content = Pick<Submission, "input" | "file" | "bare">;

/** A multipart form is a little larger than the file in it. */
const FORM_OVERHEAD = 1024 * 1024;
/** Characters of a file's name that are kept. */
const NAME = 255;

export interface BodyReader {
  /** Refuses by the headers alone, before the body is read: what is not taken here, and what is too large. */
  check(request: FastifyRequest, type: AnyJobType): void;
  /** Whether the body may take a while to arrive, or to be read. */
  isLong(request: FastifyRequest): boolean;
  /** Reads the body of a submission under the job's id. Whatever fails leaves nothing on the disk. */
  read(request: FastifyRequest, reply: FastifyReply, type: AnyJobType, id: string): Promise<Content>;
}

/** The media types of the bodies that a job type takes. */
export function mediaTypesOf({ accepts }: AnyJobType): string[] {
  return [
    ...(accepts.includes("json") ? [JSON_BODY] : []),
    ...(accepts.includes("file") ? [FORM_BODY, CSV_BODY] : []),
  ];
}

/** The schema of a file's options: of the fields of a form, or of the query with a raw body. */
export function optionsSchemaOf(type: AnyJobType): TSchema | undefined {
  if (!type.accepts.includes("file")) return undefined;
  return (type.input as { properties?: { options?: TSchema } }).properties?.options;
}

/** `onReceived` hears of each body that was stored; `stall`: how long a body may pause, milliseconds. */
export function createBodyReader(
  config: Config,
  files: FileStore,
  jobs: Pick<Jobs, "checkRoom">,
  onReceived: (bytes: number) => void,
  stall = STALL,
): BodyReader {
  /** Before anything goes to the disk: refuses what has no room there, or in the queue. */
  async function checkRoom(request: FastifyRequest): Promise<void> {
    const free = await files.free();
    if (free < config.DISK_RESERVE)
      throw diskFull(`${free} bytes are free on the disk; DISK_RESERVE keeps ${config.DISK_RESERVE}`);
    await jobs.checkRoom(principalOf(request).account);
  }

  async function receive(
    id: string,
    source: Readable,
    limit: "JSON_BYTES" | "UPLOAD_BYTES",
  ): Promise<ReceivedFile> {
    try {
      const file = await files.receive(id, source, config[limit]);
      onReceived(file.bytes);
      return file;
    } catch (error) {
      if (!(error instanceof FileTooLarge)) throw error;
      throw tooLarge(limit, config[limit], `at least ${error.bytes} bytes were sent`);
    }
  }

  const mostInline = Math.min(config.INLINE_BYTES, config.JSON_BYTES);

  /** Without the cost of a stream, which for a small body is most of the cost. */
  async function readSmallJson(
    request: FastifyRequest,
    reply: FastifyReply,
    type: AnyJobType,
  ): Promise<Content> {
    return { input: parseInput(await readWhole(request, reply, stall), type) };
  }

  /** Small bodies are parsed here; of a larger one, what has come of it goes to the disk before the rest. */
  async function readJson(
    request: FastifyRequest,
    body: Readable,
    type: AnyJobType,
    id: string,
  ): Promise<Content> {
    const chunks = body[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
    const start: Buffer[] = [];
    let bytes = 0;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      start.push(next.value);
      bytes += next.value.length;
      if (bytes > mostInline) {
        await checkRoom(request);
        return {
          file: { ...(await receive(id, Readable.from(concat(start, chunks)), "JSON_BYTES")), name: null },
        };
      }
    }
    return { input: parseInput(Buffer.concat(start), type) };
  }

  async function readUpload(
    request: FastifyRequest,
    reply: FastifyReply,
    type: AnyJobType,
    id: string,
  ): Promise<Content> {
    await checkRoom(request);
    beginBody(request, reply, stall);
    try {
      const { fields, file } = await readForm(request, config.FORM_PARTS, async (part) => ({
        ...(await receive(id, part.file, "UPLOAD_BYTES")),
        name: part.filename?.slice(0, NAME) || null,
      }));
      const options = readTexts(optionsSchemaOf(type) ?? {}, fields, "/options");
      return { input: { options }, file };
    } catch (error) {
      await files.remove("uploads", id);
      throw error;
    }
  }

  async function readRaw(request: FastifyRequest, reply: FastifyReply, id: string): Promise<Content> {
    await checkRoom(request);
    const file = await withBody(request, reply, stall, (body) => receive(id, body, "UPLOAD_BYTES"));
    return { input: { options: splitQuery(request.query).options }, file: { ...file, name: null } };
  }

  return {
    check(request, type) {
      const mediaType = mediaTypeOf(request);
      const taken = mediaTypesOf(type);
      const encoding = request.headers["content-encoding"] ?? "identity";
      if (!taken.includes(mediaType)) throw notTaken(request, mediaType, taken);
      // a file is recognised as gzip by itself, whatever is said of it
      const encodings = mediaType === JSON_BODY ? ["identity"] : ["identity", "gzip", "x-gzip"];
      if (!encodings.includes(encoding.trim().toLowerCase()))
        throw notTaken(request, `${mediaType} in the encoding ${encoding}`, taken);
      const length = Number(request.headers["content-length"] ?? 0);
      const limit = mediaType === JSON_BODY ? "JSON_BYTES" : "UPLOAD_BYTES";
      const allowance = mediaType === FORM_BODY ? FORM_OVERHEAD : 0;
      if (length > config[limit] + allowance)
        throw tooLarge(limit, config[limit], `the body has ${length} bytes`);
    },
    isLong(request) {
      const length = request.headers["content-length"];
      return mediaTypeOf(request) !== JSON_BODY || !(Number(length) <= mostInline);
    },
    async read(request, reply, type, id) {
      const mediaType = mediaTypeOf(request);
      if (mediaType === CSV_BODY) return readRaw(request, reply, id);
      refuseQuery(request);
      if (mediaType === FORM_BODY) return readUpload(request, reply, type, id);
      if (!this.isLong(request)) return readSmallJson(request, reply, type);
      return withBody(request, reply, stall, (body) => readJson(request, body, type, id));
    },
  };
}

function parseInput(bytes: Uint8Array, { whenEmpty = {} }: AnyJobType): unknown {
  return bytes.length === 0 ? whenEmpty : parseJson(bytes);
}

async function* concat(start: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* start;
  yield* rest;
}

/** Options in the query would have no effect beside a body that has a place for them. */
function refuseQuery(request: FastifyRequest): void {
  const [name] = Object.keys(splitQuery(request.query).options);
  if (name !== undefined)
    throw new HttpProblem(400, "invalid-input", `${name} belongs in the body: the query is for a raw file`);
}

function notTaken({ routeOptions }: FastifyRequest, what: string, taken: string[]): HttpProblem {
  const detail = `${routeOptions.url} does not take ${what}; it takes ${taken.join(", ")}`;
  return new HttpProblem(415, "unsupported-media-type", detail);
}
