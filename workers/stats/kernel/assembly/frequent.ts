// The most frequent of more texts than fit the memory (Misra and Gries, Finding repeated elements, 1982), and how many there are.
import { select } from "./select";
import { release, take } from "./memory";
import { addEntry, blockAfter, blockBegin, blockEnd, closeBlock, entryBytes, Entry, openTexts, Texts } from "./texts";

/** Bits of a hash that choose a register, as in distinct-sketch.ts. */
const BITS: u32 = 16;
const REGISTERS: usize = 65536;

export function openRegisters(): usize {
  const registers = take(REGISTERS);
  memory.fill(registers, 0, REGISTERS);
  return registers;
}

/** Sees the hashes of all texts: a register keeps the most zeros that any hash began with after the bits that chose it, plus 1. */
export function addToRegisters(registers: usize, texts: Texts): void {
  for (let block = texts.firstBlock; block; block = blockAfter(block)) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; ) {
      const entry = changetype<Entry>(at);
      const register = registers + (entry.hash >> (32 - BITS));
      const zeros = min(<u32>clz<u32>(entry.hash << BITS), 32 - BITS) + 1;
      if (zeros > <u32>load<u8>(register)) store<u8>(register, <u8>zeros);
      at += entryBytes(entry);
    }
  }
}

/** The least number by which counts have to fall so that `most` texts at most are left, and `bytes` at most of their entries. */
export function lossOf(texts: Texts, most: u32, bytes: usize): u32 {
  const size = texts.size;
  if (size <= most && texts.bytes <= bytes) return 0;
  const counts = take(<usize>size << 3);
  let next = counts;
  for (let block = texts.firstBlock; block; block = blockAfter(block)) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; next += 8) {
      const entry = changetype<Entry>(at);
      store<f64>(next, <f64>entry.count);
      at += entryBytes(entry);
    }
  }
  let kept = min(most, size - 1);
  let loss = <u32>select(counts, size, size - 1 - kept);
  while (kept > 0 && bytesAbove(texts, loss) > bytes) {
    kept >>= 1;
    loss = <u32>select(counts, size, size - 1 - kept);
  }
  release(counts, <usize>size << 3);
  return loss;
}

function bytesAbove(texts: Texts, count: u32): usize {
  let bytes: usize = 0;
  for (let block = texts.firstBlock; block; block = blockAfter(block)) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; ) {
      const entry = changetype<Entry>(at);
      if (entry.count > count) bytes += entryBytes(entry);
      at += entryBytes(entry);
    }
  }
  return bytes;
}

/**
 * Lowers all counts by `loss` and forgets the texts that have none left, but for the most frequent one. Answers how many values
 * it took away.
 */
export function lowerTexts(texts: Texts, loss: u32): f64 {
  let lost: f64 = 0;
  const best = mostFrequent(texts);
  let block = texts.firstBlock;
  release(texts.slots, <usize>texts.slotCount << 3);
  openTexts(texts);
  while (block) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; ) {
      const entry = changetype<Entry>(at);
      const size = entryBytes(entry);
      lost += <f64>min(entry.count, loss);
      if (entry.count > loss || at == best) {
        entry.count -= min(entry.count, loss);
        addEntry(texts, entry, size, 0);
      }
      at += size;
    }
    const next = blockAfter(block);
    closeBlock(block);
    block = next;
  }
  return lost;
}

/** The address of the first entry with the greatest count. */
function mostFrequent(texts: Texts): usize {
  let best: usize = 0;
  let most: u32 = 0;
  for (let block = texts.firstBlock; block; block = blockAfter(block)) {
    const end = blockEnd(block);
    for (let at = blockBegin(block); at < end; ) {
      const entry = changetype<Entry>(at);
      if (entry.count > most) {
        best = at;
        most = entry.count;
      }
      at += entryBytes(entry);
    }
  }
  return best;
}
