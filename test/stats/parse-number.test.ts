// Numerals are recognised as pandas does and read to the nearest double, as `Number` of the same text.
import t from "tap";
import { Numeral, parsed, parseNumber } from "../../workers/stats/parse/parse-number.js";

const { none, integer, decimal, unsigned, huge, low, negative } = Numeral;

/** Reads `text` out of the middle of other bytes, which must not matter. */
function parse(text: string): { kind: number; value: number } {
  const bytes = Buffer.from(`7${text}7`, "latin1");
  const kind = parseNumber(bytes, 1, bytes.length - 1);
  return { kind, value: parsed[0]! };
}

t.test("what is a number", (t) => {
  // each as pandas 1.5.3's read_csv takes it in a column of its own
  const cases: [text: string, kind: number, value?: number][] = [
    ["0", integer, 0],
    ["007", integer, 7],
    ["+5", integer, 5],
    ["-0", integer | negative, -0],
    [" 12 ", integer, 12],
    ["\t-3\v", integer | negative, -3],
    ["9007199254740993", integer, 9007199254740992],
    ["9223372036854775807", integer, 2 ** 63],
    ["9223372036854775808", integer | unsigned, 2 ** 63],
    ["18446744073709551615", integer | unsigned, 2 ** 64],
    ["18446744073709551616", integer | huge, 2 ** 64],
    ["000000000000000000000000000000012", integer, 12],
    ["00000000000000009223372036854775808", integer | unsigned, 2 ** 63],
    ["-9223372036854775808", integer | negative, -(2 ** 63)],
    ["-9223372036854775809", integer | negative | low, -(2 ** 63)],
    ["9".repeat(308), integer | huge, 1e308],
    ["9".repeat(309), none],
    ["4.", decimal, 4],
    [".5", decimal, 0.5],
    ["+.5e3", decimal, 500],
    ["1E-5", decimal, 1e-5],
    ["1.e5", decimal, 1e5],
    ["1e+05", decimal, 1e5],
    ["1e00000000000005", decimal, 1e5],
    [" 1.5 ", decimal, 1.5],
    ["-0.0", decimal, -0],
    ["1e-400", decimal, 0],
    ["4.9e-324", decimal, 5e-324],
    ["1.7976931348623157e308", decimal, Number.MAX_VALUE],
    ["inf", decimal, Infinity],
    ["+INF", decimal, Infinity],
    ["-Infinity", decimal, -Infinity],
    ["1e400", none],
    ["-1e309", none],
    [" inf", none],
    ["infinite", none],
    ["nan", none],
    ["", none],
    [" ", none],
    ["+", none],
    [".", none],
    ["-.", none],
    ["e5", none],
    [".e5", none],
    ["1e", none],
    ["1e+", none],
    ["1e5.5", none],
    ["1.2.3", none],
    ["--1", none],
    ["- 1", none],
    ["1 2", none],
    ["1 e5", none],
    ["0x1F", none],
    ["1_000", none],
    ["1,5", none],
    ["5%", none],
    ["1d5", none],
    ["\xa05", none],
  ];
  for (const [text, kind, value] of cases) {
    const found = parse(text);
    t.equal(found.kind, kind, JSON.stringify(text));
    if (value !== undefined) t.ok(Object.is(found.value, value), `${text} is ${found.value}, not ${value}`);
  }
  t.end();
});

/** Multiplicative congruential numbers (Lehmer's minimal standard), so that a failure can be repeated. */
function* lehmer(state: number): Generator<number, never> {
  for (let next = state; ; next = (next * 48_271) % 2_147_483_647) yield next;
}

t.test("200,000 random decimals", (t) => {
  const numbers = lehmer(20_240_601);
  const draw = (below: number) => numbers.next().value % below;
  const digits = (most: number) => Array.from({ length: draw(most) }, () => draw(10)).join("");
  const wrong: string[] = [];
  for (let count = 0; count < 200_000; count++) {
    const fraction = draw(3) > 0 ? `.${digits(19)}` : "";
    const exponent = draw(3) === 0 ? `e${["", "+", "-"][draw(3)]}${draw(330)}` : "";
    const text = `${draw(2) ? "-" : ""}${draw(9) + 1}${digits(19)}${fraction}${exponent}`;
    const value = Number(text);
    const found = parse(text);
    const right = Number.isFinite(value) ? Object.is(found.value, value) : found.kind === none;
    if (!right) wrong.push(text);
  }
  t.strictSame(wrong, []);
  t.end();
});

t.test("the shortest spellings of random doubles", (t) => {
  const numbers = lehmer(7);
  const bits = new Uint32Array(2);
  const value = new Float64Array(bits.buffer);
  const wrong: string[] = [];
  for (let count = 0; count < 100_000; count++) {
    bits[0] = numbers.next().value * 2 + (count & 1);
    bits[1] = numbers.next().value * 2 + (count & 1);
    if (Number.isFinite(value[0]!) && parse(`${value[0]}`).value !== value[0]) wrong.push(`${value[0]}`);
  }
  t.strictSame(wrong, []);
  t.end();
});
