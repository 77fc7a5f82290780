// Counts byte strings exactly, in the order in which they were first seen.

/** FNV-1a's prime. */
const PRIME = 0x01000193;
/** Where hashes begin: by chance, so that nobody can prepare a file whose texts all collide. */
const SEED = Math.floor(Math.random() * 2 ** 32) | 0;

export class TextCounts {
  /** Distinct texts so far. */
  size = 0;
  /** How often each was seen, in the order of first sight. */
  counts = new Float64Array(8);
  /** Bytes of each. */
  lengths = new Uint32Array(8);
  /** The texts, one after the other. */
  bytes = new Uint8Array(64);
  private used = 0;
  private offsets = new Float64Array(8);
  private hashes = new Int32Array(8);
  /** Open addressing with linear probing; index + 1, and 0 for a free slot. At most half are taken. */
  private slots = new Uint32Array(16);

  get memory(): number {
    return this.bytes.length + this.counts.length * 24 + this.slots.length * 4;
  }

  /** Bytes of all distinct texts together. */
  get textBytes(): number {
    return this.used;
  }

  /** Sees the text in [from, to) of `source`, `times` times. */
  add(source: Uint8Array, from: number, to: number, times = 1): void {
    let hash = SEED;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ source[at]!, PRIME);
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (let taken = this.slots[slot]!; taken !== 0; taken = this.slots[slot]!) {
      if (this.hashes[taken - 1] === hash && this.equals(taken - 1, source, from, to)) {
        this.counts[taken - 1]! += times;
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = this.insert(hash, source, from, to, times) + 1;
    if (this.size * 2 > this.slots.length) this.rehash();
  }

  private equals(index: number, source: Uint8Array, from: number, to: number): boolean {
    if (this.lengths[index] !== to - from) return false;
    let own = this.offsets[index]!;
    for (let at = from; at < to; at++, own++) if (this.bytes[own] !== source[at]) return false;
    return true;
  }

  private insert(hash: number, source: Uint8Array, from: number, to: number, times: number): number {
    const index = this.size++;
    if (index === this.counts.length) {
      this.counts = enlarged(this.counts, index * 2);
      this.lengths = enlarged(this.lengths, index * 2);
      this.offsets = enlarged(this.offsets, index * 2);
      this.hashes = enlarged(this.hashes, index * 2);
    }
    const length = to - from;
    if (this.used + length > this.bytes.length)
      this.bytes = enlarged(this.bytes, Math.max(this.used + length, this.bytes.length * 2));
    this.bytes.set(source.subarray(from, to), this.used);
    this.counts[index] = times;
    this.lengths[index] = length;
    this.offsets[index] = this.used;
    this.hashes[index] = hash;
    this.used += length;
    return index;
  }

  private rehash(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.hashes[index]! & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = index + 1;
    }
  }
}

/** A copy of `array` with room for `length` elements. */
export function enlarged<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(
  array: T,
  length: number,
): T {
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
}
