// A column of more different texts than fit the memory: how many there are, and the most frequent, within bounds.
import { type Extent, joinExtents, NO_TEXTS, type TextExtent } from "../full/texts.js";
import { TOP_VALUES } from "../full/top-values.js";
import { DistinctSketch } from "./distinct-sketch.js";
import { type CountedTexts, FrequentTexts, type PackedFrequent } from "./frequent-texts.js";

/** What is known of such a column's part, as it moves from thread to thread. */
export interface ApproximateTexts {
  count: number;
  registers: Uint8Array;
  frequent: PackedFrequent;
  /** At the full level. */
  extent: TextExtent | undefined;
}

/** Bytes that one takes: registers, and texts. */
const MEMORY = 65_536 + 4096 * 128;

export class RunningTexts {
  private count = 0;
  private readonly distinct = new DistinctSketch();
  private readonly frequent = new FrequentTexts();
  private readonly extent: Extent | undefined;

  /** `extent` is told every text. */
  constructor(extent?: Extent) {
    this.extent = extent;
  }

  get memory(): number {
    return MEMORY;
  }

  /** Takes different texts with their counts. */
  add(texts: CountedTexts): void {
    const { hashes, counts } = texts;
    for (let at = 0; at < hashes.length; at++) {
      this.count += counts[at]!;
      this.distinct.add(hashes[at]!);
      this.extent?.add(texts.textAt(at), counts[at]!);
    }
    this.frequent.add(texts);
  }

  pack(): ApproximateTexts {
    const { count, distinct, frequent } = this;
    return { count, registers: distinct.registers, frequent: frequent.pack(), extent: this.extent?.extent };
  }
}

/** What is known of a column from its parts. */
export interface JoinedTexts {
  count: number;
  unique: number;
  /** By how much the counts of the top texts may be too low. */
  uncertainty: number;
  top: { text: Uint8Array; count: number }[];
  extent: TextExtent;
}

export function joinTexts(parts: readonly ApproximateTexts[]): JoinedTexts {
  const distinct = new DistinctSketch();
  const frequent = new FrequentTexts();
  let count = 0;
  let extent = NO_TEXTS;
  for (const part of parts) {
    if (part.extent) extent = joinExtents(extent, part.extent);
    count += part.count;
    distinct.merge(new DistinctSketch(part.registers));
    frequent.merge(part.frequent);
  }
  const { uncertainty } = frequent;
  // an estimate may be more than there are
  const unique = Math.min(count, distinct.estimate());
  return { count, unique, uncertainty, top: frequent.top(TOP_VALUES), extent };
}
