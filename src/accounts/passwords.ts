// Password hashes: scrypt in libuv's threads, a few at a time, written so that they say how they were made.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { normalizePassword } from "./rules.js";

const derive = promisify(
  scrypt as (
    password: string,
    salt: Buffer,
    bytes: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, key: Buffer) => void,
  ) => void,
);

interface Parameters {
  /** Base-2 logarithm of scrypt's N. */
  ln: number;
  r: number;
  p: number;
}

/** 128 × 2^15 × 8 bytes = 32 MiB and about a tenth of a second for each check. */
const PARAMETERS: Parameters = { ln: 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Room for stronger parameters of a later version; a record that asks for more is refused by scrypt. */
const MOST_MEMORY = 256 * 2 ** 20;

/**
 * libuv has four threads, which also serve files: two are left to them. The pool is the process's, and so
 * is the line. Of 64 in line the last waits about three seconds.
 */
const inLine = createLine({ running: 2, waiting: 64 });

/** More sign-ins are being checked than the line holds: a matter of seconds, like a 503. */
export class SignInsBusyError extends Error {
  override readonly name = "SignInsBusyError";

  constructor() {
    super("too many passwords are being checked at this moment: try again in a few seconds");
  }
}

/**
 * Runs at most `running` tasks at a time and the others in the order they came. With `waiting` in line
 * already, a further one is rejected with SignInsBusyError.
 */
export function createLine(most: { running: number; waiting: number }) {
  let running = 0;
  const line: (() => void)[] = [];
  return async <Result>(task: () => Promise<Result>): Promise<Result> => {
    if (running < most.running) running += 1;
    else if (line.length < most.waiting) await new Promise<void>((start) => line.push(start));
    else throw new SignInsBusyError();
    try {
      return await task();
    } finally {
      const next = line.shift();
      if (next)
        next(); // takes over this one's place
      else running -= 1;
    }
  };
}

function hash(password: string, salt: Buffer, { ln, r, p }: Parameters, bytes: number): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: MOST_MEMORY };
  return inLine(() => derive(normalizePassword(password), salt, bytes, options));
}

/** PHC string format (github.com/P-H-C/phc-string-format): `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, unpadded base64. */
function format({ ln, r, p }: Parameters, salt: Buffer, key: Buffer): string {
  const unpadded = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`;
}

const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{22,})$/;

function parse(stored: string): { parameters: Parameters; salt: Buffer; key: Buffer } {
  const match = STORED.exec(stored);
  if (!match) throw new Error("a stored password is not in the form that this version of Abacus writes");
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  const [salt, key] = match.slice(4).map((text) => Buffer.from(text, "base64")) as [Buffer, Buffer];
  return { parameters: { ln, r, p }, salt, key };
}

/** Compared with where there is no account, so that its absence cannot be told by the time it takes. */
const NOBODY = format(PARAMETERS, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));

/** The string to store for `password`. Rejects with SignInsBusyError when the line is full. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return format(PARAMETERS, salt, await hash(password, salt, PARAMETERS, HASH_BYTES));
}

/**
 * Whether `password` is the one that `stored` was made from. Without `stored` (no such account) the answer
 * is no, at the same cost. Rejects with SignInsBusyError when the line is full.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const { parameters, salt, key } = parse(stored ?? NOBODY);
  const same = timingSafeEqual(await hash(password, salt, parameters, key.length), key);
  return same && stored !== undefined;
}
