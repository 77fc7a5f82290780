// Names of percentiles against the index of pandas' `Series([1, 2]).describe(percentiles=…)`.
import t from "tap";
import { duplicatePercentile, percentilesOf } from "../../workers/stats/percentiles.js";

const CASES: [asked: number[] | undefined, names: string[]][] = [
  [undefined, ["25%", "50%", "75%"]],
  [[], ["50%"]],
  [[0.05], ["5%", "50%"]],
  [
    [0.9, 0.1],
    ["10%", "50%", "90%"],
  ],
  [[0.999], ["50%", "99.9%"]],
  [
    [0.9999, 0.5, 0.123456],
    ["12.35%", "50%", "99.99%"],
  ],
  [
    [1 / 3, 2 / 3],
    ["33.3%", "50%", "66.7%"],
  ],
  [
    [0.5, 0.50001],
    ["50%", "50.001%"],
  ],
  [[0.001], ["0.1%", "50%"]],
  [[0.99999], ["50%", "99.999%"]],
  [[0.2501], ["25.0%", "50%"]],
  // halves to even
  [
    [0.0125, 0.0375],
    ["1.2%", "3.8%", "50%"],
  ],
  [[1e-7], ["1e-05%", "50%"]],
  [[0.07], ["7%", "50%"]],
  // from pandas 2 on; 1.5.3 says 29.0%
  [[0.29], ["29%", "50%"]],
  // the examples of pandas' format_percentiles
  [
    [0.01999, 0.02001, 0.5, 0.666666, 0.9999],
    ["1.999%", "2.001%", "50%", "66.667%", "99.99%"],
  ],
  // pandas calls both 50%, which here would be one figure
  [
    [0.5, 0.500001],
    ["50%", "50.0001%"],
  ],
];
for (const [asked, names] of CASES)
  t.strictSame(
    percentilesOf(asked).map(({ name }) => name),
    names,
    JSON.stringify(asked),
  );
t.strictSame(
  percentilesOf([0.9, 0.1]).map(({ q }) => q),
  [0.1, 0.5, 0.9],
);
t.equal(duplicatePercentile([0.1, 0.2, 0.1]), 2);
t.equal(duplicatePercentile([0.1, 0.2]), -1);
