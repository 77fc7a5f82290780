// What is collected of one column: its numbers in blocks, or its distinct texts.
import { release, take } from "./memory";
import { NONE, parseNumber } from "./numerals";
import { addText, hashText, newTexts, Texts } from "./texts";

/** As `Mode` of column-values.ts. */
export const NUMBERS: u32 = 0;
export const TEXTS: u32 = 1;
export const MIXED: u32 = 2;
/** Rows are looked at, not columns: every field is eight bytes, among the numbers: of a text its hash, of a truth value 1 or 0. */
const HASHES: u32 = 3;
const TRUTHS: u32 = 4;

/** Bits of `Numeral`, and HUGE_FIRST of column-values.ts. */
const DECIMAL: u32 = 2;
const HUGE: u32 = 8;
const HUGE_FIRST: u32 = 64;

/** A block of numbers: this head, then doubles up to `used` (for the last one, up to the column's `next`). */
@unmanaged
class Block {
  next: usize;
  size: usize;
  used: usize;
}
const BLOCK_HEAD: usize = 16;
const FIRST_BLOCK: usize = 128;
const MOST_BLOCK: usize = 65536;

@unmanaged
export class Column {
  /** Where the next number goes, and where its block ends. */
  next: usize;
  limit: usize;
  mode: u32;
  kinds: u32;
  nulls: u32;
  firstBlock: usize;
  lastBlock: usize;
  /** Of a column of texts. */
  texts: Texts;
}
/** No more than the fields: all columns' should be in the cache. */
const COLUMN_BYTES: usize = offsetof<Column>();

let missing: usize = 0;
let numericNulls = false;
export let keepNulls = false;
let emptyIsNull = false;

/**
 * `keep`: a null is a number, too: NaN, so that the columns' numbers stay side by side. `list`: the texts that stand for
 * null: at it, 256 bytes that are 1 for each first byte of one, then each as its length
 * (4 bytes), its bytes and zeros up to a multiple of 4; a length of 2^32 - 1 ends them. The empty text is among them
 * when `empty`.
 */
export function setNulls(list: usize, empty: bool, numeric: bool, keep: bool): void {
  missing = list;
  emptyIsNull = empty;
  numericNulls = numeric;
  keepNulls = keep;
}

export function openColumns(count: u32): usize {
  const columns = take(<usize>count * COLUMN_BYTES);
  memory.fill(columns, 0, <usize>count * COLUMN_BYTES);
  return columns;
}

@inline
export function columnAt(columns: usize, at: u32): Column {
  return changetype<Column>(columns + <usize>at * COLUMN_BYTES);
}

export function beginTexts(column: Column): void {
  column.mode = TEXTS;
  column.texts = changetype<Texts>(newTexts());
}

/** Takes a null. */
@inline
export function addNull(column: Column): void {
  column.nulls++;
  if (keepNulls) push(column, NaN);
}

@inline
function push(column: Column, value: f64): void {
  if (column.next == column.limit) addBlock(column);
  store<f64>(column.next, value);
  column.next += 8;
}

/** Takes the field in [from, to). */
@inline
export function addField(column: Column, from: usize, to: usize): void {
  if (column.mode == NUMBERS && !numericNulls) {
    if (from == to && emptyIsNull) {
      addNull(column);
      return;
    }
    if (column.next == column.limit) addBlock(column);
    const kind = parseNumber(from, to, column.next);
    if (kind != NONE) {
      addKind(column, kind);
      column.next += 8;
      return;
    }
  }
  addOther(column, from, to);
}

@inline
function addKind(column: Column, kind: u32): void {
  if (kind & HUGE && !(column.kinds & DECIMAL)) column.kinds |= HUGE_FIRST;
  column.kinds |= kind;
}

/** A field that is null, or a text, or a number of a column some of whose nulls are numbers. */
function addOther(column: Column, from: usize, to: usize): void {
  if (isNull(from, to)) {
    addNull(column);
    return;
  }
  if (column.mode == NUMBERS && numericNulls) {
    if (column.next == column.limit) addBlock(column);
    const kind = parseNumber(from, to, column.next);
    if (kind != NONE) {
      addKind(column, kind);
      column.next += 8;
      return;
    }
  }
  if (column.mode == NUMBERS) {
    const had = column.kinds != 0;
    dropNumbers(column);
    if (had) column.mode = MIXED;
    else beginTexts(column);
  }
  if (column.mode == TEXTS) addText(column.texts, from, to);
  else if (column.mode == HASHES) push(column, reinterpret<f64>(hashText(from, to)));
  else if (column.mode == TRUTHS) push(column, (load<u8>(from) | 32) == 116 ? 1 : 0);
}

function isNull(from: usize, to: usize): bool {
  if (from == to) return emptyIsNull;
  if (load<u8>(missing + <usize>load<u8>(from)) == 0) return false;
  const length = <u32>(to - from);
  let at = missing + 256;
  for (let own = load<u32>(at); own != u32.MAX_VALUE; own = load<u32>(at)) {
    if (own == length && memory.compare(at + 4, from, length) == 0) return true;
    at += 4 + ((<usize>own + 3) & ~3);
  }
  return false;
}

function addBlock(column: Column): void {
  const last = changetype<Block>(column.lastBlock);
  const size = column.lastBlock ? min(last.size << 1, MOST_BLOCK) : FIRST_BLOCK;
  const address = take(size);
  const block = changetype<Block>(address);
  block.next = 0;
  block.size = size;
  if (column.lastBlock) {
    last.next = address;
    last.used = column.next - column.lastBlock;
  } else column.firstBlock = address;
  column.lastBlock = address;
  column.next = address + BLOCK_HEAD;
  column.limit = address + size;
}

/** Forgets the numbers; what is known of them stays. */
export function dropNumbers(column: Column): void {
  let block = column.firstBlock;
  while (block) {
    const next = changetype<Block>(block).next;
    release(block, changetype<Block>(block).size);
    block = next;
  }
  column.firstBlock = 0;
  column.lastBlock = 0;
  column.next = 0;
  column.limit = 0;
}

/** For the host. */
export function setMode(column: Column, mode: u32): void {
  column.mode = mode;
}
export function modeOf(column: Column): u32 {
  return column.mode;
}
export function kindsOf(column: Column): u32 {
  return column.kinds;
}
export function nullsOf(column: Column): u32 {
  return column.nulls;
}
export function textsOf(column: Column): usize {
  return column.mode == TEXTS ? changetype<usize>(column.texts) : 0;
}
export function numbersOf(column: Column): usize {
  return column.firstBlock;
}
export function numbersAfter(block: usize): usize {
  return changetype<Block>(block).next;
}
export function numbersBegin(block: usize): usize {
  return block + BLOCK_HEAD;
}
export function numbersEnd(column: Column, block: usize): usize {
  return block == column.lastBlock ? column.next : block + changetype<Block>(block).used;
}
