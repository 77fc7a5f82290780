// Reads a range of a table's records into a Table.
import type { TaskContext } from "../job-type.js";
import { fileBytes, tableBytes } from "./bytes.js";
import type { OpenedTable } from "./open-table.js";
import { type Layout, TableReader } from "./parse/table-reader.js";
import { packTable, type Table } from "./table.js";

const NOTHING = new Uint8Array(0);

/**
 * Reads the records that begin in [start, to). A column in which a text follows numbers is read once more,
 * as texts: what is text keeps its spelling, and what is a number never becomes a string.
 */
export async function readTable(
  table: OpenedTable,
  layout: Layout,
  start: number,
  to: number,
  context: TaskContext,
): Promise<Table> {
  const reader = await read(table, layout, start, to, context);
  let { failure } = reader;
  let columns = reader.columns;
  const { mixed } = reader;
  if (!failure && mixed.length > 0) {
    const memory = layout.memory - reader.memory;
    const texts = { ...layout, memory, columns: mixed, asTexts: new Set(mixed) };
    const again = await read(table, texts, start, to, context);
    const places = new Map(mixed.map((index, at) => [index, again.columns[at]!]));
    columns = columns.map((column, at) => places.get(layout.columns[at]!) ?? column);
    // only memory can have failed this time
    if (again.failure) failure = { kind: "memory", offset: again.end };
  }
  const head = { start, end: reader.end, rows: reader.rows, skipped: reader.skipped, failure };
  return failure ? packTable(head, [], []) : packTable(head, layout.columns, columns);
}

async function read(
  table: OpenedTable,
  layout: Layout,
  start: number,
  to: number,
  context: TaskContext,
): Promise<TableReader> {
  const file = context.file!;
  const reader = new TableReader(layout, start, to);
  const plain = !file.gzip && table.encoding.kind !== "other";
  // what a part reads is added up by the host, so the total is the whole file's
  const total = file.bytes;
  const began = performance.now();
  let done = 0;
  const tell = (bytes: number) => {
    done = bytes;
  };
  const chunks = plain
    ? fileBytes(file.path, start, tell)
    : after(tableBytes(file, table.encoding, context.limits, tell), start);
  for await (const chunk of chunks) {
    const more = reader.feed(chunk, false);
    const seconds = (performance.now() - began) / 1000;
    context.progress({
      stage: "reading",
      done: Math.min(done, total),
      total,
      unit: "bytes",
      detail: { rows: reader.rows, bytesPerSecond: Math.round(done / Math.max(seconds, 1e-3)) },
    });
    if (!more) return reader;
  }
  reader.feed(NOTHING, true);
  return reader;
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
