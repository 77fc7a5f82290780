// Ids of jobs: 26 characters of Crockford's base 32, the first ten the time, so that they sort by age.
import { randomFillSync } from "node:crypto";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const FORM = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Random bytes for many ids: asking for them costs more than they do. */
const pool = Buffer.alloc(16 * 256);
let used = pool.length;

/** A new id: 48 bits of milliseconds, then 80 random bits (the layout of a ULID, in lower case). */
export function newId(now = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let time = "";
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = DIGITS[rest % 32] + time;
  let random = "";
  for (const end = used + 16; used < end; used++) random += DIGITS[(pool[used] as number) & 31];
  return time + random;
}

/** Whether a text can be an id: what cannot is never looked up. */
export function isId(text: string): boolean {
  return FORM.test(text);
}
