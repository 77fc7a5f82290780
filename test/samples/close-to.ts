// Numbers that are to agree to 1e-12.
import type { Test } from "tap";

const TOLERANCE = 1e-12;

/** Of numbers beyond 1 the difference counts relative to the number. */
export function closeTo(t: Test, found: ArrayLike<number>, expected: readonly number[], name = ""): void {
  t.equal(found.length, expected.length, `${name}: as many numbers`);
  const wrong = expected.flatMap((number, index) => {
    const isClose = Math.abs(found[index]! - number) <= TOLERANCE * Math.max(1, Math.abs(number));
    return isClose ? [] : [{ index, expected: number, found: found[index] }];
  });
  t.strictSame(wrong.slice(0, 3), [], name);
}
