// Distinct texts with their counts, in the order of first sight: an open-addressed table over entries in blocks.
import { upperProduct } from "./doubles";
import { release, take } from "./memory";

/**
 * A text and how often it was seen: this head, then its bytes, zeros up to a multiple of 16. Entries of a table
 * stand one after the other in its blocks; the host copies them as they are, and `addEntries` reads them.
 */
@unmanaged
export class Entry {
  hash: u32;
  length: u32;
  count: u32;
  /** The place of its first sight among those of the whole column. */
  rank: u32;
}
const HEAD: usize = 16;

@inline
export function entryBytes(entry: Entry): usize {
  return HEAD + ((<usize>entry.length + 15) & ~15);
}

/** A block of entries: this head, then entries up to `used`. */
@unmanaged
class Block {
  next: usize;
  size: usize;
  used: usize;
  unused: usize;
}
const BLOCK_HEAD: usize = 16;

const TEXTS_BYTES: usize = 64;

const FIRST_SLOTS: u32 = 16;
const FIRST_BLOCK: usize = 1024;
const MOST_BLOCK: usize = 65536;

@unmanaged
export class Texts {
  /** 8 bytes each: an entry's address, 0 for none, and above it its hash. At most half are taken. */
  slots: usize;
  slotCount: u32;
  /** Distinct texts. */
  size: u32;
  firstBlock: usize;
  lastBlock: usize;
  /** Bytes of all entries. */
  bytes: usize;
}

let seed: u64 = 0;
let otherSeed: u64 = 0;

/** What hashes begin with: chosen by chance, so that nobody can prepare texts that collide; the same for all tables of a job. */
export function setSeed(value: u64): void {
  seed = value;
  // another one that follows from it, and is never small
  const mixed = (value ^ (value >> 32)) * 0x9e3779b97f4a7c15;
  otherSeed = (mixed ^ (mixed >> 29)) | 0x8000000000000001;
}

export function openTexts(texts: Texts): void {
  texts.slotCount = FIRST_SLOTS;
  texts.slots = take(FIRST_SLOTS << 3);
  memory.fill(texts.slots, 0, FIRST_SLOTS << 3);
  texts.size = 0;
  texts.bytes = 0;
  texts.firstBlock = 0;
  texts.lastBlock = 0;
}

/** Gives back the memory of a block. */
export function closeBlock(block: usize): void {
  release(block, changetype<Block>(block).size);
}

/** At 16 n: a mask of the first n of sixteen bytes. */
const FIRST = memory.data(17 * 16, 16);

export function prepareTexts(): void {
  for (let n: usize = 0; n <= 16; n++)
    for (let at: usize = 0; at < 16; at++) store<u8>(FIRST + n * 16 + at, at < n ? 0xff : 0);
}

/**
 * Both halves of the 128-bit product, as in Wang Yi's wyhash: with secrets in both factors nobody can prepare texts that collide,
 * as they can when a word is only multiplied by a constant.
 */
@inline
function folded(a: u64, b: u64): u64 {
  return (a * b) ^ upperProduct(a, b);
}

/** The last, perhaps incomplete, sixteen bytes of a text, with zeros behind it. */
@inline
function lastBytes(at: usize, to: usize): v128 {
  return v128.and(v128.load(at), v128.load(FIRST + ((to - at) << 4)));
}

/** The hash of the text in [from, to); up to 15 bytes after it are loaded. */
@inline
export function hashText(from: usize, to: usize): u64 {
  let hash = seed ^ <u64>(to - from);
  let at = from;
  for (; to - at > 16; at += 16) hash = folded(hash ^ load<u64>(at), otherSeed ^ load<u64>(at, 8));
  const last = lastBytes(at, to);
  hash = folded(hash ^ i64x2.extract_lane(last, 0), otherSeed ^ i64x2.extract_lane(last, 1));
  return folded(hash, otherSeed);
}

