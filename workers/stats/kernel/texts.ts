// Joins the distinct texts of a column's parts by the kernel.
import { type Address, emptyKernel, type Kernel } from "./kernel.js";
import { type Top, Tops } from "./tops.js";

/** Bytes of an entry before its text: hash, length, count and rank, 32 bits each. */
const HEAD = 16;
/** Bytes of entries that are copied to the kernel at once. */
const BLOCK = 65_536;

/** What is known of a column's distinct texts, or of a share of them. */
export interface TextSummary {
  /** Values, and different ones. */
  count: number;
  unique: number;
  /** The most frequent ones, the first seen first among equals. */
  top: Top<Uint8Array>[];
}

/** Those of a column's distinct texts whose hashes begin with these `bits` bits; all when there are none. */
export interface Share {
  part: number;
  bits: number;
}

export const WHOLE: Share = { part: 0, bits: 0 };

/** Entries of distinct texts of a part of a column. */
export interface TextPart {
  entries: Uint8Array;
  /** What is added to their ranks. */
  base: number;
}

/** Joins the distinct texts of a column's parts; tells the `most` most frequent, and `visit` every one with its count. */
export function summaryOf(
  parts: readonly TextPart[],
  share: Share,
  most: number,
  visit?: (text: Uint8Array, count: number) => void,
): TextSummary {
  const kernel = emptyKernel();
  const texts = join(kernel, parts, share);
  const tops = new Tops<Uint8Array>(most);
  let count = 0;
  for (const entries of kernel.entriesOf(texts)) {
    const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.length / 4);
    for (let at = 0; at < words.length; at += HEAD / 4 + 4 * ((words[at + 1]! + 15) >>> 4)) {
      const seen = words[at + 2]!;
      const rank = words[at + 3]!;
      const begin = 4 * at + HEAD;
      count += seen;
      if (tops.takes(seen, rank)) tops.add(entries.slice(begin, begin + words[at + 1]!), seen, rank);
      visit?.(entries.subarray(begin, begin + words[at + 1]!), seen);
    }
  }
  return { count, unique: kernel.exports.distinctTexts(texts) >>> 0, top: tops.sorted() };
}

/** The texts in entries with their hashes and counts; their bytes are valid as long as those. */
export function* eachText(
  entries: Uint8Array,
): Iterable<{ text: Uint8Array; hash: number; count: number; rank: number }> {
  const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.length / 4);
  for (let at = 0; at < words.length; ) {
    const [hash, length, count, rank] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const begin = 4 * at + HEAD;
    yield { text: entries.subarray(begin, begin + length), hash, count, rank };
    at += HEAD / 4 + 4 * ((length + 15) >>> 4);
  }
}

/** Every distinct text of a column's parts, in the order of first sight; for few. */
export function textsOf(parts: readonly TextPart[]): { text: Uint8Array; count: number }[] {
  const kernel = emptyKernel();
  const found: { text: Uint8Array; count: number }[] = [];
  for (const entries of kernel.entriesOf(join(kernel, parts, WHOLE)))
    for (const { text, count } of eachText(entries)) found.push({ text: text.slice(), count });
  return found;
}

function join(kernel: Kernel, parts: readonly TextPart[], { part, bits }: Share): Address {
  const { exports } = kernel;
  const texts = exports.newTexts();
  let block = exports.take(BLOCK) >>> 0;
  let capacity = BLOCK;
  for (const { entries, base } of parts)
    for (let at = 0; at < entries.length; ) {
      const bytes = entries.subarray(at, at + capacity);
      kernel.view(block, bytes.length).set(bytes);
      const used = (exports.addEntries(texts, block, block + bytes.length, base, part, bits) >>> 0) - block;
      at += used;
      if (used > 0) continue;
      capacity *= 4; // an entry is longer than the block
      block = exports.take(capacity) >>> 0;
    }
  return texts;
}
