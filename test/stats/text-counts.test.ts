// Counts of byte strings against a Map.
import t from "tap";
import { TextCounts } from "../../workers/stats/parse/text-counts.js";

const counts = new TextCounts();
const expected = new Map<string, number>();
for (let at = 0; at < 50_000; at++) {
  // of every length from 0 on, with repetitions, and some that differ in the last byte alone
  const text = "x".repeat(at % 40) + ((at * at) % 997).toString(36).slice(0, at % 3);
  const bytes = Buffer.from(`<${text}>`);
  counts.add(bytes, 1, bytes.length - 1);
  expected.set(text, (expected.get(text) ?? 0) + 1);
}
counts.add(Buffer.from("abc"), 0, 3, 5);
expected.set("abc", 5);

const found: [string, number][] = [];
let start = 0;
for (let index = 0; index < counts.size; index++) {
  const end = start + counts.lengths[index]!;
  found.push([Buffer.from(counts.bytes.subarray(start, end)).toString(), counts.counts[index]!]);
  start = end;
}
t.strictSame(found, [...expected], "the same texts and counts, in the order of first sight");
t.equal(start, counts.textBytes);
t.ok(counts.memory >= start);
