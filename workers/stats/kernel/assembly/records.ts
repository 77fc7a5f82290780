// Cuts bytes into records and fields, as record-scanner.ts does, which is the reference, and hands the fields to columns.
// One walk over a file's marks, whose state all of its functions share: therefore one file.
import { addField, addNull, Column, columnAt, keepNulls } from "./columns";
import { release, take } from "./memory";

const LF: u32 = 10;
const CR: u32 = 13;
const SPACE: u32 = 32;
const TAB: u32 = 9;
const QUOTE: u32 = 34;

/** What `readRecords` answers. */
const MORE: u32 = 0;
const DONE: u32 = 1;
const TOO_MANY_FIELDS: u32 = 2;
const OVERSIZE_FIELD: u32 = 3;
const OVERSIZE_RECORD: u32 = 4;
const UNCLOSED: u32 = 5;
const PAUSED: u32 = 6;

/** Where in a field the walk is. */
const PLAIN: u32 = 0;
const QUOTED: u32 = 1;
/** After a quote in a quoted field: what comes next tells whether it closed the field. */
const CLOSING: u32 = 2;
/** In text after the closing quote. */
const TAIL: u32 = 3;

/** Bytes whose marks are found at once: so few that they stay in the cache, but several records. */
const LEAST_WINDOW: usize = 32768;
const MOST_WINDOW: usize = 262144;
/** Bytes of a window for each field of a record. */
const FIELD_WINDOW: usize = 128;
/** What may be loaded before the first byte and after the last. */
const SLACK: usize = 64;
/** Bit of a field's start: quotes must be taken out of it. */
const ESCAPED: u32 = 0x80000000;

// how to read
let delimiter: u32 = 0;
let fields: u32 = 0;
let fieldBytes: usize = 0;
let recordBytes: usize = 0;
let skipLong = false;
let columns: usize = 0;
/** For each field, its column's address, 0 for one that is not read. */
let wanted: usize = 0;

// what is read from
let buffer: usize = 0;
let capacity: usize = 0;
/** Bytes up to here are there, and up to `scanned` have been walked over. */
let filled: usize = 0;
let scanned: usize = 0;
let window: usize = 0;
/** Addresses of the marks (delimiters, line ends, quotes) of a window. */
let marks: usize = 0;
let unquoted: usize = 0;
let unquotedBytes: usize = 0;

// where the walk is
let recordStart: usize = 0;
let fieldStart: usize = 0;
let state: u32 = PLAIN;
let escaped = false;
let quoteAt: usize = 0;
/** Fields of the record so far. */
let found: u32 = 0;
/** For each of them the offset in the record of its content and of its end. */
let bounds: usize = 0;
/** For each number of fields, how many records have so few: the rest of their fields are nulls. */
let shorts: usize = 0;
/** The last record ended with a CR, to which an LF may belong. */
let afterCarriage = false;

/** Records taken, and left out for being too long. */
export let rows: u32 = 0;
export let skipped: u32 = 0;
/** After how many records reading pauses, and after which it pauses next. */
let mostRows: u32 = u32.MAX_VALUE;
let pause: u32 = 0;
/** Where in the marks it paused, and where they end; 0 when it did not. */
let pausedAt: usize = 0;
let pausedEnd: usize = 0;
/** All bits of all bytes so far: from 128 on when some are no ASCII. */
export let highBits: u32 = 0;

