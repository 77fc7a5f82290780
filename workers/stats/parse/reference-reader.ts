// The reference of the fast path: is fed a table's bytes and collects its columns.
import { isUtf8 } from "node:buffer";
import { firstInvalidUtf8 } from "../encoding.js";
import { ColumnValues, Mode } from "./column-values.js";
import { type Layout, RECORD_BYTES, type ReadFailure } from "./layout.js";
import { Found, RecordScanner, unquote } from "./record-scanner.js";
import { enlarged } from "./text-counts.js";

/**
 * Reads a table byte by byte, in plain TypeScript: what kernel/table-reader.ts must do. A column in which a text
 * comes after numbers is left as it was.
 */
export class ReferenceReader {
  readonly columns: ColumnValues[];
  rows = 0;
  /** Records left out for being too long. */
  skipped = 0;
  failure: ReadFailure | undefined;
  /** Offset in the table of the next record to read. */
  end: number;
  private readonly layout: Layout;
  private readonly to: number;
  private readonly scanner: RecordScanner;
  /** Bytes from `end` on, as far as they are known. */
  private bytes: Uint8Array = new Uint8Array(0);
  private length = 0;
  /** Scanning waits for this many bytes, so that a long record is not scanned at each of its chunks. */
  private wanted = 0;
  private unquoted = new Uint8Array(1024);

  /** Reads the records that begin at `start` (offset in the table) or after it and before `to`. */
  constructor(layout: Layout, start: number, to = Number.POSITIVE_INFINITY) {
    this.layout = layout;
    this.end = start;
    this.to = to;
    this.scanner = new RecordScanner(layout.delimiter, layout.fields, layout.fieldBytes);
    this.columns = layout.columns.map(
      (index) => new ColumnValues(layout.asTexts.has(index), layout.missing, layout.numericNulls),
    );
  }

  /** Columns that have to be read again as texts, by their index in a record. */
  get mixed(): number[] {
    return this.layout.columns.filter((_, at) => this.columns[at]!.mode === Mode.mixed);
  }

  /** Columns that hold a value that is no number, by their index in a record. */
  get notNumbers(): number[] {
    return this.layout.columns.filter((_, at) => this.columns[at]!.mode !== Mode.numbers);
  }

  get memory(): number {
    return this.columns.reduce((sum, column) => sum + column.memory, 0);
  }

  /** Takes the next bytes of the table (`final`: the last) and answers whether more are wanted. */
  feed(chunk: Uint8Array, final: boolean): boolean {
    const length = this.length + chunk.length;
    if (length > this.bytes.length) this.bytes = enlarged(this.bytes, Math.max(length, 2 * this.length));
    this.bytes.set(chunk, this.length);
    this.length = length;
    if (length < this.wanted && !final) return true;

    const used = this.readRecords(final);
    this.bytes.copyWithin(0, used, length);
    this.length = length - used;
    this.wanted = 2 * this.length;
    this.end += used;
    if (!this.failure && this.memory > this.layout.memory)
      this.failure = { kind: "memory", offset: this.end };
    return !this.failure && !final && this.end < this.to;
  }

  /** Reads the whole records in `bytes` and answers how many bytes they take. */
  private readRecords(final: boolean): number {
    const { scanner, bytes, length, end, layout } = this;
    const limit = Math.min(length, this.to - end);
    let at = 0;
    while (at < limit && !this.failure) {
      const found = scanner.scan(bytes, at, length, final);
      if ((found <= Found.blank ? scanner.next : length) - at > RECORD_BYTES)
        this.fail({ kind: "oversize-record", offset: end + at }, at);
      else if (found === Found.record && scanner.fields <= layout.fields) this.takeRecord();
      else if (found === Found.record && layout.skipLong) this.skipped++;
      else if (found === Found.record)
        this.fail({ kind: "fields", offset: end + at, fields: scanner.fields }, at);
      else if (found === Found.incomplete) break;
      else if (found !== Found.blank) {
        const kind = found === Found.oversize ? "oversize-field" : "unclosed";
        this.fail({ kind, offset: end + scanner.fieldStart }, at);
      }
      if (!this.failure) at = scanner.next;
    }
    if (!this.failure) this.checkUtf8(at);
    return at;
  }

  /** What is wrong first is told: bytes before the bad record come before it. */
  private fail(failure: ReadFailure, at: number): void {
    this.checkUtf8(at);
    this.failure ??= failure;
  }

  private checkUtf8(length: number): void {
    const read = this.bytes.subarray(0, length);
    if (this.layout.utf8 && !isUtf8(read))
      this.failure = { kind: "utf8", offset: this.end + firstInvalidUtf8(read) };
  }

  private takeRecord(): void {
    const { columns, scanner, bytes } = this;
    const { starts, ends, fields } = scanner;
    const indices = this.layout.columns;
    this.rows++;
    for (let at = 0; at < columns.length; at++) {
      const index = indices[at]!;
      const column = columns[at]!;
      if (index >= fields) column.nulls++;
      else if (starts[index]! >= 0) column.append(bytes, starts[index]!, ends[index]!);
      else this.takeQuoted(column, ~starts[index]!, ends[index]!);
    }
  }

  private takeQuoted(column: ColumnValues, from: number, to: number): void {
    if (to - from > this.unquoted.length) this.unquoted = new Uint8Array(2 * (to - from));
    column.append(this.unquoted, 0, unquote(this.bytes, from, to, this.unquoted));
  }
}
