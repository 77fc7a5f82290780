// The error curve and the latest iterations, with numbers that can be worked out by heart.
import t from "tap";
import { ErrorCurve, RECENT, RecentIterations } from "../../workers/rnn/record.js";

function curveOf(errors: number[]): number[] {
  const curve = new ErrorCurve(errors.length);
  for (const error of errors) curve.add(error);
  return curve.means();
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

t.test("up to 500 iterations, each is a point of the curve", (t) => {
  t.strictSame(curveOf([3]), [3]);
  t.strictSame(curveOf(upTo(500)), upTo(500));
  t.end();
});

t.test("beyond, each point is the mean of ⌈n/500⌉, the last one of what is left", (t) => {
  const pairs = curveOf(upTo(501));
  t.equal(pairs.length, 251);
  t.strictSame(pairs.slice(0, 2), [0.5, 2.5]);
  t.equal(pairs.at(-1), 500, "one iteration is left");
  const threes = curveOf(upTo(1250));
  t.equal(threes.length, 417);
  t.strictSame(threes.slice(-2), [1246, 1248.5]);
  t.equal(curveOf(upTo(10_000)).length, 500);
  t.end();
});

t.test("the latest iterations: as many as there are, and 100 at most", (t) => {
  const recent = new RecentIterations();
  recent.add(4, true);
  recent.add(2, false);
  t.strictSame([recent.error, recent.accuracy], [3, 0.5]);
  for (let i = 0; i < RECENT; i++) recent.add(1, i < 25);
  t.strictSame([recent.error, recent.accuracy], [1, 0.25], "the first two are forgotten");
  t.end();
});