export function openRecords(
  columnsAt: usize,
  fieldCount: u32,
  delimiterByte: u32,
  mostFieldBytes: usize,
  mostRecordBytes: usize,
  skip: bool,
  bytes: usize,
): void {
  columns = columnsAt;
  fields = fieldCount;
  delimiter = delimiterByte;
  fieldBytes = mostFieldBytes;
  recordBytes = mostRecordBytes;
  skipLong = skip;
  wanted = take(<usize>fields << 2);
  memory.fill(wanted, 0, <usize>fields << 2);
  bounds = take(<usize>fields << 3);
  shorts = take(<usize>fields << 2);
  memory.fill(shorts, 0, <usize>fields << 2);
  window = min(max(LEAST_WINDOW, <usize>fields * FIELD_WINDOW), MOST_WINDOW);
  marks = take((window + 64) << 2);
  unquotedBytes = 4096;
  unquoted = take(unquotedBytes + 2 * SLACK) + SLACK;
  // room for what a record is longer; with the slack a whole block
  capacity = (bytes << 1) - 2 * SLACK;
  buffer = take(capacity + 2 * SLACK) + SLACK;
  filled = buffer;
  scanned = buffer;
  recordStart = buffer;
  fieldStart = buffer;
  state = PLAIN;
  found = 0;
  afterCarriage = false;
  rows = 0;
  skipped = 0;
  highBits = 0;
  mostRows = u32.MAX_VALUE;
  pausedAt = 0;
}

/** Reading pauses after each `count` records, so that what is collected can be taken away. */
export function pauseAfter(count: u32): void {
  mostRows = count;
}

/** The field `field` of each record goes to column `column`. */
export function wantField(field: u32, column: u32): void {
  store<u32>(wanted + (<usize>field << 2), <u32>changetype<usize>(columnAt(columns, column)));
}

/** Makes room for `bytes` more and answers where they go; what has been read is dropped. */
export function room(bytes: usize): usize {
  const kept = filled - recordStart;
  let target = buffer;
  if (kept + bytes > capacity) {
    const larger = max(kept + bytes, capacity << 1);
    target = take(larger + 2 * SLACK) + SLACK;
    memory.copy(target, recordStart, kept);
    release(buffer - SLACK, capacity + 2 * SLACK);
    buffer = target;
    capacity = larger;
  } else if (recordStart != buffer) memory.copy(buffer, recordStart, kept);
  // modulo 2^32, so that one sum moves them all
  const moved = buffer - recordStart;
  recordStart += moved;
  fieldStart += moved;
  quoteAt += moved;
  scanned += moved;
  filled += moved;
  return filled;
}

/**
 * Reads the records of the `bytes` that were put into the room, as far as they are whole (`final`: nothing follows), and
 * that begin less than `reach` bytes after the first byte of the buffer. When it has paused it is to be called again, without
 * further bytes.
 */
export function readRecords(bytes: usize, reach: usize, final: bool): u32 {
  const limit = reach > ~buffer ? usize.MAX_VALUE : buffer + reach;
  filled += bytes;
  pause = mostRows > u32.MAX_VALUE - rows ? u32.MAX_VALUE : rows + mostRows;
  if (pausedAt) {
    const cursor = pausedAt;
    pausedAt = 0;
    const answer = walk(cursor, pausedEnd, scanned, limit);
    if (answer != MORE) return answer;
    if (isTooLong()) return scanned - fieldStart > fieldBytes ? OVERSIZE_FIELD : OVERSIZE_RECORD;
  }
  while (scanned < filled) {
    const edge = min(filled, scanned + window);
    const end = findMarks(scanned, edge);
    scanned = edge;
    const answer = walk(marks, end, edge, limit);
    if (answer != MORE) return answer;
    if (isTooLong()) return scanned - fieldStart > fieldBytes ? OVERSIZE_FIELD : OVERSIZE_RECORD;
  }
  return final ? finish(limit) : MORE;
}

/** Whether what has been walked over of a field or a record is more than it may be. */
function isTooLong(): bool {
  return scanned - fieldStart > fieldBytes || scanned - recordStart > recordBytes;
}

/** For the host: the buffer's first byte, which is the first of a record. */
export function bufferAddress(): usize {
  return buffer;
}
/** For the host, after a failure: where the field and the record begin, from the buffer's first byte, and the record's fields. */
export function fieldOffset(): usize {
  return fieldStart - buffer;
}
export function recordOffset(): usize {
  return recordStart - buffer;
}
/** For each number of fields, records that have so few: their nulls are in no column. */
export function shortRecords(): usize {
  return shorts;
}
export function fieldsFound(): u32 {
  return found;
}

