// Counts JSON values as Python compares them: true is 1 and false is 0, and the first seen stands for both.
import type { CountedValue } from "./describe.js";
import { Tops } from "./kernel/tops.js";
import { TextCounts } from "./parse/text-counts.js";
import { tooMuchMemory } from "./read-failure.js";

export type Value = string | number | boolean;

/** What begins the bytes of a value: a text may spell the bytes of a number. */
const NUMBER = 0;
const TEXT = 1;

/**
 * Values as bytes, outside of the thread's heap: when a map of millions of entries cannot grow there, V8 ends
 * the whole process. Throws InputError (413) when the distinct values take more than `memory` bytes.
 */
export class ValueCounts {
  count = 0;
  private readonly counts = new TextCounts();
  /** Those seen first as a truth value, by their place among the distinct. */
  private readonly truths = new Map<number, boolean>();
  private bytes = Buffer.alloc(64);
  private readonly memory: number;

  constructor(memory: number) {
    this.memory = memory;
  }

  get unique(): number {
    return this.counts.size;
  }

  add(value: Value): void {
    const { counts } = this;
    const place = counts.size;
    this.count++;
    const length = typeof value === "string" ? this.writeText(value) : this.writeNumber(+value);
    counts.add(this.bytes, 0, length);
    if (counts.size === place) return;
    if (typeof value === "boolean") this.truths.set(place, value);
    if (counts.memory > this.memory) throw tooMuchMemory(this.memory);
  }

  /** The values seen most often, the first seen first among equals. */
  top(most: number): CountedValue[] {
    const tops = new Tops<Value>(most);
    this.each((value, count, place) => {
      if (tops.takes(count, place)) tops.add(value(), count, place);
    });
    return tops.sorted();
  }

  /** Visits the different values in the order of first sight; a value is made when it is asked for. */
  each(visit: (value: () => Value, count: number, place: number) => void): void {
    const { bytes, counts, lengths, size } = this.counts;
    for (let place = 0, from = 0; place < size; from += lengths[place++]!) {
      const to = from + lengths[place]!;
      visit(() => this.truths.get(place) ?? read(bytes.subarray(from, to)), counts[place]!, place);
    }
  }

  private writeNumber(value: number): number {
    this.bytes[0] = NUMBER;
    return this.bytes.writeDoubleLE(value + 0, 1); // -0 equals 0
  }

  /** As UTF-16, which spells also half a surrogate pair. */
  private writeText(text: string): number {
    const length = 1 + 2 * text.length;
    if (length > this.bytes.length) this.bytes = Buffer.alloc(2 * length);
    this.bytes[0] = TEXT;
    return 1 + this.bytes.write(text, 1, "utf16le");
  }
}

function read(bytes: Uint8Array): string | number {
  const value = Buffer.from(bytes);
  return value[0] === NUMBER ? value.readDoubleLE(1) : value.toString("utf16le", 1);
}
