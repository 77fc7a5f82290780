// Additions as JSON text, as JSON.stringify would write them; `Addition` of ../../../jobs/rnn-add.ts says what they are.
import { B } from "./network";

/** Additions of the latest call that were right. */
export let right: i32 = 0;

const A = '{"a":';
const COMMA_A = ',{"a":';
const COMMA_B = ',"b":';
const PREDICTED = ',"predicted":';
const PREDICTED_BITS = ',"predictedBits":"';
const SUM = '","sum":';
const SUM_BITS = ',"sumBits":"';
const CORRECT = '","correct":true}';
const WRONG = '","correct":false}';

/** Writes ASCII text. Returns where it ends. */
@inline
function put(text: string, at: usize): usize {
  for (let k = 0; k < text.length; k++) store<u8>(at + k, <u8>text.charCodeAt(k));
  return at + text.length;
}

/** Writes a number that is not negative, in decimal. */
function putNumber(value: u32, at: usize): usize {
  let digits: usize = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  let rest = value;
  for (let k = at + digits; k > at; ) {
    store<u8>(--k, 0x30 + <u8>(rest % 10));
    rest /= 10;
  }
  return at + digits;
}

/** Writes B binary digits, the highest first. */
function putBits(value: u32, at: usize): usize {
  for (let t = B - 1; t >= 0; t--) store<u8>(at++, 0x30 + <u8>((value >> t) & 1));
  return at;
}

/**
 * Writes `count` additions at `text`, 192 bytes each at most: the pairs, a and b in turn (int32), and their predicted sums
 * (int32). `isFirst`: no comma before them. Returns how many bytes they are.
 */
export function writeAdditions(pairs: usize, sums: usize, count: i32, isFirst: bool, text: usize): i32 {
  right = 0;
  let at = text;
  for (const end = sums + (<usize>count << 2); sums < end; sums += 4, pairs += 8) {
    const a = load<u32>(pairs);
    const b = load<u32>(pairs, 4);
    const predicted = load<u32>(sums);
    at = putNumber(a, at == text && isFirst ? put(A, at) : put(COMMA_A, at));
    at = putNumber(b, put(COMMA_B, at));
    at = putNumber(predicted, put(PREDICTED, at));
    at = putBits(predicted, put(PREDICTED_BITS, at));
    at = putNumber(a + b, put(SUM, at));
    at = putBits(a + b, put(SUM_BITS, at));
    const correct = predicted == a + b;
    at = correct ? put(CORRECT, at) : put(WRONG, at);
    right += <i32>correct;
  }
  return <i32>(at - text);
}