/** Sees the text in [from, to). */
export function addText(texts: Texts, from: usize, to: usize): void {
  seeText(texts, <u32>(hashText(from, to) >> 32), from, to, texts.size);
}

/**
 * Sees the `count` numbers (no NaN) at `from` as texts of eight bytes, those of `part`: the hash's uppermost `bits` say which.
 * Ranks are the numbers' places, the first one's being `base`. Zeros lose their sign.
 */
export function addDoubles(texts: Texts, from: usize, count: u32, base: u32, part: u32, bits: u32): void {
  for (let at: u32 = 0; at < count; at++) {
    const address = from + (<usize>at << 3);
    store<f64>(address, load<f64>(address) + 0);
    const code = <u32>(hashText(address, address + 8) >> 32);
    if (bits == 0 || code >> (32 - bits) == part) seeText(texts, code, address, address + 8, base + at);
  }
}

@inline
function seeText(texts: Texts, code: u32, from: usize, to: usize, rank: u32): void {
  const mask = texts.slotCount - 1;
  let slot = code & mask;
  let taken = load<u64>(texts.slots + ((<usize>slot) << 3));
  while (taken) {
    if (<u32>(taken >> 32) == code) {
      const entry = changetype<Entry>(<usize>(<u32>taken));
      if (entry.length == <u32>(to - from) && sameText(changetype<usize>(entry) + HEAD, from, to)) {
        entry.count++;
        return;
      }
    }
    slot = (slot + 1) & mask;
    taken = load<u64>(texts.slots + ((<usize>slot) << 3));
  }
  const length = to - from;
  const entry = append(texts, HEAD + ((length + 15) & ~15));
  entry.hash = code;
  entry.length = <u32>length;
  entry.count = 1;
  entry.rank = rank;
  let target = changetype<usize>(entry) + HEAD;
  let at = from;
  for (; to - at > 16; at += 16, target += 16) v128.store(target, v128.load(at));
  if (length > 0) v128.store(target, lastBytes(at, to));
  occupy(texts, slot, entry);
}

/** Whether the entry's bytes are those in [from, to), the lengths being equal. */
@inline
function sameText(own: usize, from: usize, to: usize): bool {
  let at = from;
  for (; to - at > 16; at += 16, own += 16)
    if (v128.any_true(v128.xor(v128.load(own), v128.load(at)))) return false;
  return at == to || !v128.any_true(v128.xor(v128.load(own), lastBytes(at, to)));
}

/**
 * Adds the whole entries in [from, to), of another table, that are of `part`: the hash's uppermost `bits` say which. Their
 * ranks begin at `base`. Answers where the first that is not whole begins.
 */
export function addEntries(texts: Texts, from: usize, to: usize, base: u32, part: u32, bits: u32): usize {
  let at = from;
  while (at + HEAD <= to) {
    const source = changetype<Entry>(at);
    const size = entryBytes(source);
    if (at + size > to) break;
    if (bits == 0 || source.hash >> (32 - bits) == part) addEntry(texts, source, size, base);
    at += size;
  }
  return at;
}

@inline
export function addEntry(texts: Texts, source: Entry, size: usize, base: u32): void {
  const code = source.hash;
  const mask = texts.slotCount - 1;
  let slot = code & mask;
  let taken = load<u64>(texts.slots + ((<usize>slot) << 3));
  while (taken) {
    if (<u32>(taken >> 32) == code) {
      const entry = changetype<Entry>(<usize>(<u32>taken));
      if (entry.length == source.length && sameEntry(entry, source, size)) {
        entry.count += source.count;
        return;
      }
    }
    slot = (slot + 1) & mask;
    taken = load<u64>(texts.slots + ((<usize>slot) << 3));
  }
  const entry = append(texts, size);
  memory.copy(changetype<usize>(entry), changetype<usize>(source), size);
  entry.rank += base;
  occupy(texts, slot, entry);
}

