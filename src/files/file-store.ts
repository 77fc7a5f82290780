// Files of jobs on the local disk: uploads, results too large for Redis, what jobs made, and scratch.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unfinishedPath } from "../../workers/answer.js";

/** What belongs to a job, and goes with it. */
export const KEPT_KINDS = ["uploads", "results", "made"] as const;
/** `scratch` holds what one request needs: nothing in it outlives that. */
const KINDS = [...KEPT_KINDS, "scratch"] as const;
export type FileKind = (typeof KINDS)[number];

/** What is known of a file that has been received. */
export interface ReceivedFile {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** Whether it begins with gzip's magic bytes. */
  gzip: boolean;
}

/** More bytes came than are allowed. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
  /** How many had come when it was noticed. */
  readonly bytes: number;
  constructor(bytes: number) {
    super(`the file has at least ${bytes} bytes`);
    this.bytes = bytes;
  }
}

export class FileStore {
  private readonly root: string;
  /** A file is on the disk, not only in the system's cache, before it counts as written. */
  readonly durable: boolean;

  private constructor(root: string, durable: boolean) {
    this.root = root;
    this.durable = durable;
  }

  static async open(dataDir: string, durable: boolean): Promise<FileStore> {
    const store = new FileStore(dataDir, durable);
    for (const kind of KINDS) await mkdir(join(dataDir, kind), { recursive: true, mode: 0o700 });
    return store;
  }

  /** The files of a folder have the ids as their names. */
  folder(kind: FileKind): string {
    return join(this.root, kind);
  }

  path(kind: FileKind, id: string): string {
    return join(this.root, kind, id);
  }

  /**
   * Streams `source` to the disk while hashing and counting it. Whatever ends it early (too large, cut off, a
   * full disk) destroys `source`, leaves nothing behind and throws; FileTooLarge above `limit` bytes.
   */
  async receive(id: string, source: Readable, limit: number): Promise<ReceivedFile> {
    const final = this.path("uploads", id);
    const part = `${final}.part`;
    const hash = createHash("sha256");
    let bytes = 0;
    let start = Buffer.alloc(0);
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        if (bytes > limit) return done(new FileTooLarge(bytes));
        if (start.length < 2) start = Buffer.concat([start, chunk.subarray(0, 2)]);
        hash.update(chunk);
        done(null, chunk);
      },
    });
    const sink = createWriteStream(part, { mode: 0o600, flush: this.durable });
    try {
      await pipeline(source, count, sink);
      await rename(part, final);
      if (this.durable) await syncFolder(dirname(final));
      return { bytes, sha256: hash.digest("hex"), gzip: start[0] === 0x1f && start[1] === 0x8b };
    } catch (error) {
      // a stream that was cut off may still be opening its file: it would make it anew after its removal
      if (!sink.closed) await new Promise<void>((resolve) => sink.once("close", resolve));
      await rm(part, { force: true });
      throw error;
    }
  }

  /** Opens a file to be read from its beginning; `undefined` when it is not there. */
  async read(kind: FileKind, id: string): Promise<{ bytes: number; stream: Readable } | undefined> {
    const handle = await open(this.path(kind, id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (!handle) return undefined;
    const { size } = await handle.stat();
    return { bytes: size, stream: createReadStream("", { fd: handle }) };
  }

  async has(kind: FileKind, id: string): Promise<boolean> {
    return stat(this.path(kind, id)).then(
      () => true,
      () => false,
    );
  }

  /** Gives a file to another id, which may have one already. */
  async move(kind: FileKind, from: string, to: string): Promise<void> {
    await rename(this.path(kind, from), this.path(kind, to));
    if (this.durable) await syncFolder(this.folder(kind));
  }

  async remove(kind: FileKind, id: string): Promise<void> {
    await rm(this.path(kind, id), { force: true });
  }

  /** Removes what a job was sent and what was computed of it. */
  async removeAll(id: string): Promise<void> {
    await this.remove("uploads", id);
    await this.removeComputed(id);
  }

  async removeComputed(id: string): Promise<void> {
    await this.remove("results", id);
    await this.remove("made", id);
  }

  /** Removes what a thread of this process was writing for a job when it died or was killed. */
  async removeUnfinished(id: string): Promise<void> {
    await rm(unfinishedPath(this.path("results", id)), { force: true });
    await rm(unfinishedPath(this.path("made", id)), { force: true });
  }

  /** Bytes that may still be written. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.root);
    return bavail * bsize;
  }

  /** Names of files that nobody has written to since `before` (milliseconds). */
  async *untouchedSince(kind: FileKind, before: number): AsyncGenerator<string> {
    for (const name of await readdir(join(this.root, kind))) {
      const found = await stat(this.path(kind, name)).catch(() => undefined);
      if (found && found.mtimeMs < before) yield name;
    }
  }

  static readonly kinds = KINDS;
}

/** A new name is durable when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
