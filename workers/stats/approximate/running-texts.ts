// A column of more different texts than fit the memory: how many there are, and the most frequent, within bounds.
import { type Extent, joinExtents, NO_TEXTS, type TextExtent } from "../full/texts.js";
import { TOP_VALUES } from "../full/top-values.js";
import type { Address, Kernel } from "../kernel/kernel.js";
import { eachText, summaryOf, WHOLE } from "../kernel/texts.js";
import type { Top } from "../kernel/tops.js";
import { DISTINCT_ERROR, DistinctSketch, REGISTERS } from "./distinct-sketch.js";

/** What is known of such a column's part, as it moves from thread to thread. */
export interface ApproximateTexts {
  /** The most frequent texts with their counts, as the kernel's entries. */
  entries: Uint8Array[];
  /** Different ones among them. */
  kept: number;
  /** Values that are in no count, and by how much a count may be too low. */
  lost: number;
  uncertainty: number;
  /** Of a `DistinctSketch`. */
  registers: Uint8Array;
  /** At the full level. */
  extent: TextExtent | undefined;
}

/** Of so many values counts are kept; with fewer bytes for them, of fewer. */
const MOST_KEPT = 4096;
const BYTES_EACH = 256;

/**
 * Thins out a table of texts when it has become large: Misra and Gries' summary (Finding repeated elements, 1982), which can be
 * merged as Agarwal and others (Mergeable Summaries, 2012) show. All counts fall by the greatest of those that go.
 */
export class RunningTexts {
  private readonly kernel: Kernel;
  private readonly texts: Address;
  private readonly bytes: number;
  private readonly registers: Address;
  private readonly extent: Extent | undefined;
  private lost = 0;
  private uncertainty = 0;

  /** `texts`: a table in the kernel's memory, which may take `bytes`. `extent` is told every text. */
  constructor(kernel: Kernel, texts: Address, bytes: number, extent?: Extent) {
    this.kernel = kernel;
    this.texts = texts;
    this.bytes = bytes;
    this.extent = extent;
    this.registers = kernel.exports.openRegisters();
  }

  /** Thins the table out when it takes more than it may. */
  fit(): void {
    if (this.kernel.exports.textBytes(this.texts) >>> 0 >= this.bytes) this.thin();
  }

  thin(): void {
    const { kernel, texts, bytes } = this;
    const { exports } = kernel;
    const loss = exports.lossOf(texts, Math.min(MOST_KEPT, bytes / BYTES_EACH), bytes / 2) >>> 0;
    if (loss === 0) return;
    exports.addToRegisters(this.registers, texts);
    this.tell((count) => Math.min(count, loss));
    this.lost += exports.lowerTexts(texts, loss);
    this.uncertainty += loss;
  }

  pack(): ApproximateTexts {
    const { kernel, texts, registers, lost, uncertainty, extent } = this;
    const { exports } = kernel;
    exports.addToRegisters(registers, texts);
    this.tell((count) => count);
    return {
      entries: Array.from(kernel.entriesOf(texts), (entries) => entries.slice()),
      kept: exports.distinctTexts(texts) >>> 0,
      ...{ lost, uncertainty, extent: extent?.extent },
      registers: kernel.view(registers, REGISTERS).slice(),
    };
  }

  /** Tells the extent of the texts with as many of their counts. */
  private tell(countOf: (count: number) => number): void {
    if (!this.extent) return;
    for (const entries of this.kernel.entriesOf(this.texts))
      for (const { text, count } of eachText(entries)) this.extent.add(text, countOf(count));
  }
}

/** The same of a part of which all texts are known. */
export function knownTexts(entries: Uint8Array[], kept: number, extent?: Extent): ApproximateTexts {
  const distinct = new DistinctSketch();
  for (const block of entries)
    for (const { hash, text, count } of eachText(block)) {
      distinct.add(hash);
      extent?.add(text, count);
    }
  const { registers } = distinct;
  return { entries, kept, lost: 0, uncertainty: 0, registers, extent: extent?.extent };
}

/** What is known of a column from its parts. */
export interface JoinedTexts {
  count: number;
  unique: number;
  /** How much of itself `unique` may be off. */
  uniqueError: number;
  /** By how much the counts of the top texts may be too low. */
  uncertainty: number;
  top: Top<Uint8Array>[];
  extent: TextExtent;
}

export function joinTexts(parts: readonly ApproximateTexts[]): JoinedTexts {
  const distinct = new DistinctSketch();
  let lost = 0;
  let uncertainty = 0;
  let extent = NO_TEXTS;
  let base = 0;
  const known = parts.flatMap((part) => {
    if (part.extent) extent = joinExtents(extent, part.extent);
    distinct.merge(new DistinctSketch(part.registers));
    lost += part.lost;
    uncertainty += part.uncertainty;
    const own = part.entries.map((entries) => ({ entries, base }));
    base += part.kept;
    return own;
  });
  const counted = summaryOf(known, WHOLE, TOP_VALUES);
  // what was kept has been seen
  const top = counted.top.map((text) => ({ ...text, count: Math.max(1, text.count) }));
  const count = lost + counted.count;
  // without a loss all texts are known; an estimate may be more than there are
  const exact = uncertainty === 0;
  const unique = exact ? counted.unique : Math.min(count, distinct.estimate());
  return { count, unique, uniqueError: exact ? 0 : DISTINCT_ERROR, uncertainty, top, extent };
}
