// Character encodings: byte order marks, labels as browsers and as Python spell them, and what each needs for reading.
import { isUtf8 } from "node:buffer";
import { InputError } from "../input-error.js";

export interface Encoding {
  /** As `TextDecoder` names it: `utf-8`, `windows-1252`, `utf-16le`, … */
  name: string;
  /**
   * `utf-8`: read as it is, and checked. `single-byte`: ASCII and 128 more, read as it is, its texts decoded
   * at the end. `other`: turned into UTF-8 first, for a comma's byte may be half of another character.
   */
  kind: "utf-8" | "single-byte" | "other";
}

/** Bytes that are checked at once when looking for what is wrong. */
const WINDOW = 65_536;

const SINGLE_BYTE = /^(ibm866|iso-8859-.*|koi8-[ru]|macintosh|windows-.*|x-mac-cyrillic)$/;

/** Names of Python's codecs, letters and digits alone, where none of their spellings is a label of the Encoding Standard. */
const PYTHON: Record<string, string> = {
  u8: "utf-8",
  utf: "utf-8",
  utf8sig: "utf-8",
  cp65001: "utf-8",
  u16: "utf-16le",
  utf16: "utf-16le",
  utf16le: "utf-16le",
  utf16be: "utf-16be",
  "646": "ascii",
  usascii: "ascii",
  "8859": "iso-8859-1",
  latin7: "iso-8859-13",
  latin8: "iso-8859-14",
  latin9: "iso-8859-15",
  latin10: "iso-8859-16",
  cp874: "windows-874",
  tis620: "tis-620",
  macroman: "macintosh",
  maccyrillic: "x-mac-cyrillic",
  cp932: "shift_jis",
  cp936: "gbk",
  cp949: "euc-kr",
  cp950: "big5",
  eucjp: "euc-jp",
  euckr: "euc-kr",
};

/**
 * The encoding that a byte order mark at the beginning of `head` declares, else the one that `label`
 * names, else UTF-8. Throws InputError (422) for a label that neither `TextDecoder` nor Python knows.
 */
export function chooseEncoding(head: Uint8Array, label: string | undefined): Encoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return encodingOf("utf-8");
  if (head[0] === 0xff && head[1] === 0xfe) return encodingOf("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return encodingOf("utf-16be");
  return encodingOf(label ?? "utf-8");
}

/** Throws InputError (422) for an unknown label. */
export function encodingOf(label: string): Encoding {
  const bare = label.trim().toLowerCase();
  const letters = bare.replaceAll(/[^a-z0-9]/g, "");
  const tries = [bare, bare.replaceAll(/[_ ]/g, "-"), letters, PYTHON[letters] ?? ""];
  for (const name of tries) {
    const known = canonicalName(name);
    if (known === "utf-8") return { name: known, kind: "utf-8" };
    if (known) return { name: known, kind: SINGLE_BYTE.test(known) ? "single-byte" : "other" };
  }
  throw InputError.impossible("/options/encoding", `names no encoding that is known here: ${label}`);
}

function canonicalName(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/** What windows-1252 has for the bytes from 0x80 to 0x9F, where ISO 8859-1 has control characters. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** The text that a field's bytes spell, in the bytes that are read: those of UTF-8 unless `single-byte`. */
export function decode(encoding: Encoding, bytes: Uint8Array): string {
  if (encoding.name === "windows-1252") return decodeWindows1252(bytes);
  const label = encoding.kind === "single-byte" ? encoding.name : "utf-8";
  // a decoder takes no view of shared memory
  return new TextDecoder(label, { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** By hand: the decoders of Node 20.18.3, of 22.13 and of several that followed read ISO 8859-1 (nodejs/node#60888). */
function decodeWindows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return text.replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]!);
}

/** The bytes that are read for `text`; undefined when the encoding cannot spell it. */
export function encode(encoding: Encoding, text: string): Uint8Array | undefined {
  if (encoding.kind !== "single-byte") return new TextEncoder().encode(text);
  const table = decode(
    encoding,
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
  );
  const bytes = Array.from(text, (letter) => table.indexOf(letter));
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}

/** Offset of the first byte that cannot belong to valid UTF-8; the length when all is valid. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  let from = 0;
  // whole windows first, cut before the first byte of a character
  for (let to = 0; from < bytes.length; from = to) {
    to = Math.min(bytes.length, from + WINDOW);
    for (let back = 0; back < 3 && to < bytes.length && (bytes[to]! & 0xc0) === 0x80; back++) to--;
    if (!isUtf8(bytes.subarray(from, to))) break;
  }
  while (from < bytes.length) {
    const length = characterLength(bytes[from]!);
    if (length === 0 || from + length > bytes.length) return from;
    if (!isUtf8(bytes.subarray(from, from + length))) return from;
    from += length;
  }
  return from;
}

/** Bytes of a UTF-8 character, from its first byte; 0 for a byte that begins none. */
function characterLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}
