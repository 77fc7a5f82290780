// Finds records and their fields in bytes: RFC 4180 with the leniencies of pandas' C parser.

export const LF = 10;
export const CR = 13;
export const QUOTE = 34;
const SPACE = 32;
const TAB = 9;

/** What a scan found. */
export const Found = {
  /** A record: `fields`, `starts` and `ends` describe it. */
  record: 0,
  /** A line with nothing on it but blanks, which is no record. */
  blank: 1,
  /** The bytes end before the record does, and more are to come. */
  incomplete: 2,
  /** The last bytes end inside a quoted field. */
  unclosed: 3,
  /** A field, perhaps not yet whole, is longer than `fieldBytes`. */
  oversize: 4,
} as const;

/**
 * Scans one record at a time. A quote opens a quoted field only as a field's first byte; in it, a doubled
 * quote stands for one; text after the closing quote is kept, and quotes in it are literal. LF, CRLF and a
 * lone CR end a record. A line of nothing but spaces and tabs is blank, unless the delimiter is on it.
 */
export class RecordScanner {
  /**
   * Offset of each field's first byte (after its opening quote); bit-inverted (`~start`) when quotes must
   * be taken out of the field with `unquote`.
   */
  starts: Int32Array;
  /** Offset after each field's last byte. */
  ends: Int32Array;
  /** Fields of the last record; may exceed the capacity: those beyond are counted only. */
  fields = 0;
  /** Offset after the last record's end. */
  next = 0;
  /** Offset where the field that was scanned last begins, its opening quote included. */
  fieldStart = 0;
  private readonly delimiter: number;
  private readonly mostFields: number;
  private readonly fieldBytes: number;
  /** 1 for the bytes that end an unquoted field. */
  private readonly ending = new Uint8Array(256);

  /** Keeps `mostFields` fields of a record. */
  constructor(delimiter: number, mostFields: number, fieldBytes: number) {
    this.delimiter = delimiter;
    this.mostFields = mostFields;
    this.fieldBytes = fieldBytes;
    this.starts = new Int32Array(Math.min(mostFields, 64));
    this.ends = new Int32Array(this.starts.length);
    for (const byte of [delimiter, LF, CR]) this.ending[byte] = 1;
  }

  /** Scans the record that begins at `from`; `final`: nothing follows `to`. Answers one of `Found`. */
  scan(bytes: Uint8Array, from: number, to: number, final: boolean): number {
    if (this.mayBeBlank(bytes[from]!)) {
      const blank = this.scanBlank(bytes, from, to, final);
      if (blank !== Found.record) return blank;
    }
    const { ending, delimiter, fieldBytes } = this;
    let at = from;
    this.fields = 0;
    // One turn a field: this loop sees every byte of a file, so it is not cut into functions.
    for (;;) {
      const begin = at;
      let start = at;
      let end = 0;
      this.fieldStart = begin;
      if (at < to && bytes[at] === QUOTE) {
        start = ++at;
        let escaped = false;
        for (;;) {
          while (at < to && bytes[at] !== QUOTE) at++;
          if (at >= to || (at + 1 === to && !final)) {
            if (at - begin > fieldBytes) return Found.oversize;
            return final ? Found.unclosed : Found.incomplete;
          }
          end = at++;
          if (at === to || bytes[at] !== QUOTE) break;
          escaped = true;
          at++;
        }
        if (at < to && ending[bytes[at]!] === 0) {
          escaped = true;
          while (at < to && ending[bytes[at]!] === 0) at++;
        }
        if (escaped) {
          start = ~start;
          end = at;
        }
      } else {
        while (at < to && ending[bytes[at]!] === 0) at++;
        end = at;
      }
      if (at - begin > fieldBytes) return Found.oversize;
      if (at === to && !final) return Found.incomplete;

      if (this.fields < this.starts.length || this.grow()) {
        this.starts[this.fields] = start;
        this.ends[this.fields] = end;
      }
      this.fields++;
      if (at < to && bytes[at] === delimiter) {
        at++;
        continue;
      }
      return this.endLine(bytes, at, to, final) ? Found.record : Found.incomplete;
    }
  }

  private mayBeBlank(byte: number): boolean {
    return byte <= SPACE && (byte === LF || byte === CR || byte === SPACE || byte === TAB);
  }

  /** Answers `record` when the line is not blank. */
  private scanBlank(bytes: Uint8Array, from: number, to: number, final: boolean): number {
    let at = from;
    while (at < to && (bytes[at] === SPACE || bytes[at] === TAB) && bytes[at] !== this.delimiter) at++;
    if (at === to && !final) {
      this.fieldStart = from;
      return at - from > this.fieldBytes ? Found.oversize : Found.incomplete;
    }
    if (at < to && bytes[at] !== LF && bytes[at] !== CR) return Found.record;
    return this.endLine(bytes, at, to, final) ? Found.blank : Found.incomplete;
  }

  /** Sets `next` after the line end at `at`; false when a CR comes last and may belong to a CRLF. */
  private endLine(bytes: Uint8Array, at: number, to: number, final: boolean): boolean {
    const carriage = at < to && bytes[at] === CR;
    if (carriage && at + 1 === to && !final) return false;
    const crlf = carriage && at + 1 < to && bytes[at + 1] === LF;
    this.next = Math.min(to, at + (crlf ? 2 : 1));
    return true;
  }

  private grow(): boolean {
    if (this.starts.length >= this.mostFields) return false;
    const length = Math.min(this.mostFields, this.starts.length * 2);
    const starts = new Int32Array(length);
    const ends = new Int32Array(length);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
    return true;
  }
}

/**
 * Writes the content of a quoted field to `target` and answers its length. `from` is after the opening
 * quote; doubled quotes become one, the closing quote goes, and what follows it stays as it is.
 */
export function unquote(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let length = 0;
  let quoted = true;
  for (let at = from; at < to; at++) {
    if (quoted && bytes[at] === QUOTE) {
      at++;
      quoted = at < to && bytes[at] === QUOTE;
      if (at === to) break;
    }
    target[length++] = bytes[at]!;
  }
  return length;
}
