// Random tables come back with the same statistics, in whatever dialect they are written and wherever the file is cut.
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import type { ColumnFigures } from "../../workers/stats/describe.js";
import type { Statistics } from "../../workers/stats/statistics.js";
import { randomOf } from "./random-numbers.js";
import {
  type Dialect,
  optionsOf,
  type Random,
  type RandomColumn,
  type RandomTable,
  randomDialect,
  randomTable,
  type Value,
  writeTable,
} from "./random-tables.js";
import { type Settings, statsOf } from "./run-stats.js";

const TABLES = 90;
const DIALECTS = 4;
const CUTS = 4;
/** Of the full level's sums, by the parts in which they are made. */
const CUT_TOLERANCE = 1e-12;
const QUANTILES = { "25%": 0.25, "50%": 0.5, "75%": 0.75 };
/** Relative tolerances; other figures are exact. */
const TOLERANCE: Record<string, number> = { mean: 1e-9, std: 1e-9, min: 1e-12, max: 1e-12 };
for (const name of Object.keys(QUANTILES)) TOLERANCE[name] = 1e-12;

/** The figures of a column, from its values; of infinities, there is no mean. */
function figuresOf({ name, dtype, values }: RandomColumn): ColumnFigures {
  const kept = values.filter((value) => value !== null);
  const common = { name, dtype, count: kept.length, nulls: values.length - kept.length };
  if (dtype !== "bool" && dtype !== "object") return { ...common, ...numberFigures(kept as number[]) };
  const counts = new Map<Value, number>();
  for (const value of kept) counts.set(value, (counts.get(value) ?? 0) + 1);
  const freq = kept.length > 0 ? Math.max(...counts.values()) : null;
  const top = kept.find((value) => counts.get(value) === freq) ?? null;
  return { ...common, unique: counts.size, top, freq };
}

