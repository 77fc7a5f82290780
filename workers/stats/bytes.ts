// The bytes of a table in pieces: an upload as it stands, unpacked, and turned into UTF-8 where needed.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { InputError } from "../input-error.js";
import type { SourceFile } from "../job-type.js";
import type { Limits } from "../limits.js";
import type { Encoding } from "./encoding.js";

const CHUNK = 2 ** 20;

/** Is told how many bytes of the file itself have been read. */
type Tell = (bytes: number) => void;

/** The bytes that records are read from: unpacked, and UTF-8 unless the encoding is read as it is. */
export function tableBytes(
  file: SourceFile,
  encoding: Encoding,
  limits: Limits,
  tell?: Tell,
): AsyncIterable<Uint8Array> {
  const bytes = unpackedBytes(file, limits, tell);
  return encoding.kind === "other" ? transcoded(bytes, encoding) : bytes;
}

/**
 * The file's content, unpacked when it is gzip. A chunk is valid until the next one is asked for. A packed file
 * may hold no more than a plain one: gzip packs a thousandfold, so that a few megabytes would otherwise keep a
 * thread busy for hours (a core reads about 80 MB a second).
 */
export function unpackedBytes(file: SourceFile, limits: Limits, tell?: Tell): AsyncIterable<Uint8Array> {
  return file.gzip ? gunzipped(file.path, limits.uploadBytes, tell) : fileBytes(file.path, 0, tell);
}

/** A file's bytes from offset `from` on. A chunk is valid until the next one is asked for. */
export async function* fileBytes(path: string, from: number, tell?: Tell): AsyncIterable<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size - from)));
    for (let at = from; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      tell?.(at - from);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Unpacks a gzip file as it streams. Throws InputError when it is damaged or unpacks to more than `most` bytes. */
export async function* gunzipped(path: string, most: number, tell?: Tell): AsyncIterable<Uint8Array> {
  const source = createReadStream(path, { highWaterMark: CHUNK / 4 });
  const unzip = createGunzip({ chunkSize: CHUNK / 4 });
  source.on("error", (error) => unzip.destroy(error));
  source.pipe(unzip);
  let bytes = 0;
  try {
    for await (const chunk of unzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most)
        throw new InputError({
          status: 413,
          name: "too-large",
          detail: `the gzip file unpacks to more than ${most} bytes, the most that is read (UPLOAD_BYTES)`,
        });
      tell?.(source.bytesRead);
      yield chunk;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw error;
    throw InputError.unreadable(`the gzip file is damaged: ${message} (after ${bytes} unpacked bytes)`);
  } finally {
    source.destroy();
    unzip.destroy();
  }
}

/** Turns bytes into UTF-8, a byte order mark included. Throws InputError for bytes that the encoding does not know. */
async function* transcoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncIterable<Uint8Array> {
  const decoder = new TextDecoder(encoding.name, { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  let from = 0;
  const decode = (chunk: Uint8Array, stream: boolean) => {
    try {
      return encoder.encode(decoder.decode(chunk, { stream }));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw InputError.unreadable(
        `the file is not valid ${encoding.name}: the first bad byte is between offsets ${from} and ${from + chunk.length}`,
      );
    }
  };
  for await (const chunk of bytes) {
    yield decode(chunk, true);
    from += chunk.length;
  }
  yield decode(new Uint8Array(0), false);
}

/** The first `most` bytes, or all when there are fewer; `whole` says which. */
export async function headOf(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
): Promise<{ head: Uint8Array; whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    chunks.push(Uint8Array.from(chunk));
    length += chunk.length;
    // one byte more tells whether anything follows
    if (length > most) break;
  }
  const all = Buffer.concat(chunks, length);
  return { head: all.subarray(0, most), whole: length <= most };
}

/** The number, from 1, of the line on which the byte at `offset` stands. LF, CRLF and CR each end a line, quoted or not. */
export async function lineAt(bytes: AsyncIterable<Uint8Array>, offset: number): Promise<number> {
  let line = 1;
  let left = offset;
  let carriage = false;
  for await (const chunk of bytes) {
    const length = Math.min(left, chunk.length);
    for (let at = 0; at < length; at++) {
      const byte = chunk[at];
      if (byte === 13 || (byte === 10 && !carriage)) line++;
      carriage = byte === 13;
    }
    left -= length;
    if (left === 0) break;
  }
  return line;
}
