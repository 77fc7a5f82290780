// Reads a range of a table's records into a Table.
import { closeSync, openSync, readSync } from "node:fs";
import type { TaskContext } from "../job-type.js";
import { tableBytes } from "./bytes.js";
import type { Range, RecordReader } from "./kernel/record-reader.js";
import { TableReader } from "./kernel/table-reader.js";
import type { OpenedTable } from "./open-table.js";
import type { Layout } from "./parse/layout.js";
import { tooMuchMemory } from "./read-failure.js";
import type { ReadRange } from "./slots.js";
import { groupsOf, packTable, type Table } from "./table.js";

const NOTHING = new Uint8Array(0);

/**
 * Reads the records that begin in [start, to). A column in which a text follows numbers is read once more,
 * as texts: what is text keeps its spelling, and what is a number never becomes a string.
 */
export async function readTable(
  opened: OpenedTable,
  layout: Layout,
  range: Range,
  context: TaskContext,
  total: number,
): Promise<{ read: ReadRange; tables: Table[]; texts: Table[] }> {
  const reader = await readOnce(opened, layout, range, context, total);
  const { start } = range;
  const { end, rows, skipped, failure, mixed } = reader;
  const read = { start, end, rows, skipped, failure };
  if (failure) return { read, tables: [], texts: [] };
  const tables = packed(reader, layout.columns, opened);
  if (mixed.length === 0) return { read, tables, texts: [] };
  return { read, tables, texts: await readTexts(opened, layout, mixed, range, context, total) };
}

/** Reads these columns alone, as texts. */
export async function readTexts(
  opened: OpenedTable,
  layout: Layout,
  columns: number[],
  range: Range,
  context: TaskContext,
  total: number,
): Promise<Table[]> {
  const texts = { ...layout, columns, asTexts: new Set(columns) };
  const reader = await readOnce(opened, texts, range, context, total);
  // it was read before, so that only memory can have failed
  if (reader.failure) throw tooMuchMemory(opened.layout.memory);
  return packed(reader, columns, opened);
}

/** What was read of `columns`, in the groups of the selected ones. */
function packed(reader: TableReader, columns: readonly number[], { layout }: OpenedTable): Table[] {
  const places = new Map(columns.map((index, place) => [index, place]));
  return groupsOf(layout.columns.length).flatMap((all, group) => {
    const found = all.flatMap((place) => places.get(layout.columns[place]!) ?? []);
    return found.length > 0 ? [packTable(reader, columns, found, group)] : [];
  });
}

async function readOnce(
  opened: OpenedTable,
  layout: Layout,
  range: Range,
  context: TaskContext,
  total: number,
): Promise<TableReader> {
  const reader = new TableReader(layout, range);
  await feed(reader, opened, range.start, context, { stage: "reading", total });
  return reader;
}

/** What progress is told of: `total` bytes are read by all parts of the round. */
export interface Stage {
  stage: string;
  total: number;
}

/** Feeds a reader the bytes of the context's file from offset `start` on, for as long as it wants more. */
export async function feed(
  reader: RecordReader,
  opened: OpenedTable,
  start: number,
  context: TaskContext,
  stage: Stage,
): Promise<void> {
  const tell = progressOf(reader, context, stage);
  const { path, gzip } = context.file!;
  if (gzip || opened.encoding.kind === "other") await readStream(reader, opened, start, context, tell);
  else readFile(reader, path, start, tell);
}

/** From offset `start` on, without a turn of the event loop: nothing else runs in a thread. */
function readFile(reader: RecordReader, path: string, start: number, tell: (done: number) => void): void {
  const file = openSync(path, "r");
  try {
    for (let at = start, more = true; more; ) {
      const room = reader.room();
      const bytes = readSync(file, room, 0, room.length, at);
      at += bytes;
      more = reader.take(bytes, bytes === 0);
      tell(at - start);
    }
  } finally {
    closeSync(file);
  }
}

/** What is unpacked or turned into UTF-8 first is read from its beginning. */
async function readStream(
  reader: RecordReader,
  opened: OpenedTable,
  start: number,
  context: TaskContext,
  tell: (done: number) => void,
): Promise<void> {
  let done = 0;
  const chunks = tableBytes(context.file!, opened.encoding, context.limits, (bytes) => {
    done = bytes;
  });
  for await (const chunk of after(chunks, start)) {
    const more = reader.feed(chunk, false);
    tell(done);
    if (!more) return;
  }
  reader.feed(NOTHING, true);
}

function progressOf(
  reader: RecordReader,
  context: TaskContext,
  { stage, total }: Stage,
): (done: number) => void {
  return (done) =>
    context.progress({
      ...{ stage, total, unit: "bytes", rate: "bytesPerSecond" },
      done: Math.min(done, total),
      detail: { rows: reader.rows },
    });
}

/** What follows the first `length` bytes. */
async function* after(chunks: AsyncIterable<Uint8Array>, length: number): AsyncIterable<Uint8Array> {
  let left = length;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}
