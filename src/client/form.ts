// A file as a multipart form (RFC 7578) that streams from the disk: memory does not grow with the file.
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";

/** Told as the file goes out: bytes of it that were handed on, of its size. */
export type OnUpload = (sent: number, total: number) => void;

export interface Form {
  headers: Record<string, string>;
  /** Can be read once. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * The text fields, then the file. Throws the file system's own error when there is no such file. A file that
 * grows meanwhile is sent up to the size that it had; one that shrinks fails the request. `over` is to be
 * aborted when the request has ended: fetch drops the body of one that failed without closing it.
 */
export async function fileForm(
  file: string,
  fields: readonly (readonly [name: string, value: string])[],
  over: AbortSignal,
  onUpload: OnUpload = () => {},
): Promise<Form> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error(`${file} is not a file`);
  const boundary = `abacus-${randomUUID()}`;
  const start = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${quotable(name)}"`;
  const head = Buffer.from(
    fields.map(([name, value]) => `${start(name)}\r\n\r\n${value}\r\n`).join("") +
      `${start("file")}; filename="${quotable(basename(file))}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      // known, so that what is too large is refused before it is sent
      "content-length": String(head.length + found.size + tail.length),
    },
    body: pieces(head, file, found.size, tail, over, onUpload),
  };
}

async function* pieces(
  head: Uint8Array,
  file: string,
  size: number,
  tail: Uint8Array,
  over: AbortSignal,
  onUpload: OnUpload,
): AsyncGenerator<Uint8Array> {
  yield head;
  onUpload(0, size);
  let sent = 0;
  if (size > 0)
    for await (const chunk of createReadStream(file, { end: size - 1, signal: over })) {
      yield chunk;
      sent += chunk.length;
      onUpload(sent, size);
    }
  yield tail;
}

/** As browsers do it (HTML, multipart/form-data encoding algorithm). */
function quotable(name: string): string {
  return name.replace(/["\r\n]/g, encodeURIComponent);
}
