// The job type `samples`: samples of a random classification problem, as scikit-learn makes them.

import { AVRO_TYPE } from "../avro.js";
import { formatOfJson } from "../formats.js";
import { InputError } from "../input-error.js";
import { defineJobType, type LongAnswer, type TaskContext } from "../job-type.js";
import { avroOfJson, samplesSchema } from "../samples/avro.js";
import { clusterRows } from "../samples/cluster-sizes.js";
import { csvOfJson } from "../samples/csv.js";
import { makeClassification, memoryOf, workOf } from "../samples/make-classification.js";
import { checkOverlap, checkSettings } from "../samples/rules.js";
import { clustersOf, DEFAULTS, type Settings } from "../samples/settings.js";
import { numbersOf, writeJson } from "../samples/write-json.js";
import Type, { type Static } from "../typebox.js";

/** Lists up to this length are shown in the job document as they are. */
const SHOWN = 20;

const count = (name: keyof Settings, minimum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, default: DEFAULTS[name], description }));
const number = (name: keyof Settings, description: string) =>
  Type.Optional(Type.Number({ default: DEFAULTS[name], description }));
const flag = (name: keyof Settings, description: string) =>
  Type.Optional(Type.Boolean({ default: DEFAULTS[name], description }));
const perFeature = (name: keyof Settings, description: string) =>
  Type.Optional(
    Type.Union([Type.Number(), Type.Array(Type.Number()), Type.Null()], {
      default: DEFAULTS[name],
      description,
    }),
  );

const input = Type.Object(
  {
    samples: count("samples", 1, "Rows. Times `features` at most `SAMPLE_CELLS` (10,000,000 unless set)."),
    features: count(
      "features",
      1,
      "Columns, without the class: those named below, and others of pure noise.",
    ),
    informative: count(
      "informative",
      1,
      "Features that place the clusters. Its square is at most `SAMPLE_CELLS`, and that times `classes` and " +
        "`clustersPerClass` at most 1000 × `SAMPLE_CELLS`.",
    ),
    redundant: count(
      "redundant",
      0,
      "Features that are random linear combinations of informative ones. Times `informative` at most `SAMPLE_CELLS`.",
    ),
    repeated: count("repeated", 0, "Features that are copies of informative or redundant ones."),
    classes: count("classes", 1, "Classes: the labels are 0 … classes − 1."),
    clustersPerClass: count(
      "clustersPerClass",
      1,
      "Times `classes` at most 2^informative, and times `informative` too at most `SAMPLE_CELLS`.",
    ),
    weights: Type.Optional(
      Type.Union([Type.Array(Type.Number()), Type.Null()], {
        default: DEFAULTS.weights,
        description:
          "The share of each class; the last one's may be left out. null: equal shares. Below 0 they " +
          "let clusters overlap: the samples of all, times `features`, are at most `SAMPLE_CELLS`.",
      }),
    ),
    flipY: number(
      "flipY",
      "The share of samples whose class is drawn anew; below 0 nothing is drawn for it.",
    ),
    classSep: number(
      "classSep",
      "Half the side of the hypercube whose vertices are the clusters' centroids.",
    ),
    hypercube: flag("hypercube", "false: a random polytope in place of the hypercube."),
    shift: perFeature("shift", "Added to every feature, or to each its own. null: drawn from ±classSep."),
    scale: perFeature("scale", "Then multiplied with, likewise. null: drawn from 1 to 101."),
    shuffle: flag("shuffle", "false: samples by cluster; features informative, redundant, repeated, noise."),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        default: DEFAULTS.seed,
        description: "scikit-learn's `random_state`.",
      }),
    ),
  },
  { additionalProperties: false },
);
type Input = Static<typeof input>;

const output = Type.Object({
  columns: Type.Record(Type.String(), Type.Array(Type.Union([Type.Number(), Type.Null()])), {
    description:
      "`vec_0`, `vec_1`, … are the features, `target` is the class. A number that is not finite, as a large " +
      "`classSep`, `shift` or `scale` makes it, is null; in CSV it is empty.",
  }),
});

/** What is asked for without a body: the call of "Building Restful APIs on AWS for Everyone" (2017). */
const TUTORIAL: Input = {
  features: 2,
  informative: 2,
  redundant: 0,
  classes: 2,
  clustersPerClass: 1,
  seed: 0,
};

const settingsOf = (input: Input): Settings => ({ ...DEFAULTS, ...input });

function summarize(input: Input): Record<string, unknown> {
  const shown = Object.entries(settingsOf(input)).map(([name, value]) => [
    name,
    Array.isArray(value) && value.length > SHOWN ? `${value.length} numbers` : value,
  ]);
  return Object.fromEntries(shown);
}

/** Drawing the clusters' matrices, and multiplying with them, counts where it is more than writing the result. */
function cost(input: Input): number {
  const settings = settingsOf(input);
  return Math.max(8 * settings.samples * settings.features, workOf(settings) / 8);
}

function checkMemory(settings: Settings, memory: number): void {
  const needed = memoryOf(settings);
  if (needed <= memory) return;
  throw new InputError({
    status: 413,
    name: "too-large",
    detail: `making these samples takes ${needed} bytes of memory: the limit JOB_MEMORY is ${memory}`,
  });
}

function makeSamples(input: Input, context: TaskContext<Input>): LongAnswer {
  const settings = settingsOf(input);
  const { samples, features, seed } = settings;
  checkMemory(settings, context.memory);
  checkOverlap(settings, context.limits.sampleCells);
  context.log(
    `Making ${samples} samples of ${features} features in ${clustersOf(settings)} clusters, seed ${seed}.`,
  );
  const total = workOf(settings, clusterRows(settings).together);
  const made = makeClassification(settings, (done) =>
    context.progress({ stage: "drawing", done, total, unit: "numbers" }),
  );
  const numbers = numbersOf(samples, features);
  return {
    json: writeJson(made, (done) =>
      context.progress({ stage: "writing", done, total: numbers, unit: "numbers" }),
    ),
  };
}

export const samples = defineJobType({
  name: "samples",
  version: 1,
  path: "/v1/samples",
  summary: "Samples of a random classification problem",
  description:
    "Makes what scikit-learn 1.2.1's `make_classification` returns for the same parameters and `random_state`, to " +
    "1e-12: clusters of normally distributed points about the vertices of a hypercube, an equal number of clusters " +
    "for each class, with redundant, repeated and useless features beside the informative ones. Defaults are " +
    "scikit-learn's; without a body it is the tutorial's call: two informative features, one cluster for each of " +
    "two classes, seed 0.",
  accepts: ["json"],
  input,
  output,
  whenEmpty: TUTORIAL,
  example: {
    input: { samples: 3, features: 2, redundant: 0, clustersPerClass: 1 },
    output: {
      columns: {
        vec_0: [2.1616413327687924, 1.2591502681250029, 3.215058018787818],
        vec_1: [-1.491836177503962, 1.9336907863295505, -1.098659567458259],
        target: [0, 1, 0],
      },
    },
  },
  cost,
  summarize,
  check: (input, _model, { sampleCells }) => checkSettings(settingsOf(input), sampleCells),
  task: makeSamples,
  formats: { "text/csv": formatOfJson(csvOfJson), [AVRO_TYPE]: formatOfJson(avroOfJson) },
  avro: samplesSchema,
});
