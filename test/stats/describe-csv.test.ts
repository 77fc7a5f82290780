// The CSV of statistics against pandas 1.5.3's `describe(include="all").to_csv()`.
import t from "tap";
import { describeCsv } from "../../workers/stats/describe-csv.js";
import { describeJson, type JsonInput } from "../../workers/stats/json-columns.js";
import { pythonFloat } from "../../workers/stats/python-float.js";

const csvOf = (input: JsonInput) => [...describeCsv(describeJson(input))].join("");

// pandas.DataFrame({"n": …, …}).describe(include="all").to_csv()
t.equal(
  csvOf({
    columns: {
      n: [1, 2, 4.5],
      c: ["x", "x,y", null],
      b: [true, false, true],
      e: [null, null, null],
      f: [1e-5, 1e16, 1e22],
      i: [1, 2, 3],
    },
  }),
  `,n,c,b,e,f,i
count,3.0,2,3,0,3.0,3.0
unique,,2,2,0,,
top,,x,True,,,
freq,,1,2,,,
mean,2.5,,,,3.333336666666667e+21,2.0
std,1.8027756377319946,,,,5.773499805147077e+21,1.0
min,1.0,,,,1e-05,1.0
25%,1.5,,,,5000000000000000.0,1.5
50%,2.0,,,,1e+16,2.0
75%,3.25,,,,5.000005e+21,2.5
max,4.5,,,,1e+22,3.0
`,
);
t.equal(
  csvOf({ columns: { n: [1, 2, 4.5] } }),
  ",n\ncount,3.0\nmean,2.5\nstd,1.8027756377319946\nmin,1.0\n25%,1.5\n50%,2.0\n75%,3.25\nmax,4.5\n",
  "numbers alone have no rows for texts",
);
t.equal(
  csvOf({ columns: { c: ["x", "x,y", null], b: [true, false, true] } }),
  ",c,b\ncount,2,3\nunique,2,2\ntop,x,True\nfreq,1,2\n",
  "nor texts rows for numbers",
);
t.equal(csvOf({ columns: { e: [null, null, null] } }), ",e\ncount,0\nunique,0\ntop,\nfreq,\n");
t.equal(csvOf({ columns: { a: [1, "x", 1] } }), ",a\ncount,3\nunique,2\ntop,1\nfreq,2\n");
t.match(
  csvOf({ columns: { a: [1, "x", 1], b: [1, 2, 3] } }),
  /^,a,b\ncount,3.0,3.0\nunique,2.0,\ntop,1.0,\nfreq,2.0,\n/,
);
t.match(
  csvOf({ columns: { 'p"q': ['s"t\nu'], "v,w": [1] } }),
  /^,"p""q","v,w"\n[\s\S]*top,"s""t\nu",\n/,
  "quoted as need be",
);
t.match(
  csvOf({ columns: { a: [1] }, options: { percentiles: [0.05, 0.999] } }),
  /min,1.0\n5%,1.0\n50%,1.0\n99.9%,1.0\nmax/,
);

// Python's repr
const FLOATS: [number, string][] = [
  [0, "0.0"],
  [-0, "-0.0"],
  [3, "3.0"],
  [0.1, "0.1"],
  [1e-4, "0.0001"],
  [1e-5, "1e-05"],
  [-1.5e-7, "-1.5e-07"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [123456789012345680, "1.2345678901234568e+17"],
  [5e-324, "5e-324"],
  [1e100, "1e+100"],
];
for (const [value, text] of FLOATS) t.equal(pythonFloat(value), text);

t.equal(
  csvOf({
    columns: { n: [1, 2, 4.5], d: ["2024-02-29", null, "2024-02-29"], w: ["x", "yy", "x"] },
    options: { level: "full" },
  }),
  `,n,d,w
count,3.0,2,3
unique,3.0,1,2
top,,2024-02-29,x
freq,,2,2
mean,2.5,,
std,1.8027756377319946,,
min,1.0,,
25%,1.5,,
50%,2.0,,
75%,3.25,,
max,4.5,,
sum,7.5,,
skew,1.1520696383139377,,
kurtosis,,,
zeros,0.0,,
negatives,0.0,,
nullFraction,0.0,0.3333333333333333,0
minLength,,10,1
maxLength,,10,2
meanLength,,10,1.3333333333333333
format,,date,
earliest,,2024-02-29,
latest,,2024-02-29,
`,
  "at the full level what is one figure has a row, too",
);
