// What threads hand each other: the event loop between them passes it on without looking into it.
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/** A port at which one message waits. Who lets it go without opening it has to close it. */
export type Envelope = MessagePort;

/** Puts a value into an envelope. Buffers that it alone uses move, the rest is copied by structured clone. */
export function seal(value: unknown): Envelope {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value, transferables(value));
  port1.close();
  return port2;
}

/** Takes the value out; an envelope can be opened once. */
export function unseal(envelope: Envelope): unknown {
  const received = receiveMessageOnPort(envelope) as { message: unknown } | undefined;
  envelope.close();
  if (!received) throw new Error("the envelope was opened before");
  return received.message;
}

/** How deep buffers are looked for: results are lists of objects that hold buffers, not trees. */
const DEPTH = 10;
/** Longer lists are of plain values. */
const LONGEST = 100_000;

/**
 * The ArrayBuffers in `value` that it alone uses. Shared memory is left out, for it is never copied; so is a
 * view of a part of a buffer, for others may use the rest (small Buffers share one).
 */
function transferables(value: unknown): ArrayBuffer[] {
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
