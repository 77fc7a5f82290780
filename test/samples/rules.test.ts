// What is refused: what scikit-learn 1.2.1 refuses (test/fixtures/samples/refused.json, by scripts/reference/samples.py),
// and what is too much.
import { readFileSync } from "node:fs";
import t from "tap";
import { samples } from "../../workers/jobs/samples.js";
import { DEFAULT_LIMITS } from "../../workers/limits.js";
import { checkSettings } from "../../workers/samples/rules.js";
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
    [{ weights: [-1e14] }, "/weights", "times samples must not be more than 2^53 − 1 for any class"],
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

t.test("SAMPLE_CELLS bounds samples and centroids", (t) => {
  const cellsOf = (input: Partial<Settings>, limit: number) =>
    problemOf(() => checkSettings({ ...DEFAULTS, ...input }, limit))?.errors;
  t.equal(cellsOf({}, 2000), undefined);
  t.strictSame(cellsOf({}, 1999), [
    { path: "/samples", message: "times features is 2000 (100 × 20): the limit SAMPLE_CELLS is 1999" },
  ]);
  const crowd = { samples: 1, informative: 10, classes: 5, clustersPerClass: 40 };
  t.equal(cellsOf(crowd, 2000), undefined);
  t.strictSame(cellsOf(crowd, 1999), [
    {
      path: "/clustersPerClass",
      message: "times classes times informative is 2000 (40 × 5 × 10): the limit SAMPLE_CELLS is 1999",
    },
  ]);
  t.end();
});
