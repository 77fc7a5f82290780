// Inputs for the fuzz runs of column statistics: files and options that nobody would send on purpose, by seed and index.
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { DEFAULT_LIMITS, type Limits } from "../../workers/limits.js";
import type { Options } from "../../workers/stats/options.js";
import type { Sizes } from "../../workers/stats/split.js";
import { randomOf } from "./random-numbers.js";

export interface FuzzInput {
  content: Buffer;
  options: Options;
  /** How a small file is cut all the same, with what limits; undefined for what the service does itself. */
  cut: { sizes: Sizes; limits: Limits } | undefined;
}

const FOLDERS = ["test/fixtures/public/files", "test/fixtures/pandas/files"];
/** Characters of a file that are used at most. */
const LONGEST = 2500;
/** One of so many inputs is so long that the service divides it. */
const LARGE_EVERY = 250;
const LARGE = 3 * 2 ** 20;

/** What a CSV reader, or one of numbers and dates, may stumble over. */
const TOKENS = [
  ...['"', '"', '""', '"""', ",", ",", ";", "\t", "|", "\n", "\n", "\r", "\r\n", " ", "  ", "\0", "\ufeff"],
  ..."0 -0 1 1.0 01 + - . e 1e400 -1e-400 5e-324 1.7976931348623157e308 inf -Infinity nan NA null".split(" "),
  ...["9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616"],
  ..."True false é \u{1f600} __proto__ a b".split(" "),
  ...[`1${"0".repeat(400)}`, `0.${"0".repeat(330)}1`],
  ...["2024-02-29", "2023-02-29", "2024-06-30T23:59:60Z", "0000-01-01"],
];

export class FuzzInputs {
  private readonly seed: number;
  private readonly files = readFixtures();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The same for a seed and an index, whatever came before. */
  at(index: number): FuzzInput {
    const draw = new Draw(randomOf(Math.imul(this.seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b)));
    const isLarge = index % LARGE_EVERY === LARGE_EVERY - 1;
    const text = draw.one(0.25) ? randomText(draw) : mutated(draw, draw.among(this.files));
    const { bytes, encoding } = encoded(draw, isLarge ? lengthened(draw, text) : text);
    const options = { ...encoding, ...(isLarge ? scantOptions(draw) : randomOptions(draw, text)) };
    const content = draw.one(0.05) ? corrupted(draw, bytes) : bytes;
    const cut = !isLarge && draw.one(0.3) ? randomCut(draw, content.length) : undefined;
    return { content: draw.one(0.05) ? packed(draw, content) : content, options, cut };
  }
}

/** What is drawn by chance. */
class Draw {
  readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** True so often. */
  one(share: number): boolean {
    return this.random() < share;
  }

  /** An integer in [0, most). */
  below(most: number): number {
    return Math.floor(this.random() * most);
  }

  among<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

function readFixtures(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((name) => {
        const bytes = readFileSync(`${folder}/${name}`);
        return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      }),
  );
}

function randomText(draw: Draw): string {
  const length = draw.below(1 + draw.below(400));
  return Array.from({ length }, () => {
    if (draw.one(0.7)) return draw.among(TOKENS);
    return draw.one(0.8)
      ? String.fromCharCode(32 + draw.below(95))
      : String.fromCodePoint(draw.below(0x3000));
  }).join("");
}

/** A piece of `file`, most often below its header, with some changes. */
function mutated(draw: Draw, file: string): string {
  let text = file;
  if (file.length > LONGEST) {
    const header = draw.one(0.7) ? file.slice(0, file.indexOf("\n") + 1) : "";
    const from = draw.below(file.length - LONGEST);
    text = header.slice(0, LONGEST) + file.slice(from, from + draw.below(LONGEST));
  }
  for (let changes = draw.one(0.2) ? 0 : draw.below(8); changes > 0; changes--) text = changed(draw, text);
  return text;
}

function changed(draw: Draw, text: string): string {
  const at = draw.below(text.length + 1);
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (draw.below(6)) {
    case 0:
      return before + draw.among(TOKENS) + after.slice(1);
    case 1:
      return before + draw.among(TOKENS) + after;
    case 2:
      return before + after.slice(draw.below(30));
    case 3:
      return before + text.slice(draw.below(text.length)).slice(0, 50) + after;
    case 4:
      return before + after.slice(0, draw.below(20)).repeat(draw.below(20)) + after;
    default:
      return draw.one(0.1) ? text.replaceAll(draw.among(["\n", ",", '"']), draw.among(TOKENS)) : before;
  }
}

