// The texts that stand for a missing value.
import { numberIn } from "./parse-number.js";

/** pandas' list (that of version 2: it has `None`), and the empty field. */
export const DEFAULT_NULLS: readonly string[] = [
  "",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "-nan",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
  "n/a",
  "nan",
  "null",
];

/** A list of byte strings, made for telling quickly that a field is not among them. */
export class NullValues {
  private readonly byLength: Uint8Array[][] = [];
  /** 1 for the bytes that one of the texts begins with. */
  private readonly first = new Uint8Array(256);
  readonly hasEmpty: boolean;

  constructor(texts: Iterable<Uint8Array>) {
    for (const text of texts) {
      this.byLength[text.length] ??= [];
      this.byLength[text.length]!.push(text);
      if (text.length > 0) this.first[text[0]!] = 1;
    }
    this.hasEmpty = this.byLength[0] !== undefined;
  }

  /** The texts but the empty one, as the kernel's `setNulls` wants them. */
  packed(): Uint8Array {
    const texts = this.byLength.flat().filter((text) => text.length > 0);
    const size = texts.reduce((sum, { length }) => sum + 4 + ((length + 3) & ~3), 256);
    const list = new Uint8Array(size + 4);
    const view = new DataView(list.buffer);
    list.set(this.first);
    let at = 256;
    for (const text of texts) {
      view.setUint32(at, text.length, true);
      list.set(text, at + 4);
      at += 4 + ((text.length + 3) & ~3);
    }
    view.setUint32(at, 0xffffffff, true);
    return list;
  }

  /** Whether bytes [from, to) are one of the texts, exactly. */
  has(bytes: Uint8Array, from: number, to: number): boolean {
    if (from === to) return this.hasEmpty;
    if (this.first[bytes[from]!] === 0) return false;
    const texts = this.byLength[to - from];
    return texts?.some((text) => text.every((byte, at) => byte === bytes[from + at])) ?? false;
  }
}

/**
 * What a caller's null value stands for, as in pandas: a text that is a number is also meant in its
 * other usual spelling (`999` and `999.0`).
 */
export function spellings(text: string): string[] {
  const value = numberIn(text);
  if (!Number.isSafeInteger(value)) return [text];
  return [...new Set([text, `${value}`, `${value}.0`])];
}
