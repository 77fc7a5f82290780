// Names of columns against `read_csv` of pandas 1.5.3.
import t from "tap";
import { columnNames } from "../../workers/stats/column-names.js";

const CASES: [header: string, names: string][] = [
  ["a,b,c", "a,b,c"],
  ["a,a,a.1,,b,", "a,a.2,a.1,Unnamed: 3,b,Unnamed: 5"],
  ["a,a.1,a,a,,", "a,a.1,a.2,a.3,Unnamed: 4,Unnamed: 5"],
  ["a,Unnamed: 1,", "a,Unnamed: 1,Unnamed: 2"],
  [",Unnamed: 0", "Unnamed: 0.1,Unnamed: 0"],
  ["__proto__,constructor,__proto__", "__proto__,constructor,__proto__.1"],
];
for (const [header, names] of CASES) t.strictSame(columnNames(header.split(",")), names.split(","), header);

const many = columnNames(Array.from({ length: 20_000 }, (_, at) => (at % 2 ? "a" : `a.${at / 2}`)));
t.equal(new Set(many).size, 20_000, "no two are alike, in no time");
