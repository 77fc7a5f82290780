// The document of the default model: how often that is right is known only once it is trained, which a thread does.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { FileStore } from "../files/file-store.js";
import type { Pool } from "../jobs/pool.js";

/** Gives the document as JSON, made once by a thread of `formats` for all who ask. */
export function createDefaultDocument(files: FileStore, formats: Pool): () => Promise<string> {
  let made: Promise<string> | undefined;

  async function make(): Promise<string> {
    const scratch = randomUUID();
    const target = files.path("scratch", scratch);
    try {
      await formats.format({ step: "format", of: "default-model", target });
      return await readFile(target, "utf8");
    } finally {
      await files.remove("scratch", scratch);
    }
  }

  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