@inline
function sameEntry(a: Entry, b: Entry, size: usize): bool {
  for (let at = HEAD; at < size; at += 16)
    if (v128.any_true(v128.xor(v128.load(changetype<usize>(a) + at), v128.load(changetype<usize>(b) + at))))
      return false;
  return true;
}

function append(texts: Texts, bytes: usize): Entry {
  let block = changetype<Block>(texts.lastBlock);
  if (texts.lastBlock == 0 || block.used + bytes > block.size) {
    const usual = texts.lastBlock == 0 ? FIRST_BLOCK : min(block.size << 1, MOST_BLOCK);
    const size = max(usual, BLOCK_HEAD + bytes);
    const address = take(size);
    if (texts.lastBlock) block.next = address;
    else texts.firstBlock = address;
    block = changetype<Block>(address);
    block.next = 0;
    block.size = size;
    block.used = BLOCK_HEAD;
    texts.lastBlock = address;
  }
  const entry = changetype<Entry>(changetype<usize>(block) + block.used);
  block.used += bytes;
  texts.bytes += bytes;
  return entry;
}

function occupy(texts: Texts, slot: u32, entry: Entry): void {
  const taken = ((<u64>entry.hash) << 32) | <u64>changetype<usize>(entry);
  store<u64>(texts.slots + ((<usize>slot) << 3), taken);
  if (++texts.size << 1 > texts.slotCount) rehash(texts);
}

function rehash(texts: Texts): void {
  const count = texts.slotCount << 1;
  const slots = take(<usize>count << 3);
  memory.fill(slots, 0, <usize>count << 3);
  const mask = count - 1;
  const end = texts.slots + (<usize>texts.slotCount << 3);
  for (let at = texts.slots; at < end; at += 8) {
    const taken = load<u64>(at);
    if (taken == 0) continue;
    let slot = <u32>(taken >> 32) & mask;
    while (load<u64>(slots + ((<usize>slot) << 3)) != 0) slot = (slot + 1) & mask;
    store<u64>(slots + ((<usize>slot) << 3), taken);
  }
  release(texts.slots, <usize>texts.slotCount << 3);
  texts.slots = slots;
  texts.slotCount = count;
}

/** Moves the entries to 2^`bits` new tables by the uppermost bits of their hashes, and answers the first one's address. Nothing can be added to any of them. */
export function splitTexts(texts: Texts, bits: u32): usize {
  const count = 1 << bits;
  const tables = take(<usize>count * TEXTS_BYTES);
  memory.fill(tables, 0, <usize>count * TEXTS_BYTES);
  release(texts.slots, <usize>texts.slotCount << 3);
  let block = texts.firstBlock;
  while (block) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; ) {
      const entry = changetype<Entry>(at);
      const size = entryBytes(entry);
      const table = changetype<Texts>(tableAt(tables, entry.hash >> (32 - bits)));
      memory.copy(changetype<usize>(append(table, size)), at, size);
      table.size++;
      at += size;
    }
    const next = blockAfter(block);
    closeBlock(block);
    block = next;
  }
  texts.firstBlock = 0;
  texts.lastBlock = 0;
  return tables;
}

export function tableAt(tables: usize, at: u32): usize {
  return tables + <usize>at * TEXTS_BYTES;
}

/** The first block of entries, the one after, and what is in one: for the host. */
export function firstBlockOf(texts: Texts): usize {
  return texts.firstBlock;
}
export function distinctTexts(texts: Texts): u32 {
  return texts.size;
}
/** Bytes that a table takes, free places included. */
export function textBytes(texts: Texts): usize {
  return texts.bytes + (<usize>texts.slotCount << 3);
}
export function newTexts(): usize {
  const texts = changetype<Texts>(take(TEXTS_BYTES));
  openTexts(texts);
  return changetype<usize>(texts);
}
export function blockAfter(block: usize): usize {
  return changetype<Block>(block).next;
}
export function blockBegin(block: usize): usize {
  return block + BLOCK_HEAD;
}
export function blockEnd(block: usize): usize {
  return block + changetype<Block>(block).used;
}