@inline
function areMarks(bytes: v128, own: v128): v128 {
  const ends = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>LF)), i8x16.eq(bytes, i8x16.splat(<i8>CR)));
  return v128.or(ends, v128.or(i8x16.eq(bytes, own), i8x16.eq(bytes, i8x16.splat(<i8>QUOTE))));
}

/** Writes the addresses of the marks in [from, to) and answers where they end. */
function findMarks(from: usize, to: usize): usize {
  const own = i8x16.splat(<i8>delimiter);
  let high = i8x16.splat(0);
  let target = marks;
  for (let at = from; at < to; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    let bits =
      <u64>i8x16.bitmask(areMarks(a, own)) |
      (<u64>i8x16.bitmask(areMarks(b, own)) << 16) |
      (<u64>i8x16.bitmask(areMarks(c, own)) << 32) |
      (<u64>i8x16.bitmask(areMarks(d, own)) << 48);
    if (to - at < 64) bits &= (<u64>1 << <u64>(to - at)) - 1;
    else high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
    while (bits) {
      store<u32>(target, <u32>(at + <usize>ctz(bits)));
      target += 4;
      bits &= bits - 1;
    }
  }
  for (let at = from + ((to - from) & ~63); at < to; at++) highBits |= load<u8>(at);
  if (i8x16.bitmask(high)) highBits |= 128;
  return target;
}

/** Walks over the marks from `cursor` up to `end`, of bytes up to `edge`. */
function walk(cursor: usize, end: usize, edge: usize, limit: usize): u32 {
  while (true) {
    if (found == 0 && state == PLAIN && fieldStart == recordStart) {
      // between records
      if (afterCarriage) {
        if (recordStart == edge) return MORE;
        afterCarriage = false;
        if (<u32>load<u8>(recordStart) == LF) {
          recordStart++;
          fieldStart = recordStart;
          cursor += 4;
        }
      }
      if (recordStart >= limit) return DONE;
      if (rows >= pause) {
        pausedAt = cursor;
        pausedEnd = end;
        return PAUSED;
      }
      const after = simpleRecord(cursor, end);
      if (after) {
        cursor = after;
        continue;
      }
    }
    if (cursor == end) return MORE;
    const at = <usize>load<u32>(cursor);
    const byte = <u32>load<u8>(at);
    cursor += 4;
    if (state == QUOTED) {
      if (byte == QUOTE) {
        state = CLOSING;
        quoteAt = at;
      }
      continue;
    }
    if (state == CLOSING) {
      if (at == quoteAt + 1 && byte == QUOTE) {
        escaped = true;
        state = QUOTED;
        continue;
      }
      if (at != quoteAt + 1) {
        escaped = true;
        state = TAIL;
      }
    }
    if (byte == QUOTE) {
      if (state == PLAIN && at == fieldStart) {
        state = QUOTED;
        escaped = false;
      }
      continue;
    }
    if (at - fieldStart > fieldBytes) return OVERSIZE_FIELD;
    endField(at);
    if (byte == delimiter) {
      fieldStart = at + 1;
      continue;
    }
    const answer = endRecord(at);
    if (answer != MORE) return answer;
    recordStart = at + 1;
    fieldStart = recordStart;
    found = 0;
    afterCarriage = byte == CR;
  }
}

/**
 * Takes the record at `cursor` when it has as many fields as there should be, without quotes, and ends with LF or
 * CRLF; answers the cursor after it, or 0.
 */
@inline
function simpleRecord(cursor: usize, end: usize): usize {
  const last = cursor + (<usize>(fields - 1) << 2);
  if (last >= end) return 0;
  let at = cursor;
  while (at < last && <u32>load<u8>(load<u32>(at)) == delimiter) at += 4;
  if (at != last) return 0;
  const stop = <usize>load<u32>(last);
  const byte = <u32>load<u8>(stop);
  if (byte != LF && byte != CR) return 0;
  // blank lines have one field
  if (fields == 1 && <u32>load<u8>(recordStart) <= SPACE) return 0;
  const bytes = stop - recordStart;
  if (bytes > fieldBytes || bytes >= recordBytes) return 0;

  let start = recordStart;
  let target = wanted;
  for (at = cursor; at <= last; at += 4, target += 4) {
    const to = <usize>load<u32>(at);
    const column = load<usize>(target);
    if (column) addField(changetype<Column>(column), start, to);
    start = to + 1;
  }
  rows++;
  recordStart = start;
  fieldStart = start;
  afterCarriage = byte == CR;
  return at;
}

