// Samples against scikit-learn 1.2.1: test/fixtures/samples/made.json, written by scripts/reference/samples.py, and
// tutorial.json, the answer of scikit-learn 1.2.1 that the project was given.
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { makeClassification, workOf } from "../../workers/samples/make-classification.js";
import { DEFAULTS, type Settings } from "../../workers/samples/settings.js";
import { writeJson } from "../../workers/samples/write-json.js";
import { problemOf } from "../rnn/context.js";
import { closeTo } from "./close-to.js";

type Columns = Record<string, number[]>;

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
  for (const input of [{}, { informative: 5, features: 9, samples: 40, classes: 3 }]) {
    const settings = { ...DEFAULTS, ...input };
    const heard: number[] = [];
    makeClassification(settings, (done) => heard.push(done));
    t.equal(heard.at(-1), workOf(settings));
    t.strictSame(
      heard,
      heard.toSorted((a, b) => a - b),
    );
  }
  t.end();
});

t.test("numbers that are not finite", (t) => {
  const huge: [Partial<Settings>, number][] = [
    [{ classSep: 1e308 }, Number.NaN],
    [{ shift: 1e308, scale: 100, classSep: 0 }, Number.POSITIVE_INFINITY],
    [{ shift: -1e308, scale: 100, classSep: 0 }, Number.NEGATIVE_INFINITY],
  ];
  for (const [input, value] of huge) {
    const { status, name, detail } =
      problemOf(() => void makeClassification({ ...DEFAULTS, ...input, features: 4 })) ?? {};
    t.match({ status, name }, { status: 422, name: "impossible-value" });
    t.match(detail, /not finite numbers \((NaN|-?Infinity)\): classSep, shift or scale are too large/);
    if (!Number.isNaN(value)) t.match(detail, `(${value})`);
  }
  t.end();
});