function numberFigures(values: number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value / sorted.length, 0);
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  // NumPy's: of a value and an infinity after it none, even where the interpolation is the value itself
  const quantile = (q: number) => {
    const position = q * (sorted.length - 1);
    const below = Math.floor(position);
    const [a, b] = [sorted[below]!, sorted[below + 1] ?? sorted[below]!];
    return a + (b - a) * (position - below);
  };
  const quantiles = Object.entries(QUANTILES).map(([name, q]) => [name, quantile(q)]);
  const none = sorted.length === 0;
  return {
    mean: none ? Number.NaN : mean,
    std: Math.sqrt(squares / (sorted.length - 1)),
    min: sorted[0] ?? Number.NaN,
    ...Object.fromEntries(quantiles),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** Names of the figures that are not as expected. */
function wrongFigures(found: ColumnFigures, expected: ColumnFigures, scale: number): string[] {
  if (!isDeepStrictEqual(Object.keys(found), Object.keys(expected))) return Object.keys(found);
  return Object.keys(expected).filter((figure) => {
    const [a, b] = [found[figure], expected[figure]];
    const tolerance = TOLERANCE[figure];
    if (tolerance === undefined) return a !== b;
    if (!Number.isFinite(b)) return a !== null;
    return !(Math.abs((a as number) - (b as number)) <= tolerance * scale);
  });
}

/** What differs from the table's own figures. */
function mistakesIn({ rows, columns }: Statistics, table: RandomTable, header: boolean): unknown[] {
  const mistakes: unknown[] = rows === table.rows ? [] : [{ rows, expected: table.rows }];
  if (columns.length !== table.columns.length) mistakes.push(columns.map(({ name }) => name));
  table.columns.forEach((column, at) => {
    const own = figuresOf({ ...column, name: header ? column.name : `${at}` });
    const sizes = column.values.map((value) => (Number.isFinite(value) ? Math.abs(value as number) : 0));
    const wrong = wrongFigures(columns[at]!, own, Math.max(...sizes, 0));
    if (wrong.length > 0) mistakes.push({ wrong, found: columns[at], expected: own });
  });
  return mistakes;
}

/** What is answered, as JSON has it; or the sentence of the mistake. */
async function outcome(content: Uint8Array, settings: Settings): Promise<Statistics | string> {
  try {
    return JSON.parse(JSON.stringify(await statsOf(content, settings))) as Statistics;
  } catch (error) {
    if ((error as Error).name === "InputError") return (error as Error).message;
    throw error;
  }
}

/** Where two answers differ, numbers by more than a share of themselves, or of one. */
function differences(found: unknown, expected: unknown, tolerance: number, path = ""): string[] {
  if (typeof found === "number" && typeof expected === "number") {
    const allowed = tolerance * Math.max(1, Math.abs(found), Math.abs(expected));
    return Math.abs(found - expected) <= allowed ? [] : [`${path}: ${found}, not ${expected}`];
  }
  if (!isObject(found) || !isObject(expected))
    return found === expected ? [] : [`${path}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
  const keys = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...keys].flatMap((key) => differences(found[key], expected[key], tolerance, `${path}/${key}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Without what the file's own form is in: its source, and names that may be none. */
function figuresAlone(found: Statistics | string): unknown {
  if (typeof found === "string") return found;
  const { source: _, columns, correlations, ...rest } = found;
  return {
    ...rest,
    columns: columns.map((column) => ({ ...column, name: "" })),
    matrix: correlations?.matrix,
  };
}

/** Some ways of cutting a file that is not streamed into few or many parts. */
function randomCut(random: Random, bytes: number): Settings {
  const parts = 1 + random() * (random() < 0.5 ? 5 : 40);
  const partBytes = bytes < 60 && random() < 0.5 ? 1 : Math.ceil(bytes / parts);
  const manyValues = random() < 0.5 ? 0 : 1e9;
  return { threads: 1 + Math.floor(random() * 3), sizes: { smallBytes: 0, partBytes, manyValues } };
}

function withStrayQuotes(random: Random, content: Buffer): Buffer {
  let text = content.toString("latin1");
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = Math.floor(random() * text.length);
    text = `${text.slice(0, at)}"${text.slice(at)}`;
  }
  return Buffer.from(text, "latin1");
}

const isWhole = ({ gzip, encoding }: Dialect) => gzip || encoding.startsWith("utf-16");

/** What `source` calls the encodings, where it is another name. */
const CANONICAL: Record<string, string> = { "utf-8-sig": "utf-8", "latin-1": "windows-1252" };

/** What was found otherwise than it was written. */
function mistakesInSource({ source }: Statistics, dialect: Dialect): unknown[] {
  const { delimiter, encoding, lineEnds, finalNewline, blankLines } = dialect;
  // there may be no line end, or a blank line's LF right after a CR
  const isSure = lineEnds.length === 1 && finalNewline && !blankLines;
  const found = [source!.delimiter, source!.encoding, isSure ? source!.newline : lineEnds[0]];
  const written = [delimiter, CANONICAL[encoding] ?? encoding, lineEnds[0]];
  return isDeepStrictEqual(found, written) ? [] : [{ found, written }];
}

t.test("the same statistics in all dialects", async (t) => {
  const failures: unknown[] = [];
  for (let seed = 0; seed < TABLES; seed++) {
    const random = randomOf(seed);
    const table = randomTable(random);
    const answers: { describe?: unknown; full?: unknown } = {};
    for (let count = 0; count < DIALECTS; count++) {
      const dialect = randomDialect(random, table);
      const content = writeTable(random, table, dialect);
      const options = optionsOf(dialect);
      const found = await outcome(content, { options });
      const mistakes =
        typeof found === "string"
          ? [found]
          : [...mistakesIn(found, table, dialect.header), ...mistakesInSource(found, dialect)];
      answers.describe ??= figuresAlone(found);
      mistakes.push(...differences(figuresAlone(found), answers.describe, 0));
      if (count < DIALECTS / 2) {
        const full = figuresAlone(await outcome(content, { options: { ...options, level: "full" } }));
        answers.full ??= full;
        mistakes.push(...differences(full, answers.full, CUT_TOLERANCE));
      }
      if (mistakes.length > 0) failures.push({ seed, dialect, mistakes });
    }
  }
  t.strictSame(failures, []);
});

t.test("the same statistics, or the same sentence, wherever the file is cut", async (t) => {
  const failures: unknown[] = [];
  const ends = { statistics: 0, sentences: 0 };
  for (let seed = 0; seed < TABLES; seed++) {
    const random = randomOf(1e6 + seed);
    const table = randomTable(random);
    const dialect = randomDialect(random, table);
    if (isWhole(dialect)) continue;
    const written = writeTable(random, table, dialect);
    for (const content of [written, withStrayQuotes(random, written), withStrayQuotes(random, written)])
      for (const level of ["describe", "full"] as const) {
        const options = {
          ...optionsOf(dialect),
          level,
          badRows: random() < 0.5 ? ("skip" as const) : ("error" as const),
        };
        const whole = await outcome(content, { options });
        ends[typeof whole === "string" ? "sentences" : "statistics"]++;
        for (let count = 0; count < CUTS / 2; count++) {
          const cut = randomCut(random, content.length);
          const found = await outcome(content, { options, ...cut });
          const wrong = differences(found, whole, level === "full" ? CUT_TOLERANCE : 0);
          if (wrong.length > 0)
            failures.push({ seed, content: content.toString("latin1"), options, cut, wrong });
        }
      }
  }
  t.strictSame(failures, []);
  t.ok(ends.statistics > 200 && ends.sentences > 15, JSON.stringify(ends));
});

t.test(
  "which of the dates that name the earliest instant is told does not depend on the parts or on chance",
  async (t) => {
    const same = [
      "2001-01-01",
      "2001-01-01T00:00",
      "2001-01-01 00:00:00",
      "2001-01-01T00:00:00Z",
      "2001-01-01T01:00+01:00",
    ];
    // so many different texts are kept by their hashes, which are others in each run
    const later = Array.from({ length: 20_000 }, (_, second) =>
      new Date(1.6e12 + second * 1000).toISOString(),
    );
    const content = Buffer.from(`when\n${[...same, ...later].join("\n")}\n`);
    const answers = new Set<unknown>();
    for (const partBytes of [content.length, content.length, content.length, 200_000, 100_000]) {
      const sizes = { smallBytes: 0, partBytes, manyValues: 0 };
      const { columns } = await statsOf(content, { options: { level: "full" }, sizes });
      answers.add(columns[0]!.earliest);
    }
    t.equal(answers.size, 1, [...answers].join());
  },
);
