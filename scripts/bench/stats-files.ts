// The files that are described: the same ones at each run, made by a seeded generator and kept in a folder.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MersenneTwister } from "../../workers/random/mt19937.js";

const SEED = 20_261_122;
/** Characters that are written at a time. */
const CHUNK = 2 ** 20;

type Cell = (random: MersenneTwister, row: number) => string;
type Columns = Record<string, Cell>;

/** An integer in [0, n). */
const below = (random: MersenneTwister, n: number) => Math.floor(random.float64() * n);
const pick = <Item>(random: MersenneTwister, items: readonly Item[]) => items[below(random, items.length)]!;
/** Standard normal, by Box and Muller. */
const normal = (random: MersenneTwister) =>
  Math.sqrt(-2 * Math.log(1 - random.float64())) * Math.cos(2 * Math.PI * random.float64());

const integer =
  (n: number): Cell =>
  (random) =>
    `${below(random, n)}`;
/** As many integers of one digit as of two, and so on. */
const anyLength =
  (digits: number): Cell =>
  (random) =>
    `${below(random, 10 ** (1 + below(random, digits)))}`;
const decimal =
  (low: number, high: number, places: number): Cell =>
  (random) =>
    (low + random.float64() * (high - low)).toFixed(places);
/** All the digits that a double needs: 16 or 17, mostly. */
const double =
  (low: number, high: number): Cell =>
  (random) =>
    `${low + random.float64() * (high - low)}`;
const logNormal =
  (sigma: number): Cell =>
  (random) =>
    `${Math.exp(sigma * normal(random))}`;
const pareto =
  (alpha: number): Cell =>
  (random) =>
    `${(1 - random.float64()) ** (-1 / alpha)}`;
const oneIn =
  (n: number, rare: Cell, cell: Cell): Cell =>
  (random, row) =>
    below(random, n) === 0 ? rare(random, row) : cell(random, row);
const withGaps = (cell: Cell): Cell => oneIn(100, () => "", cell);

const NUMBERS: Columns = {
  digit: integer(10),
  count: anyLength(4),
  identifier: anyLength(9),
  balance: (random) => `${below(random, 1_000_000) - 500_000}`,
  weight: decimal(0, 100_000, 1),
  price: decimal(0, 100, 2),
  change: decimal(-500, 500, 3),
  height: decimal(0, 10, 4),
  latitude: decimal(-90, 90, 6),
  measure: double(0, 1000),
};

const SYLLABLES = ["ra", "ven", "to", "mi", "kal", "du", "ser", "an", "bel", "or", "wick", "lü"];
const WORDS = [
  "late",
  "delivery",
  "left",
  "at",
  "the",
  "door",
  "please",
  "call",
  "again",
  "naïve",
  "of",
  "two",
];
const STATUSES = ["new", "paid", "packed", "sent", "returned"];

const name = (random: MersenneTwister) =>
  Array.from({ length: 2 + below(random, 3) }, () => pick(random, SYLLABLES)).join("");
const CITIES = (() => {
  const random = new MersenneTwister(1);
  return Array.from({ length: 300 }, (_, i) =>
    i % 10 === 0 ? `"${name(random)}, ${name(random)}"` : `${name(random)} ${i}`,
  );
})();
const words = (random: MersenneTwister) =>
  Array.from({ length: 2 + below(random, 6) }, () => pick(random, WORDS)).join(" ");
const QUOTED: Cell[] = [
  (random) => `"${words(random)}, ${words(random)}"`,
  (random) => `"${words(random)} ""${pick(random, WORDS)}"" ${words(random)}"`,
  (random) => `"${words(random)}\n${words(random)}"`,
];
/** Some second of ten years. */
const time = (random: MersenneTwister) => new Date(1_420_070_400_000 + below(random, 315_360_000) * 1000);

const MIXED: Columns = {
  id: (_random, row) => `${row + 1}`,
  quantity: withGaps(integer(1000)),
  price: decimal(0, 1000, 2),
  temperature: decimal(-20, 40, 1),
  rate: double(0, 1),
  status: (random) => pick(random, STATUSES),
  city: (random) => CITIES[Math.floor(random.float64() ** 2 * CITIES.length)]!,
  customer: (random) => `${name(random)}.${name(random)}${below(random, 1000)}`,
  token: (random) => random.uint32().toString(16).padStart(8, "0") + random.uint32().toString(16),
  day: (random) => time(random).toISOString().slice(0, 10),
  moment: (random) => time(random).toISOString().slice(0, 19),
  active: (random) => pick(random, ["True", "False"]),
  comment: withGaps(oneIn(4, (random, row) => pick(random, QUOTED)(random, row), words)),
};

const numbered = (count: number, cells: readonly Cell[]): Columns =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, cells[i % cells.length]!]));

/** Megabytes (10⁶ bytes) at a scale of 1, and the cells of each column. */
const FILES = {
  numeric: { megabytes: 100, columns: mapCells(NUMBERS, withGaps) },
  mixed: { megabytes: 100, columns: MIXED },
  wide: { megabytes: 50, columns: numbered(1000, Object.values(NUMBERS).map(withGaps)) },
  "heavy-tailed": {
    megabytes: 100,
    columns: numbered(8, [...[0.5, 1, 2, 3].map(logNormal), ...[0.8, 1, 1.5, 3].map(pareto)]),
  },
} as const satisfies Record<string, { megabytes: number; columns: Columns }>;

export type FileKind = keyof typeof FILES;
export const FILE_KINDS = Object.keys(FILES) as FileKind[];

export function sizeOf(kind: FileKind, scale: number): number {
  return Math.round(FILES[kind].megabytes * 1e6 * scale);
}

function mapCells(columns: Columns, change: (cell: Cell) => Cell): Columns {
  return Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, change(cell)]));
}

/** The path of a file of `bytes` bytes, the last record over it, which is made unless it is there. */
export async function statsFile(folder: string, kind: FileKind, bytes: number): Promise<string> {
  // another generator makes other files
  const source = readFileSync(fileURLToPath(import.meta.url));
  const version = createHash("sha256").update(source).digest("hex").slice(0, 8);
  const path = join(folder, `${kind}-${bytes}-${version}.csv`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, csv(kind, bytes));
  await rename(unfinished, path);
  return path;
}

/** A file's bytes in pieces. */
export function* csv(kind: FileKind, bytes: number): Generator<Buffer> {
  const random = new MersenneTwister(SEED);
  const { columns } = FILES[kind];
  const cells: Cell[] = Object.values(columns);
  let text = `${Object.keys(columns).join(",")}\n`;
  let written = 0;
  for (let row = 0; ; row++) {
    let record = "";
    for (let i = 0; i < cells.length; i++) record += (i ? "," : "") + cells[i]!(random, row);
    text += `${record}\n`;
    // characters that are two bytes long are rare enough for this to end close to the size
    const ends = written + text.length >= bytes;
    if (text.length < CHUNK && !ends) continue;
    const chunk = Buffer.from(text);
    written += chunk.length;
    text = "";
    yield chunk;
    if (ends) return;
  }
}
