// The kernel's reader beside its reference: the same records, fields, types and failures, however the bytes come.
import t from "tap";
import { TableReader } from "../../workers/stats/kernel/table-reader.js";
import { eachText } from "../../workers/stats/kernel/texts.js";
import { Mode } from "../../workers/stats/parse/column-values.js";
import type { Layout } from "../../workers/stats/parse/layout.js";
import { DEFAULT_NULLS, NullValues } from "../../workers/stats/parse/null-values.js";
import { ReferenceReader } from "../../workers/stats/parse/reference-reader.js";
import { randomOf } from "./random-numbers.js";

const INPUTS = 20_000;
const random = randomOf(7);
const below = (n: number) => Math.floor(random() * n);
const chance = (share: number) => random() < share;
const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;

/** What files are made of; what is repeated is more frequent. */
const ATOMS = [
  ...[",", ",", ",", ",", ",", "\n", "\n", "\n", "\r", "\r\n", '"', '""', " ", "  ", "\t", ";"],
  ...["", "1", "2.5", "-3", "+5", "1e5", "-inf", "1e400", ".", "-", "5.", "1 ", " 2", "999", "1234567"],
  ...["0.1234567890123456", "123456789012345678901", "-0.00001234567890123456", "18446744073709551616"],
  ...["abc", "a b", '"x,y"', '"q""q"', "NA", "nan", "True", "é", "\u00ff", "x".repeat(20)],
  ...['"long text with more than sixteen bytes"', '"\n"'],
];

/** A table with a few mistakes. */
function tidy(fields: number): string {
  const field = () => {
    const atom = pick(ATOMS);
    return /["\n\r,;\t]/.test(atom) && chance(0.9) ? `"${atom.replaceAll('"', '""')}"` : atom;
  };
  const row = () => Array.from({ length: chance(0.05) ? below(6) : fields }, field).join(",");
  return Array.from({ length: below(15) }, () => row() + pick(["\n", "\n", "\n", "\r\n", "\r"])).join("");
}

function layoutOf(fields: number): Layout {
  const columns = Array.from({ length: fields }, (_, index) => index).filter(() => chance(0.9));
  const own = chance(0.2) ? ["999", "x"] : [];
  const nulls = [...(chance(0.1) ? [] : DEFAULT_NULLS), ...own];
  return {
    delimiter: chance(0.9) ? 44 : pick([59, 9, 32]),
    fields,
    skipLong: chance(0.5),
    columns,
    asTexts: new Set(columns.filter(() => chance(0.2))),
    missing: new NullValues(nulls.map((text) => Buffer.from(text))),
    numericNulls: own.length > 0,
    nullNumbers: new Set(),
    utf8: chance(0.8),
    fieldBytes: chance(0.1) ? 10 : 1e6,
    utf8Texts: true,
    memory: 1e9,
    full: false,
  };
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

function collected(reader: TableReader, { columns }: Layout) {
  if (reader.failure) return reader.failure;
  return {
    ...{ rows: reader.rows, skipped: reader.skipped, end: reader.end, mixed: reader.mixed },
    columns: columns.map((_, at) => ({
      ...{ mode: reader.modeAt(at), kinds: reader.kindsAt(at), nulls: reader.nullsAt(at) },
      numbers: [...reader.numbersAt(at)].flatMap((numbers) => [...numbers]),
      texts: [...reader.entriesAt(at)].flatMap((entries) =>
        Array.from(eachText(entries), ({ text, count }) => [latin1(text), count]),
      ),
    })),
  };
}

function expected(reader: ReferenceReader) {
  if (reader.failure) return reader.failure;
  return {
    ...{ rows: reader.rows, skipped: reader.skipped, end: reader.end, mixed: reader.mixed },
    columns: reader.columns.map(({ mode, kinds, nulls, values, length, texts }) => {
      const found: [string, number][] = [];
      for (let at = 0, from = 0; at < (texts?.size ?? 0); from += texts!.lengths[at++]!)
        found.push([latin1(texts!.bytes.subarray(from, from + texts!.lengths[at]!)), texts!.counts[at]!]);
      return { mode, kinds, nulls, numbers: [...values.subarray(0, length)], texts: found };
    }),
  };
}

t.test(`${INPUTS} random inputs, in random pieces`, async (t) => {
  const seen = new Map<string, number>();
  for (let input = 0; input < INPUTS; input++) {
    const fields = 1 + below(4);
    const text = chance(0.6) ? tidy(fields) : Array.from({ length: below(60) }, () => pick(ATOMS)).join("");
    const bytes = Buffer.from(text, chance(0.1) ? "latin1" : "utf8");
    const layout = layoutOf(fields);
    const to = chance(0.3) ? below(bytes.length) : Number.POSITIVE_INFINITY;
    const reader = new TableReader(layout, { start: 0, to, seed: 1n });
    for (let at = 0, more = true; more; ) {
      const piece = bytes.subarray(at, at + 1 + below(1 + below(80)));
      at += piece.length;
      more = reader.feed(piece, at >= bytes.length);
    }
    const reference = new ReferenceReader(layout, 0, to);
    reference.feed(bytes, true);
    const found = JSON.stringify(collected(reader, layout));
    const wanted = JSON.stringify(expected(reference));
    const kind = reference.failure?.kind ?? (reference.mixed.length > 0 ? "mixed" : "read");
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (found !== wanted) {
      t.equal(found, wanted, JSON.stringify({ text, to, ...layout, missing: [] }));
      return;
    }
  }
  for (const kind of ["read", "mixed", "fields", "oversize-field", "unclosed", "utf8"])
    t.ok((seen.get(kind) ?? 0) > INPUTS / 200, `${kind}: ${seen.get(kind)} times`);
});

t.test("a record that is longer than what is read at once", async (t) => {
  const layout = { ...layoutOf(2), columns: [0, 1], asTexts: new Set([0, 1]), delimiter: 44, utf8: true };
  const plain = { ...layout, fieldBytes: 1e7, missing: new NullValues([]), numericNulls: false };
  const long = "é".repeat(700_000);
  const bytes = Buffer.from(`a,"${long}""${long}"\nb,${long}\n`);
  const reader = new TableReader(plain, { start: 0, to: Number.POSITIVE_INFINITY, seed: 1n });
  for (let at = 0; at < bytes.length; at += 250_000)
    reader.feed(bytes.subarray(at, at + 250_000), at + 250_000 >= bytes.length);
  t.equal(reader.rows, 2);
  t.equal(reader.modeAt(1), Mode.texts);
  const texts = [...eachText(Buffer.concat([...reader.entriesAt(1)]))];
  t.same(
    texts.map(({ count }) => count),
    [1, 1],
  );
  t.equal(Buffer.from(texts[0]!.text).toString(), `${long}"${long}`);
  t.equal(Buffer.from(texts[1]!.text).toString(), long);
});
