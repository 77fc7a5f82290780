// Hashes of texts: nobody can prepare texts that collide.
import { randomBytes } from "node:crypto";
import t from "tap";
import { TableReader } from "../../workers/stats/kernel/table-reader.js";
import { eachText } from "../../workers/stats/kernel/texts.js";
import { NullValues } from "../../workers/stats/parse/null-values.js";

const LAYOUT = {
  ...{ delimiter: 44, fields: 1, skipLong: false, columns: [0], asTexts: new Set([0]), fieldBytes: 1e6 },
  ...{ missing: new NullValues([]), numericNulls: false, nullNumbers: new Set<number>() },
  ...{ utf8: false, utf8Texts: false, full: false, memory: 2 ** 30 },
};

/** As many texts of `blocks` blocks of 16 bytes, some of which differ in the upper bits of both their words. */
function alike(blocks: number): Buffer[] {
  return Array.from({ length: 2 ** blocks }, (_, choice) => {
    const text = Buffer.alloc(16 * blocks, "A");
    for (let block = 0; block < blocks; block++)
      if ((choice >> block) & 1)
        for (const [byte, bit] of [
          [7, 0x80],
          [15, 0x80],
          [12, 0x04],
        ] as const)
          text[16 * block + byte]! ^= bit;
    return text;
  });
}

t.test("words whose differences cancel in a product with a constant", async (t) => {
  for (const seed of [0n, 1n, randomBytes(8).readBigUInt64LE(), randomBytes(8).readBigUInt64LE()]) {
    const reader = new TableReader(LAYOUT, { start: 0, to: Number.POSITIVE_INFINITY, seed });
    reader.feed(Buffer.concat(alike(8).flatMap((text) => [text, Buffer.from("\n")])), true);
    const found = [...reader.entriesAt(0)].flatMap((entries) => [...eachText(entries)]);
    t.equal(found.length, 256);
    // of 32 bits: two of 256 collide once in a hundred thousand times
    t.ok(new Set(found.map(({ hash }) => hash)).size > 250, `${seed}`);
  }
});
