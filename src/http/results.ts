// Sends a job's result: its own bytes from Redis or the disk, or another format made of them in a thread.
import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { AVRO_TYPE } from "../../workers/avro.js";
import type { Format } from "../../workers/write-format.js";
import type { FileStore } from "../files/file-store.js";
import type { Pool } from "../jobs/pool.js";
import type { JobRecord } from "../jobs/record.js";
import type { Registry } from "../jobs/registry.js";
import { JSON_TYPE } from "./job-replies.js";
import { HttpProblem } from "./problems.js";

export interface Results {
  registry: Registry;
  files: FileStore;
  /** One thread that makes formats on demand. */
  formats: Pool;
}

const JSON_MEDIA = "application/json";

export async function sendResult(
  results: Results,
  job: JobRecord,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const offered = [JSON_MEDIA, ...Object.keys(results.registry.get(job.type)?.formats ?? {})];
  const mediaType = request.accepts().type(offered);
  reply.header("vary", [reply.getHeader("vary") ?? [], "accept"].flat().join(", "));
  if (typeof mediaType !== "string")
    throw new HttpProblem(406, "not-acceptable", `the result can be had as ${offered.join(", ")}`);
  if (mediaType !== JSON_MEDIA) return sendFormat(results, job, mediaType, reply);
  if (job.result) return reply.type(JSON_TYPE).send(job.result);
  const file = await results.files.read("results", job.id);
  if (!file) throw lost(job);
  return reply.type(JSON_TYPE).header("content-length", file.bytes).send(file.stream);
}

async function sendFormat(
  results: Results,
  job: JobRecord,
  mediaType: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { files } = results;
  if (!job.result && !(await files.has("results", job.id))) throw lost(job);
  const source = job.result ?? files.path("results", job.id);
  const type = mediaType.startsWith("text/") ? `${mediaType}; charset=utf-8` : mediaType;
  const link = mediaType === AVRO_TYPE && { link: `</v1/schemas/${job.type}.avsc>; rel="describedby"` };
  const wanted = { step: "format", of: "result", type: job.type, mediaType, source } as const;
  return sendMade(results, wanted, { "content-type": type, ...link }, reply);
}

/** Sends what a thread makes, by way of a file, and these headers with it. */
export async function sendMade(
  { files, formats }: Pick<Results, "files" | "formats">,
  wanted: Format,
  headers: Record<string, string>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const scratch = randomUUID();
  try {
    await formats.format({ ...wanted, target: files.path("scratch", scratch) });
    const file = await files.read("scratch", scratch);
    if (!file) throw new Error("the format was not written");
    return reply.headers({ ...headers, "content-length": file.bytes }).send(file.stream);
  } finally {
    await files.remove("scratch", scratch); // what is open can still be read to its end
  }
}

function lost(job: JobRecord): HttpProblem {
  return new HttpProblem(500, "file-lost", `the result of ${job.id} is no longer on the disk`);
}
