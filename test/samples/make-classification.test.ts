// Samples against scikit-learn 1.2.1: test/fixtures/samples/made.json, written by scripts/reference/samples.py, and
// tutorial.json, the answer of scikit-learn 1.2.1 that the project was given.
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { clusterRows } from "../../workers/samples/cluster-sizes.js";
import { makeClassification, workOf } from "../../workers/samples/make-classification.js";
import { DEFAULTS, type Settings } from "../../workers/samples/settings.js";
import { writeJson } from "../../workers/samples/write-json.js";
import { closeTo } from "./close-to.js";

type Columns = Record<string, (number | null)[]>;

interface Made {
  name: string;
  input: Partial<Settings>;
  columns: Columns;
}

const read = (name: string) => JSON.parse(readFileSync(`test/fixtures/samples/${name}.json`, "utf8"));
const made: Made[] = read("made");
const tutorial: { params: object; sklearn: string; columns: Columns } = read("tutorial");

function columnsOf(input: Partial<Settings>): Columns {
  const pieces = writeJson(makeClassification({ ...DEFAULTS, ...input }));
  return JSON.parse([...pieces].join("")).columns;
}

function agree(t: Test, found: Columns, expected: Columns): void {
  t.strictSame(Object.keys(found), Object.keys(expected), "columns in their order");
  const { target, ...features } = expected;
  t.strictSame(found.target, target);
  for (const [name, numbers] of Object.entries(features)) closeTo(t, found[name]!, numbers, name);
}

for (const { name, input, columns } of made)
  t.test(name, (t) => {
    agree(t, columnsOf(input), columns);
    t.end();
  });

t.test("every parameter differs from its default in some", (t) => {
  const differing = made.flatMap(({ input }) =>
    Object.entries(input).flatMap(([name, value]) =>
      value === DEFAULTS[name as keyof Settings] ? [] : [name],
    ),
  );
  t.strictSame([...new Set(differing)].sort(), Object.keys(DEFAULTS).sort());
  t.end();
});

t.test("the tutorial's call", (t) => {
  t.strictSame(tutorial.params, {
    ...{ n_features: 2, n_redundant: 0, n_informative: 2 },
    ...{ random_state: 0, n_clusters_per_class: 1, n_classes: 2 },
  });
  const input = { features: 2, informative: 2, redundant: 0, clustersPerClass: 1, classes: 2, seed: 0 };
  agree(t, columnsOf(input), tutorial.columns);
  t.end();
});

t.test("progress comes to its end, as far as it was foreseen", (t) => {
  const inputs: Partial<Settings>[] = [
    {},
    { informative: 5, features: 9, samples: 40, classes: 3 },
    { weights: [0.9, 0.8] },
    { weights: [1.5, -0.5] },
    { classes: 3, informative: 3, weights: [5, -5, 5] },
  ];
  for (const input of inputs) {
    const settings = { ...DEFAULTS, ...input };
    const { together } = clusterRows(settings);
    t.equal(together > settings.samples, Math.min(...(input.weights ?? [0])) < 0, JSON.stringify(input));
    const heard: number[] = [];
    makeClassification(settings, (done) => heard.push(done));
    t.equal(heard.at(-1), workOf(settings, together));
    t.strictSame(
      heard,
      heard.toSorted((a, b) => a - b),
    );
  }
  t.end();
});

t.test("of a list of references some have numbers that are not finite, beside others", (t) => {
  const mixed = made.filter(({ columns }) =>
    Object.values(columns).some(
      (numbers) => numbers.includes(null) && numbers.some((number) => number !== null),
    ),
  );
  t.ok(mixed.length > 0);
  t.end();
});
