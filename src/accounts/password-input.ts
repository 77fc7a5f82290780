// Where the account command gets a password from: a hidden prompt, or the first line of standard input.
import { createInterface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import { AccountError, PASSWORD_BYTES } from "./rules.js";

export interface PasswordSource {
  /** A prompt is shown only if this is a terminal. */
  stdin: Readable & { isTTY?: boolean };
  /** Takes the prompts, so that standard output holds nothing but results. */
  stderr: Writable;
}

/** Asks twice; what is typed is not shown. Rejects if the two differ, or on Ctrl-C or Ctrl-D. */
async function promptTwice({ stdin, stderr }: PasswordSource, name: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  const lines = terminal[Symbol.asyncIterator](); // keeps a second line that was typed or pasted early
  const ask = async (prompt: string) => {
    stderr.write(prompt);
    const line = await lines.next();
    stderr.write("\n");
    if (line.done) throw new AccountError("password", "no password was given, and nothing was changed");
    return line.value;
  };
  try {
    const password = await ask(`Password for ${name}: `);
    if ((await ask("The same again: ")) === password) return password;
    throw new AccountError("password", "the two passwords differ, and nothing was changed");
  } finally {
    terminal.close();
  }
}

/** Reads up to the first line break or the end, and no more than any password can have. */
async function readFirstLine(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    bytes += chunks.at(-1)!.length;
    if (chunks.at(-1)!.includes(0x0a) || bytes > 4 * PASSWORD_BYTES.max) break;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(firstLine(Buffer.concat(chunks)));
    if (text !== "") return text;
  } catch {
    throw new AccountError("password", "the password on standard input is not UTF-8");
  }
  throw new AccountError("password", "there is no password on the first line of standard input");
}

function firstLine(input: Buffer): Buffer {
  const end = input.indexOf(0x0a);
  const line = end === -1 ? input : input.subarray(0, end);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

/** The password that the person or script at `stdin` gives for the account `name`. */
export function readPassword(source: PasswordSource, name: string): Promise<string> {
  return source.stdin.isTTY ? promptTwice(source, name) : readFirstLine(source.stdin);
}
