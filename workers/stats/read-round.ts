// Divides the reading of a file among threads: by ranges of its bytes, each with its share of the memory.
import type { TaskContext } from "../job-type.js";
import type { OpenedTable } from "./open-table.js";
import { readTable, readTexts } from "./read-table.js";
import { guessRecordStart } from "./record-start.js";
import type { ReadRange, Slot } from "./slots.js";
import type { Table } from "./table.js";

export interface ReadPart {
  step: "read";
  slot: number;
  from: number;
  to: number;
  /** What hashes of texts begin with: the same in all parts of a job. */
  seed: bigint;
  /** The first record's offset, when it is known. */
  start: number | undefined;
  /** Read these columns alone, as texts. */
  asTexts: number[] | undefined;
  /** Bytes that all parts of the round read. */
  total: number;
  /** Steps have no memory of their own: the first part of a round carries what is known so far. */
  slots: Slot[] | undefined;
}

export interface ReadResult {
  step: "read";
  slot: number;
  seed: bigint;
  /** Undefined when no record begins in the range, or columns were read again as texts. */
  read: ReadRange | undefined;
  tables: Table[];
  texts: Table[];
  asTexts: boolean;
  slots: Slot[] | undefined;
}

export function readRound(
  slots: Slot[],
  wanted: { slot: number; start: number | undefined; asTexts?: number[] }[],
  seed: bigint,
  bytes: number,
): { parts: ReadPart[] } {
  const total = wanted.reduce(
    (sum, { slot }) => sum + Math.min(slots[slot]!.to, bytes) - slots[slot]!.from,
    0,
  );
  const parts = wanted.map(({ slot, start, asTexts }, at): ReadPart => {
    const { from, to } = slots[slot]!;
    return { step: "read", slot, from, to, seed, start, asTexts, total, slots: at === 0 ? slots : undefined };
  });
  return { parts };
}

export async function readPart(
  part: ReadPart,
  opened: OpenedTable,
  context: TaskContext,
): Promise<ReadResult> {
  const { slot, from, to, seed, asTexts, slots, total } = part;
  const { path, bytes } = context.file!;
  const layout = { ...opened.layout, memory: shareOfMemory(part, opened.layout.memory, bytes) };
  const result: ReadResult = {
    ...{ step: "read", slot, seed, slots, asTexts: asTexts !== undefined },
    ...{ read: undefined, tables: [], texts: [] },
  };
  const start = part.start ?? guessRecordStart(path, from, Math.min(to, bytes), layout);
  if (start === undefined || start >= to) return result;
  const range = { start, to, seed };
  if (asTexts) return { ...result, texts: await readTexts(opened, layout, asTexts, range, context, total) };
  return { ...result, ...(await readTable(opened, layout, range, context, total)) };
}

/** The kernel's memory ends at 4 GiB, and holds a long record, too. */
const MOST_SHARE = 2 ** 31;

/**
 * A range's share of the job's memory, by its bytes. Of a file that is read as one range, what was collected is once
 * in the kernel's memory and once packed.
 */
function shareOfMemory({ slot, from, to }: ReadPart, memory: number, bytes: number): number {
  // the only range: what is unpacked or transcoded has another size than the file
  const isWhole = slot === 0 && to === Number.POSITIVE_INFINITY;
  const share = isWhole ? 1 : (Math.min(to, bytes) - from) / bytes;
  return Math.min(memory * Math.min(share, 0.5), MOST_SHARE);
}
