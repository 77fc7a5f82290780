// What names and passwords of accounts may look like, and the errors that say otherwise.

/** The account that the service makes itself. */
export const ADMIN = "admin";

/** In bytes of UTF-8, after normalization. */
export const PASSWORD_BYTES = { min: 8, max: 1024 };

const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;

/** Something about accounts that cannot be done; the message is one sentence for the person who asked. */
export class AccountError extends Error {
  override readonly name = "AccountError";
  readonly reason: "name" | "password" | "exists" | "unknown" | "protected";

  constructor(reason: AccountError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

export function isAccountName(name: string): boolean {
  return NAME.test(name);
}

/** Throws AccountError `name` unless an account may be called so. */
export function checkName(name: string): void {
  if (isAccountName(name)) return;
  throw new AccountError(
    "name",
    "an account's name is 1 to 64 lower-case letters, digits and . _ @ -, beginning with a letter or a digit",
  );
}

/** One form for what looks the same, whatever keyboard typed it (RFC 7617 and RFC 8265 ask for NFC). */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}

/** Throws AccountError `password` unless it may be chosen. The password itself is never in the message. */
export function checkPassword(password: string): void {
  const normal = normalizePassword(password);
  const bytes = Buffer.byteLength(normal);
  const { min, max } = PASSWORD_BYTES;
  if (bytes < min || bytes > max)
    throw new AccountError(
      "password",
      `a password has ${min} to ${max} bytes in UTF-8, and this one has ${bytes < min ? bytes : "more"}`,
    );
  if (/\p{Cc}/u.test(normal))
    throw new AccountError(
      "password",
      "a password holds no control characters (tabs, line breaks and the like), and this one does",
    );
}