/** Long enough for several parts: what follows the first line, again and again, with a number somewhere in it. */
function lengthened(draw: Draw, text: string): string {
  const line = text.indexOf("\n") + 1;
  const rest = text.slice(line) || "1,2\n";
  const at = draw.below(rest.length);
  const [before, after] = [rest.slice(0, at), rest.slice(at)];
  const times = Math.ceil(((1 + draw.random()) * LARGE) / rest.length);
  return text.slice(0, line) + Array.from({ length: times }, (_, time) => before + time + after).join("");
}

/** Memory that is too little for some columns, which become estimates. */
function scantOptions(draw: Draw): Options {
  const memory = Math.floor(10 ** (6 + 0.8 * draw.random()));
  return { badRows: "skip", level: draw.among(["describe", "full"]), ...(draw.one(0.8) ? { memory } : {}) };
}

function encoded(draw: Draw, text: string): { bytes: Buffer; encoding: Options } {
  const how = draw.random();
  if (how < 0.04) return { bytes: Buffer.from(`\ufeff${text}`), encoding: {} };
  if (how < 0.08) return { bytes: Buffer.from(`\ufeff${text}`, "utf16le"), encoding: {} };
  if (how < 0.11) return { bytes: Buffer.from(`\ufeff${text}`, "utf16le").swap16(), encoding: {} };
  if (how < 0.15) return { bytes: Buffer.from(text, "latin1"), encoding: { encoding: "windows-1252" } };
  return { bytes: Buffer.from(text), encoding: {} };
}

/** Single bytes are others: most of what comes of it is not UTF-8. */
function corrupted(draw: Draw, bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  for (let changes = 1 + draw.below(4); changes > 0; changes--)
    other[draw.below(other.length)] = draw.below(256);
  return other;
}

function packed(draw: Draw, bytes: Buffer): Buffer {
  const gzip = gzipSync(bytes, { level: 1 });
  switch (draw.below(5)) {
    case 0:
      return gzip.subarray(0, draw.below(gzip.length));
    case 1:
      return corrupted(draw, gzip);
    case 2:
      return Buffer.concat([gzip, draw.one(0.5) ? gzip : Buffer.from(draw.among(TOKENS))]);
    default:
      return gzip;
  }
}

/** As the schema of options allows them. */
function randomOptions(draw: Draw, text: string): Options {
  const some = <Value>(share: number, value: () => Value) => (draw.one(share) ? value() : undefined);
  const options = {
    level: some(0.35, () => "full" as const),
    bins: some(0.1, () => 1 + draw.below(40)),
    header: some(0.1, () => draw.one(0.1)),
    badRows: some(0.6, () => (draw.one(0.9) ? ("skip" as const) : ("error" as const))),
    naValues: some(0.1, () => [draw.among(TOKENS), draw.among(TOKENS), "999"].slice(draw.below(3))),
    keepDefaultNa: some(0.05, () => draw.one(0.2)),
    delimiter: some(0.15, () =>
      draw.among([",", ";", "\t", "\\t", "|", " ", "a", "1", ".", "\0", '"', "é", ", "]),
    ),
    encoding: some(0.03, () =>
      draw.among(["utf-8", "utf_16", "latin-1", "koi8-r", "shift_jis", "big5", "nope"]),
    ),
    percentiles: some(0.1, () => Array.from({ length: draw.below(5) }, () => draw.below(999) / 1000 + 1e-4)),
    usecols: some(0.08, () =>
      text
        .split(/[\r\n]/, 1)[0]!
        .split(draw.among([",", ";"]))
        .slice(draw.below(4)),
    ),
    memory: some(0.1, () => 1 + draw.below(10 ** (2 + draw.below(5)))),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function randomCut(draw: Draw, bytes: number): FuzzInput["cut"] {
  const parts = 1 + draw.below(1 + draw.below(24));
  const sizes: Sizes = { smallBytes: 0, partBytes: Math.max(1, Math.ceil(bytes / parts)) };
  if (draw.one(0.5)) sizes.manyValues = 0;
  if (draw.one(0.7)) return { sizes, limits: DEFAULT_LIMITS };
  const small = {
    columns: 1 + draw.below(20),
    fieldBytes: 1 + draw.below(100),
    uploadBytes: 1 + draw.below(5000),
  };
  return { sizes, limits: { ...DEFAULT_LIMITS, ...small } };
}
