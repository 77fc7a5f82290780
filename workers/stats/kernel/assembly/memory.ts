// The module's linear memory: blocks of a power of two bytes, taken from its end or from those given back.

/** Smallest block, as a power of two. */
const LEAST: u32 = 6;

/** By their size's logarithm: the first free block, whose first word is the next one. */
const free = memory.data(32 * 4, 4);
let end: usize = 0;

/** Bytes in blocks that are taken. */
export let taken: usize = 0;

/** Forgets all blocks. */
export function clearMemory(): void {
  memory.fill(free, 0, 32 * 4);
  end = (__heap_base + 63) & ~63;
  taken = 0;
}

/** log2 of the size of the block that holds `bytes`. */
@inline
export function sizeClass(bytes: usize): u32 {
  return max(LEAST, 32 - <u32>clz<u32>(max(<u32>bytes, 1) - 1));
}

/** A block of at least `bytes` (2^31 at most), at a multiple of 64. Its content is whatever it was. */
export function take(bytes: usize): usize {
  // no block is larger
  if (bytes > 0x80000000) unreachable();
  const size = sizeClass(bytes);
  const head = free + (<usize>size << 2);
  taken += (<usize>1) << size;
  const block = load<usize>(head);
  if (block) {
    store<usize>(head, load<usize>(block));
    return block;
  }
  const fresh = end;
  end += (<usize>1) << size;
  const present = (<usize>memory.size()) << 16;
  if (end > present || end < fresh) {
    const pages = <i32>((end - present + 0xffff) >> 16);
    // by a sixteenth at least, so that growing is seldom
    if (memory.grow(max(pages, memory.size() >> 4)) < 0 && memory.grow(pages) < 0) unreachable();
  }
  return fresh;
}

/** Gives back a block that was taken with `bytes`. */
export function release(block: usize, bytes: usize): void {
  const size = sizeClass(bytes);
  const head = free + (<usize>size << 2);
  store<usize>(block, load<usize>(head));
  store<usize>(head, block);
  taken -= (<usize>1) << size;
}
