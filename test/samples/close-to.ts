// Numbers that are to agree to 1e-12; `null` stands for those that are not finite.
import type { Test } from "tap";

const TOLERANCE = 1e-12;

type Numbers = readonly (number | null)[];

/** Of numbers beyond 1 the difference counts relative to the number. */
export function closeTo(t: Test, found: Numbers, expected: Numbers, name = ""): void {
  t.equal(found.length, expected.length, `${name}: as many numbers`);
  const wrong = expected.flatMap((number, index) => {
    const one = found[index]!;
    return isClose(one, number) ? [] : [{ index, expected: number, found: one }];
  });
  t.strictSame(wrong.slice(0, 3), [], name);
}

function isClose(found: number | null, expected: number | null): boolean {
  if (found === null || expected === null) return found === expected;
  return Math.abs(found - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
}
