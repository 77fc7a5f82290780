// Which buffers of a value can move to another thread instead of being copied.

/** How deep buffers are looked for: results are lists of objects that hold buffers, not trees. */
const DEPTH = 10;
/** Longer lists are of plain values. */
const LONGEST = 100_000;

/**
 * The ArrayBuffers in `value` that it alone uses. Shared memory is left out, for it is never copied; so is a
 * view of a part of a buffer, for others may use the rest (small Buffers share one).
 */
export function transferables(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(value, DEPTH, found, new Set());
  return [...found];
}

function collect(value: unknown, depth: number, found: Set<ArrayBuffer>, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || depth < 0 || seen.has(value)) return;
  seen.add(value);
  if (value instanceof ArrayBuffer) {
    found.add(value);
  } else if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength)
      found.add(value.buffer);
  } else if (Array.isArray(value)) {
    if (value.length <= LONGEST) for (const item of value) collect(item, depth - 1, found, seen);
  } else {
    for (const item of Object.values(value)) collect(item, depth - 1, found, seen);
  }
}
