// How a step's answer leaves its thread: a short result in the reply, a long one and what a job makes in files.
import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { AnyJobType, End } from "./job-type.js";

export interface AnswerSettings {
  /** A result of at most this many bytes is handed back; a larger one is written to a file. */
  inlineBytes: number;
  /** The folders of such files, and of what jobs make, by the jobs' ids. */
  results: string;
  made: string;
  /** Whether a file must be on the disk before the step ends. */
  durable: boolean;
}

export interface Answered {
  kind: "answer";
  /** Of the result's JSON. */
  bytes: number;
  /** The JSON itself; `null` when it is in its file. */
  result: string | null;
  /** JSON of what the job made, e.g. the model's document. */
  made: string | undefined;
}

/** A process's own mark, which its threads inherit: by it the process knows what they left when they were killed. */
const MARK = "abacus:process";
if (getEnvironmentData(MARK) === undefined) setEnvironmentData(MARK, randomUUID());

/** Where this process writes a file until it is whole: another that computes the same job has its own. */
export function unfinishedPath(path: string): string {
  return `${path}.${getEnvironmentData(MARK)}.part`;
}

/** The only place where a result becomes JSON: what is written here is what the caller reads. */
export function answer(
  type: AnyJobType,
  id: string,
  end: End<unknown>,
  { inlineBytes, results, made, durable }: AnswerSettings,
): Answered {
  if ("json" in end) return { kind: "answer", ...deliver(end.json), made: undefined };
  const { result, artifact } = end;
  const json = JSON.stringify(result);
  if (artifact) writeWhole(join(made, id), [artifact], durable);
  const document = type.makes && JSON.stringify((result as Record<string, unknown>)[type.makes]);
  return { kind: "answer", ...deliver([json]), made: document };

  function deliver(pieces: Iterable<string | Uint8Array>): Pick<Answered, "bytes" | "result"> {
    const head: Buffer[] = [];
    let bytes = 0;
    const rest = pieces[Symbol.iterator]();
    for (let next = rest.next(); !next.done; next = rest.next()) {
      const piece = Buffer.from(next.value as string); // a copy, also of bytes
      head.push(piece);
      bytes += piece.length;
      if (bytes > inlineBytes)
        return { bytes: writeWhole(join(results, id), chain(head, rest), durable), result: null };
    }
    return { bytes, result: Buffer.concat(head).toString() };
  }
}

function* chain<Item>(head: Iterable<Item>, rest: Iterator<Item>): Iterable<Item> {
  yield* head;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/** Readers see the whole file or none, also when two workers write it at the same time. Returns its bytes. */
function writeWhole(path: string, pieces: Iterable<string | Uint8Array>, durable: boolean): number {
  const temporary = unfinishedPath(path);
  let bytes = 0;
  rmSync(temporary, { force: true }); // of a thread that was killed when another job of its turn had to stop
  const file = openSync(temporary, "wx", 0o600);
  try {
    for (const piece of pieces) {
      writeFileSync(file, piece);
      bytes += Buffer.byteLength(piece);
    }
    if (durable) fsyncSync(file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  if (durable) syncFolder(dirname(path));
  return bytes;
}

/** A new name is durable when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
