// The quick reading of a body of additions: what it takes is what JSON.parse gives, the rest it leaves.
import t from "tap";
import { readPairs } from "../../workers/rnn/read-pairs.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

t.test("what is usual is read as JSON.parse reads it", (t) => {
  for (const text of [
    '{"pairs":[[5,7]]}',
    '{"pairs":[[0,0],[10,20],[2147483647,9999999999]],"model":"default"}',
    '{"model":"my model.1","pairs":[[1,2]]}',
    ' {\n\t"pairs" : [ [ 1 , 2 ] ,\r\n [3,4] ] , "model" : "x" } \n',
    `{"pairs":[[1,2]],"model":"${"m".repeat(64)}"}`,
  ])
    t.strictSame(readPairs(bytesOf(text), 3), JSON.parse(text), text);
  t.end();
});

t.test("everything else is left to JSON.parse and validation", (t) => {
  for (const text of [
    "",
    "[]",
    "{}",
    "null",
    '{"pairs":[]}',
    '{"pairs":[[1,2],[3,4],[5,6],[7,8]]}',
    '{"pairs":[[1,2,3]]}',
    '{"pairs":[[1]]}',
    '{"pairs":[1,2]}',
    '{"pairs":[[1,2],]}',
    '{"pairs":[[1,2]',
    '{"pairs":[[1,2]]',
    '{"pairs":[[1,2]]}}',
    '{"pairs":[[1,2]]} x',
    '{"pairs":[[1,2]],}',
    '{"pairs":[[-1,2]]}',
    '{"pairs":[[1.0,2]]}',
    '{"pairs":[[1e2,2]]}',
    '{"pairs":[[01,2]]}',
    '{"pairs":[["1",2]]}',
    '{"pairs":[[12345678901,2]]}',
    '{"pairs":[[1,2]],"model":""}',
    '{"pairs":[[1,2]],"model":7}',
    '{"pairs":[[1,2]],"model":null}',
    '{"pairs":[[1,2]],"model":"\\u0061"}',
    '{"pairs":[[1,2]],"model":"é"}',
    '{"pairs":[[1,2]],"model":"a\nb"}',
    `{"pairs":[[1,2]],"model":"${"m".repeat(65)}"}`,
    '{"pairs":[[1,2]],"model":"a","model":"b"}',
    '{"pairs":[[1,2]],"pairs":[[3,4]]}',
    '{"p\\u0061irs":[[1,2]]}',
    '{"pairs":[[1,2]],"other":1}',
    '{"a":1,"b":2}',
    '{"model":"x"}',
    '\ufeff{"pairs":[[1,2]]}',
  ])
    t.equal(readPairs(bytesOf(text), 3), undefined, text);
  t.end();
});
