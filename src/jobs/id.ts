// Ids of jobs: 26 characters of Crockford's base 32, the first ten the time, so that they sort by age.
import { randomBytes } from "node:crypto";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const FORM = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** A new id: 48 bits of milliseconds, then 80 random bits (the layout of a ULID, in lower case). */
export function newId(now = Date.now()): string {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = DIGITS[rest % 32] + time;
  let random = "";
  for (const byte of randomBytes(16)) random += DIGITS[byte & 31];
  return time + random;
}

/** Whether a text can be an id: what cannot is never looked up. */
export function isId(text: string): boolean {
  return FORM.test(text);
}
