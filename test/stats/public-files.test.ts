// Public files of data sets and of other parsers' tests, held against pandas' answers: test/fixtures/public/SOURCES.md.
import { readdirSync } from "node:fs";
import t from "tap";
import { checkFile } from "./pandas-answer.js";
import { checkFull } from "./pandas-full.js";

const FIXTURES = "test/fixtures/public";

const files = readdirSync(`${FIXTURES}/files`);
t.strictSame(
  readdirSync(`${FIXTURES}/expected`),
  files.map((file) => `${file}.json`),
);
for (const file of files)
  t.test(file, async (t) => {
    await checkFile(t, FIXTURES, file);
    await checkFull(t, FIXTURES, file);
  });
