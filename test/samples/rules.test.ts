// What is refused: what scikit-learn 1.2.1 refuses (test/fixtures/samples/refused.json, by scripts/reference/samples.py),
// and what is too much.
import { readFileSync } from "node:fs";
import t from "tap";
import { samples } from "../../workers/jobs/samples.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import { checkOverlap, checkSettings } from "../../workers/samples/rules.js";
import { DEFAULTS, type Settings } from "../../workers/samples/settings.js";
import { validate } from "../../workers/validation.js";
import { problemOf } from "../rnn/context.js";

const refused: { input: Partial<Settings>; error: string }[] = JSON.parse(
  readFileSync("test/fixtures/samples/refused.json", "utf8"),
);

const check = (input: object) =>
  problemOf(() => {
    validate(samples.input, input);
    samples.check!(input, undefined, DEFAULT_LIMITS);
  });

t.test("what scikit-learn refuses", (t) => {
  t.ok(refused.length > 20);
  for (const { input, error } of refused)
    t.match(
      check(input),
      { status: 422, name: "impossible-value", errors: [{ path: /^\/\w+$/ }] },
      `${JSON.stringify(input)}: ${error}`,
    );
  t.end();
});

t.test("each in words of its own, at the field", (t) => {
  const cases: [Partial<Settings>, path: string, message: string][] = [
    [{ samples: 0 }, "/samples", "must be >= 1"],
    [{ features: 0 }, "/features", "must be >= 1"],
    [{ redundant: -1 }, "/redundant", "must be >= 0"],
    [{ repeated: -1 }, "/repeated", "must be >= 0"],
    [{ seed: 2 ** 32 }, "/seed", "must be <= 4294967295"],
    [
      { features: 6, informative: 3, redundant: 2, repeated: 2 },
      "/features",
      "is 6: it must not be less than informative, redundant and repeated features together, 3 + 2 + 2 = 7",
    ],
    [
      { classes: 3, clustersPerClass: 3, informative: 3 },
      "/informative",
      "is 3: classes × clustersPerClass, 3 × 3 = 9, must not be more than 2^informative = 8",
    ],
    [
      { classes: 3, informative: 3, weights: [1] },
      "/weights",
      "has 1 numbers: there must be as many as classes, 3, or one less",
    ],
    [{ weights: [-1e307] }, "/weights", "times samples must be a finite number for each class"],
    [{ shift: [1, 2, 3] }, "/shift", "has 3 numbers: there must be one for each of 20 features"],
    [{ scale: [] }, "/scale", "has 0 numbers: there must be one for each of 20 features"],
  ];
  for (const [input, path, message] of cases)
    t.strictSame(check(input)?.errors, [{ path, message }], JSON.stringify(input));
  t.end();
});

t.test("what is just possible", (t) => {
  const possible: Partial<Settings>[] = [
    { features: 7, informative: 3, redundant: 2, repeated: 2 },
    { classes: 4, clustersPerClass: 2, informative: 3 },
    { samples: 1, features: 1, informative: 1, redundant: 0, classes: 1, clustersPerClass: 1 },
    { informative: 2000, features: 2000, redundant: 0 },
    { weights: [0.5] },
    { weights: [0.5, 0.5] },
    { weights: [1e17, 1] },
    { weights: null, shift: null, scale: null },
    { shift: [1], scale: Array(20).fill(1) },
    { seed: 2 ** 32 - 1 },
  ];
  for (const input of possible) t.equal(check(input), undefined, JSON.stringify(input));
  t.end();
});

t.test("wrong types are of another shape", (t) => {
  const wrong: object[] = [
    { samples: "10" },
    { samples: null },
    { weights: 0.5 },
    { weights: ["0.5"] },
    { weights: [[0.5]] },
    { shift: "1" },
    { scale: [null] },
    { hypercube: 1 },
    { shuffle: "yes" },
    { classSep: Number.POSITIVE_INFINITY }, // 1e999
    { n_samples: 10 },
  ];
  for (const input of wrong) {
    const [name] = Object.keys(input);
    t.match(
      check(input),
      { status: 400, name: "invalid-input", errors: [{ path: new RegExp(`^/${name}`) }] },
      JSON.stringify(input),
    );
  }
  t.end();
});

t.test("SAMPLE_CELLS bounds samples, centroids and matrices", (t) => {
  const square = { features: 100, informative: 50, redundant: 0 };
  const cases: [input: Partial<Settings>, most: number, path: string, message: string][] = [
    [{}, 2000, "/samples", "times features is 2000 (100 × 20): the limit SAMPLE_CELLS is 1999"],
    [
      { samples: 1, informative: 10, classes: 5, clustersPerClass: 40 },
      2000,
      "/clustersPerClass",
      "times classes times informative is 2000 (40 × 5 × 10): the limit SAMPLE_CELLS is 1999",
    ],
    [
      { ...square, samples: 1 },
      2500,
      "/informative",
      "times informative is 2500 (50 × 50): the limit SAMPLE_CELLS is 2499",
    ],
    [
      { ...square, samples: 1, informative: 45, redundant: 55 },
      2475,
      "/redundant",
      "times informative is 2475 (55 × 45): the limit SAMPLE_CELLS is 2474",
    ],
  ];
  for (const [input, most, path, message] of cases) {
    t.equal(cellsOf(input, most), undefined);
    t.strictSame(cellsOf(input, most - 1), [{ path, message }]);
  }
  t.end();
});

t.test("the clusters' matrices are drawn for minutes, not for hours", (t) => {
  const crowd = { samples: 1, features: 2000, informative: 2000, redundant: 0, classes: 5 };
  t.equal(cellsOf({ ...crowd, clustersPerClass: 800 }, 16_000_000), undefined);
  t.strictSame(cellsOf({ ...crowd, clustersPerClass: 801 }, 16_000_000), [
    {
      path: "/clustersPerClass",
      message:
        "times classes times informative² is 16020000000 (801 × 5 × 2000 × 2000): the limit " +
        "1000 × SAMPLE_CELLS is 16000000000",
    },
  ]);
  t.end();
});

t.test("clusters that overlap are bounded as if they did not", (t) => {
  const overlap = (input: Partial<Settings>, limit: number) =>
    problemOf(() => checkOverlap({ ...DEFAULTS, ...input }, limit))?.errors;
  t.equal(overlap({}, 2000), undefined);
  t.equal(overlap({ weights: [3, 2] }, 2000), undefined, "no more than there are");
  const input = { weights: [1.5, -0.5], samples: 10, features: 4 };
  t.equal(overlap(input, 48), undefined);
  t.strictSame(overlap(input, 47), [
    {
      path: "/weights",
      message:
        "let clusters overlap: their samples times features are 48 (12 × 4): the limit SAMPLE_CELLS is 47",
    },
  ]);
  t.end();
});

function cellsOf(input: Partial<Settings>, limit: number) {
  return problemOf(() => checkSettings({ ...DEFAULTS, ...input }, limit))?.errors;
}
