// The kernel reads numerals as `Number` does: millions of them, exactly.
import t from "tap";
import { significantBits } from "../../workers/stats/kernel/powers-of-ten.js";
import { TableReader } from "../../workers/stats/kernel/table-reader.js";
import { NullValues } from "../../workers/stats/parse/null-values.js";
import { parseNumber } from "../../workers/stats/parse/parse-number.js";
import { randomOf } from "./random-numbers.js";

const ROUNDS = 10;
const NUMERALS = 200_000;
const random = randomOf(11);
const below = (n: number) => Math.floor(random() * n);

/** 1 to 25 digits, a point anywhere or nowhere, exponents from -400 to 400, signs. */
function decimal(): string {
  let text = "";
  for (let digits = 1 + below(25); digits > 0; digits--) text += below(10);
  if (random() < 0.8) {
    const point = below(text.length + 1);
    text = `${text.slice(0, point)}.${text.slice(point)}`;
  }
  if (random() < 0.5) {
    const exponent = random() < 0.5 ? below(801) - 400 : below(61) - 30;
    text += `${random() < 0.5 ? "e" : "E"}${exponent >= 0 && random() < 0.5 ? "+" : ""}${exponent}`;
  }
  return random() < 0.3 ? `${random() < 0.7 ? "-" : "+"}${text}` : text;
}

const bits = new DataView(new ArrayBuffer(8));

/** Any double, as short as it can be, or with all of its 17 digits. */
function double(): string {
  bits.setUint32(0, below(2 ** 32));
  bits.setUint32(4, below(2 ** 32));
  const value = bits.getFloat64(0);
  if (!Number.isFinite(value)) return "0";
  return random() < 0.5 ? `${value}` : value.toPrecision(17);
}

/** Reads them as a column, each on a line. */
function readerOf(texts: readonly string[]): TableReader {
  const layout = {
    ...{ delimiter: 44, fields: 1, skipLong: false, columns: [0], asTexts: new Set<number>() },
    ...{ missing: new NullValues([]), numericNulls: false, nullNumbers: new Set<number>() },
    ...{ utf8: true, utf8Texts: true, fieldBytes: 1e6, memory: 1e9, full: false },
  };
  const reader = new TableReader(layout, { start: 0, to: Number.POSITIVE_INFINITY, seed: 0n });
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
  for (let at = 0, more = true; more; at += 2 ** 18)
    more = reader.feed(bytes.subarray(at, at + 2 ** 18), at + 2 ** 18 >= bytes.length);
  return reader;
}

function read(texts: readonly string[]): number[] {
  return [...readerOf(texts).numbersAt(0)].flatMap((numbers) => [...numbers]);
}

t.test(`${ROUNDS * NUMERALS} numerals`, async (t) => {
  let wrong = 0;
  let seen = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const texts = Array.from({ length: NUMERALS }, () => (random() < 0.8 ? decimal() : double()));
    // what is beyond a double's range is no number
    const finite = texts.filter((text) => Number.isFinite(Number(text)));
    const found = read(finite);
    seen += found.length;
    for (const [at, text] of finite.entries()) {
      if (Object.is(found[at], Number(text))) continue;
      if (wrong++ < 10) t.equal(found[at], Number(text), text);
    }
  }
  t.equal(wrong, 0, `of ${seen}`);
  t.ok(seen > 0.8 * ROUNDS * NUMERALS);
});

t.test("halfway between two doubles, and about the ends of their range", async (t) => {
  const texts = [
    ...[
      "2646581368059560.750",
      "9007199254740993",
      "9007199254740993.0",
      "9007199254740992.99999999999",
      "9007199254740993.0000001",
    ],
    ...["0.500000000000000166533453693773481063544750213623046875", "1.00000000000000011102230246251565404"],
    ...[
      "2.2250738585072011e-308",
      "2.2250738585072014e-308",
      "4.9406564584124654e-324",
      "2.4703282292062327e-324",
    ],
    ...[
      "2.4703282292062328e-324",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1e-400",
      "0e999",
      "-0",
      "-0.0",
    ],
    ...[
      "8.5e22",
      "1e23",
      "89255e-22",
      "104308485241983990666713401708072175773165034278682682111762292935087e-45",
    ],
  ];
  t.strictSame(read(texts), texts.map(Number));
});

t.test(
  "integers about the ends of doubles' and 64 bits' exactness: numbers and kinds as the reference has them",
  async (t) => {
    const ends = [2n ** 53n, 10n ** 16n, 10n ** 18n, 2n ** 63n, 10n ** 19n, 2n ** 64n, 10n ** 20n];
    const sizes = ends.flatMap((end) => [-2n, -1n, 0n, 1n, 2n].map((more) => `${end + more}`));
    const texts = sizes.flatMap((size) => [size, `-${size}`, `+${size}`, `00${size}`, ` ${size} `]);
    for (const text of texts) {
      const bytes = Buffer.from(text);
      const kind = parseNumber(bytes, 0, bytes.length);
      const reader = readerOf([text]);
      t.strictSame([[...reader.numbersAt(0)][0]?.[0], reader.kindsAt(0) & 63], [Number(text), kind], text);
    }
  },
);

t.test("powers of ten", async (t) => {
  t.equal(significantBits(0), 2n ** 127n);
  t.equal(significantBits(1), 10n << 124n);
  t.equal(significantBits(-1), 0xcccccccccccccccccccccccccccccccdn);
  // published: the ends of the table, and of what is rounded up
  t.equal(significantBits(-342), (0xeef453d6923bd65an << 64n) | 0x113faa2906a13b3fn);
  t.equal(significantBits(308), (0x8e679c2f5e44ff8fn << 64n) | 0x570f09eaa7ea7648n);
  for (let power = -27; power < 0; power++) {
    const bits = significantBits(power);
    const shift = BigInt((5n ** BigInt(-power)).toString(2).length) + 127n;
    t.ok((bits - 1n) * 5n ** BigInt(-power) < 1n << shift && bits * 5n ** BigInt(-power) >= 1n << shift);
  }
});