/** A field ends at `at`; `state` says what it was. */
function endField(at: usize): void {
  if (found < fields) {
    const bound = bounds + (<usize>found << 3);
    let start = fieldStart;
    let end = at;
    let mark: u32 = 0;
    if (state != PLAIN) {
      start++;
      if (escaped) mark = ESCAPED;
      else end = quoteAt;
    }
    store<u32>(bound, <u32>(start - recordStart) | mark);
    store<u32>(bound, <u32>(end - recordStart), 4);
  }
  found++;
  state = PLAIN;
}

/** A record ends at `at`: gives its fields to the columns. */
function endRecord(at: usize): u32 {
  if (at - recordStart >= recordBytes) return OVERSIZE_RECORD;
  if (found == 1 && isBlank(at)) return MORE;
  if (found > fields) {
    if (!skipLong) return TOO_MANY_FIELDS;
    skipped++;
    return MORE;
  }
  rows++;
  for (let field: u32 = 0; field < found; field++) {
    const column = load<usize>(wanted + (<usize>field << 2));
    if (column == 0) continue;
    const bound = bounds + (<usize>field << 3);
    const mark = load<u32>(bound);
    const start = recordStart + <usize>(mark & ~ESCAPED);
    const end = recordStart + <usize>load<u32>(bound, 4);
    if (mark & ESCAPED) addUnquoted(changetype<Column>(column), start, end);
    else addField(changetype<Column>(column), start, end);
  }
  if (found < fields) {
    const short = shorts + (<usize>found << 2);
    store<u32>(short, load<u32>(short) + 1);
    if (keepNulls) addMissing();
  }
  return MORE;
}

/** Nulls for the fields that the record lacks. */
function addMissing(): void {
  for (let field = found; field < fields; field++) {
    const column = load<usize>(wanted + (<usize>field << 2));
    if (column) addNull(changetype<Column>(column));
  }
}

/** Whether there are but spaces and tabs on the line. */
function isBlank(to: usize): bool {
  for (let at = recordStart; at < to; at++) {
    const byte = <u32>load<u8>(at);
    if (byte != SPACE && byte != TAB) return false;
  }
  return true;
}

/** The field whose content after the opening quote is [from, to): doubled quotes become one, the closing one goes. */
function addUnquoted(column: Column, from: usize, to: usize): void {
  if (to - from > unquotedBytes) {
    release(unquoted - SLACK, unquotedBytes + 2 * SLACK);
    unquotedBytes = (to - from) << 1;
    unquoted = take(unquotedBytes + 2 * SLACK) + SLACK;
  }
  let target = unquoted;
  let quoted = true;
  for (let at = from; at < to; at++) {
    if (quoted && <u32>load<u8>(at) == QUOTE) {
      at++;
      quoted = at < to && <u32>load<u8>(at) == QUOTE;
      if (at == to) break;
    }
    store<u8>(target++, load<u8>(at));
  }
  addField(column, unquoted, target);
}

/** Nothing follows: ends the record that is not yet. */
function finish(limit: usize): u32 {
  if (state == QUOTED) return UNCLOSED;
  if (afterCarriage && recordStart < filled && found == 0 && <u32>load<u8>(recordStart) == LF) {
    recordStart++;
    fieldStart = recordStart;
  }
  if (recordStart == filled) return DONE;
  if (recordStart >= limit) return DONE;
  if (state == CLOSING && quoteAt + 1 != filled) {
    escaped = true;
    state = TAIL;
  }
  endField(filled);
  const answer = endRecord(filled);
  if (answer != MORE) return answer;
  recordStart = filled;
  fieldStart = filled;
  found = 0;
  return DONE;
}
