// Mean, least and greatest value of each number column, as pandas' `to_json` writes such a table of figures.
import type { Statistics } from "./statistics.js";

/** Of pandas' `double_precision`, its default. */
const DECIMALS = 10;
/** Sizes beyond these are written with an exponent and this many significant digits (pandas' ujson). */
const LARGEST = 1e16;
const SMALLEST = 1e-15;
const SIGNIFICANT = 10;

const FIGURES = ["mean", "min", "max"] as const;

/**
 * What `df.select_dtypes("number").agg(["mean", "min", "max"]).to_json()` returns in pandas 1.5, once more as JSON: a
 * string. In pieces, one for each column.
 */
export function* summaryJson({ columns }: Statistics): Generator<string> {
  let separator = '"{';
  for (const column of columns) {
    if (column.mean === undefined) continue;
    const figures = FIGURES.map((name) => `"${name}":${writeNumber(column[name] as number | null)}`);
    yield separator + quoted(`${writeText(column.name)}:{${figures.join(",")}}`);
    separator = ",";
  }
  yield separator === "," ? '}"' : '"{}"';
}

/** A text of ASCII characters within a JSON string. */
const quoted = (text: string) => JSON.stringify(text).slice(1, -1);

/** A JSON string as ujson writes it: in ASCII, with slashes escaped. */
function writeText(text: string): string {
  return JSON.stringify(text)
    .replaceAll("/", "\\/")
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** At most ten decimals, at least one. What is halfway goes to the even neighbour, but from 0 up. */
export function writeNumber(value: number | null): string {
  if (value === null) return "null";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size > LARGEST || (size !== 0 && size < SMALLEST)) return sign + withExponent(size);
  let whole = Math.trunc(size);
  const scaled = (size - whole) * 10 ** DECIMALS;
  let decimals = Math.trunc(scaled);
  const rest = scaled - decimals;
  if (rest > 0.5 || (rest === 0.5 && (decimals === 0 || decimals % 2 === 1))) decimals++;
  if (decimals === 10 ** DECIMALS) {
    decimals = 0;
    whole++;
  }
  const digits = String(decimals).padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${whole}.${digits || "0"}`;
}

/** As C's `%.10g` writes a number of such a size. */
function withExponent(size: number): string {
  const [digits = "", exponent = ""] = (isHalfway(size) ?? size.toExponential(SIGNIFICANT - 1)).split("e");
  return `${digits.replace(/\.?0+$/, "")}e${exponent}`;
}

/** C goes to the even digit when a number is exactly halfway, JavaScript up: then what C writes. */
function isHalfway(size: number): string | undefined {
  if (size < 1) return undefined;
  const digits = BigInt(size).toString();
  if (!/^\d{9}[02468]50*$/.test(digits)) return undefined;
  return `${digits[0]}.${digits.slice(1, SIGNIFICANT)}e+${digits.length - 1}`;
}
